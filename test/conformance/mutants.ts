/**
 * Do the tests of an item notice when what it promises breaks? Each mutant replaces one rule, built-in or pass of the
 * sources by an identity or a constant; some test that names one of its items has to fail then.
 * `npm run conformance:mutants [-- ID|TEXT …]`
 */
import { spawn } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../sonde.ts';
import { evidenceByItem } from './items.ts';

export interface Mutant {
  /** Items whose tests have to notice. */
  readonly ids: readonly string[];
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly what: string;
}

type Verdict = 'killed' | 'SURVIVES' | 'DOES NOT LOAD' | 'HAS NO TEST';

export function readMutants(): Mutant[] {
  return globSync('test/conformance/mutants/*.json', { cwd: root })
    .sort()
    .flatMap((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Mutant[]);
}

/** A copy of the tree, to break. */
function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-mutant-'));
  for (const name of ['bin', 'gen', 'src', 'test', 'tools', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function judge(mutant: Mutant, tree: string): Promise<Verdict> {
  const evidence = mutant.ids.flatMap((id) => evidenceByItem().get(id) ?? []);
  const files = new Set(evidence.map(({ file }) => (file.endsWith('.rt') ? 'test/runtime/suites.test.ts' : file)));
  if (files.size === 0) return 'HAS NO TEST';
  const path = join(tree, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
  try {
    if ((await runIn(tree, ['bin/sonde', '--version'])) !== 0) return 'DOES NOT LOAD';
    const pattern = `(^| )(${mutant.ids.join('|')}) `;
    const tests = ['node', '--test', '--test-timeout=60000', `--test-name-pattern=${pattern}`, ...files];
    return (await runIn(tree, tests)) === 0 ? 'SURVIVES' : 'killed';
  } finally {
    writeFileSync(path, text);
  }
}

function runIn(tree: string, [command, ...args]: string[]): Promise<number | null> {
  const { NODE_TEST_CONTEXT: _, SONDE_TEST_BUNDLE: __, ...environment } = process.env;
  const child = spawn(command!, args, {
    cwd: tree,
    stdio: 'ignore',
    env: { ...environment, SONDE_RUN: 'sources', PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
}

async function main(wanted: readonly string[]): Promise<void> {
  const mutants = readMutants().filter(
    ({ ids, what }) => wanted.length === 0 || wanted.some((word) => ids.includes(word) || what.includes(word)),
  );
  const counts = new Map<Verdict, number>();
  const queue = mutants.values();
  const worker = async (): Promise<void> => {
    const tree = copyTree();
    try {
      for (const mutant of queue) {
        const verdict = await judge(mutant, tree);
        counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
        console.log(`${verdict.padEnd(13)} ${mutant.ids.join(' ')}: ${mutant.what}`);
      }
    } finally {
      rmSync(tree, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  console.log(`${mutants.length} mutants: ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}`);
  process.exitCode = counts.get('killed') === mutants.length ? 0 : 1;
}

if (import.meta.main) await main(process.argv.slice(2));
