/**
 * What the language's reference promises, item by item, and the tests that show it: read from `docs/language`, from
 * the names of tests, and from the list of what is known not to hold.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../sonde.ts';
import { parseSuite } from '../runtime/suite.ts';

export interface Item {
  readonly id: string;
  /** Page of docs/language, without `.md`. */
  readonly page: string;
  /** Its first words. */
  readonly title: string;
}

/** A test, or case of a suite, that names an item. */
export interface Evidence {
  readonly file: string;
  readonly name: string;
}

export interface KnownGap {
  readonly state: 'differs' | 'not here';
  readonly reason: string;
}

const idPattern = /^[A-Z]{1,2}-\d+[a-z]?$/;
const sections = 'L G T M P B F V R O J D C K E S A'.split(' ');

/** Items in the order of their letters, then numbers. Throws where one is written twice. */
export function readItems(): Item[] {
  const items = [...pageItems(), ...exampleItems()];
  const twice = items.find(({ id }, index) => items.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new Error(`${twice.id} stands twice in docs/language`);
  return items.sort((a, b) => sectionOf(a.id) - sectionOf(b.id) || compareIds(a.id, b.id));
}

/** `- **L-01** text` or `| **B-01** | text`. */
function pageItems(): Item[] {
  return globSync('docs/language/*.md', { cwd: root }).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const page = path.slice(path.lastIndexOf('/') + 1, -'.md'.length);
    return [...text.matchAll(/^(?:- |\| )\*\*([A-Z]{1,2}-\d+[a-z]?)\*\*(.*)$/gm)].map(([, id, rest]) => ({
      id: id!,
      page,
      title: firstWords(rest!),
    }));
  });
}

/** The worked examples are their tests. */
function exampleItems(): Item[] {
  const ids = [...evidenceByItem().keys()].filter((id) => id.startsWith('A-'));
  return ids.map((id) => ({
    id,
    page: 'examples',
    title: evidenceByItem()
      .get(id)![0]!
      .name.replace(/^([A-Z]+-\d+[a-z]? )+/, ''),
  }));
}

function firstWords(text: string): string {
  const plain = text.replace(/^[\s|:.–-]+/, '').replaceAll('|', '/');
  return plain.length <= 60 ? plain : `${plain.slice(0, plain.lastIndexOf(' ', 58))} …`;
}

export const sectionOf = (id: string): number => sections.indexOf(id.slice(0, id.indexOf('-')));

function compareIds(a: string, b: string): number {
  const number = (id: string): number => Number.parseInt(id.slice(id.indexOf('-') + 1), 10);
  return number(a) - number(b) || (a < b ? -1 : 1);
}

let evidence: Map<string, Evidence[]> | undefined;

/** Tests by the ids that their names begin with. */
export function evidenceByItem(): ReadonlyMap<string, readonly Evidence[]> {
  if (evidence !== undefined) return evidence;
  evidence = new Map();
  for (const found of [...suiteCases(), ...unitTests()]) {
    for (const id of idsOf(found.name)) {
      if (!evidence.has(id)) evidence.set(id, []);
      evidence.get(id)!.push(found);
    }
  }
  return evidence;
}

function idsOf(name: string): string[] {
  const words = name.split(' ');
  const end = words.findIndex((word) => !idPattern.test(word));
  return words.slice(0, end < 0 ? words.length : end);
}

function suiteCases(): Evidence[] {
  return globSync('test/runtime/**/*.rt', { cwd: root }).flatMap((file) =>
    parseSuite(readFileSync(join(root, file), 'utf8'), file).map(({ name }) => ({ file, name })),
  );
}

/** Test names are literals, alone or in a table of cases: texts that begin with an id. */
function unitTests(): Evidence[] {
  return globSync('{src,test}/**/*.test.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(['"`])([A-Z]{1,2}-\d+[a-z]? (?:(?!\1|\n).)*)\1/g)].map(
      ([, , name]) => ({ file, name: name! }),
    ),
  );
}

export function readGaps(): Readonly<Record<string, KnownGap>> {
  const path = join(root, 'test/conformance/exceptions.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, KnownGap>) : {};
}
