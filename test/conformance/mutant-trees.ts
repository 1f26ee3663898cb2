/**
 * Copies of the tree to break, and the run of an item's tests in them: the cases of suites on a bundle, which starts in
 * a fifth of the sources' time, test files as they are, each up to the first that fails.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../sonde.ts';
import { evidenceByItem } from './items.ts';
import type { Mutant } from './mutant-report.ts';

export interface Verdict {
  readonly state: 'killed' | 'SURVIVES' | 'DOES NOT LOAD' | 'HAS NO TEST';
  /** Of the mutant's items those that it is so for. */
  readonly ids: readonly string[];
  /** The tests that noticed. */
  readonly by?: readonly string[];
}

export interface Tree extends Disposable {
  readonly folder: string;
  /** Makes the bundle; false where the sources do not even load. */
  build(): Promise<boolean>;
  /** What came of the tests of a file that name one of the items; `crashes`: not one of them ran. */
  runFile(file: string, ids: readonly string[]): Promise<'passes' | 'fails' | 'crashes'>;
  /** The name of the first case of the suites that fails, of these names. */
  failingCase(names: readonly string[]): Promise<string | undefined>;
}

interface Trees {
  readonly broken: Tree;
  readonly pristine: Tree;
}

/** Several times what the slowest tests of an item take on a busy machine. */
const LONGEST_RUN_MS = 240_000;

/** What Node made of the sources, for all runs: most of a test's time is the removal of types. */
let compileCache: string | undefined;

function openCompileCache(): string {
  if (compileCache !== undefined) return compileCache;
  const folder = (compileCache = mkdtempSync(join(tmpdir(), 'sonde-mutants-cache-')));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openTree(): Tree {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-mutant-'));
  chmodSync(folder, 0o755); // some cases run as another user
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (): never => process.exit(130); // runs what listens for the exit
  process.on('exit', remove).once('SIGINT', end).once('SIGTERM', end);
  for (const name of ['bin', 'docs', 'gen', 'scripts', 'src', 'test', 'tools', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    build: async () =>
      (await runIn(folder, ['node', 'scripts/build.ts'])).status === 0 &&
      (await runIn(folder, ['bin/sonde', '--version'], { SONDE_RUN: '' })).status === 0,
    runFile: async (file, ids) => {
      const pattern = `--test-name-pattern=(^| )(${ids.join('|')}) `;
      const reporter = '--test-reporter=spec';
      const { status, stdout } = await runIn(folder, ['node', '--test-timeout=60000', reporter, pattern, file]);
      if (status === 0) return 'passes';
      // A compiler that goes round in a circle has to be ended from outside.
      return status === null || /^ℹ fail [1-9]/m.test(stdout) ? 'fails' : 'crashes';
    },
    failingCase: async (names) => {
      const ran = await runIn(folder, ['node', 'test/conformance/failing-case.ts', ...names]);
      const failing = ran.stdout.trim();
      if (ran.status !== 0 && !names.includes(failing)) throw new Error(`can't run cases: ${failing}`);
      return ran.status === 0 ? undefined : failing;
    },
    [Symbol.dispose]: () => {
      remove();
      process.off('exit', remove).off('SIGINT', end).off('SIGTERM', end);
    },
  };
}

function runIn(
  folder: string,
  [command, ...args]: string[],
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number | null; stdout: string }> {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
  const child = spawn(command!, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
    env: {
      ...environment,
      SONDE_RUN: 'sources',
      SONDE_TEST_BUNDLE: '1',
      NODE_COMPILE_CACHE: openCompileCache(),
      PATH,
      ...more,
    },
  });
  let stdout = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  return new Promise((resolve, reject) =>
    child.on('error', reject).on('close', (status) => resolve({ status, stdout })),
  );
}

/** Breaks a tree, runs the items' tests there until one of each item fails, and mends it. */
export async function judge(mutant: Mutant, broken: Tree, pristine: Tree): Promise<Verdict> {
  const path = join(broken.folder, mutant.file);
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(mutant.find, () => mutant.replace);
  if (changed === text) throw new Error(`${mutant.file} does not have the text: ${mutant.find}`);
  writeFileSync(path, changed);
  try {
    return await judgeTests(mutant.ids, { broken, pristine });
  } finally {
    writeFileSync(path, text);
  }
}

async function judgeTests(ids: readonly string[], trees: Trees): Promise<Verdict> {
  const evidence = ids.flatMap((id) => evidenceByItem().get(id) ?? []);
  const untested = ids.filter((id) => !evidenceByItem().has(id));
  if (untested.length > 0) return { state: 'HAS NO TEST', ids: untested };
  const files = [...new Set(evidence.map(({ file }) => file).filter((file) => !file.endsWith('.rt')))];
  const compiling = files.filter((file) => file.startsWith('src/'));
  const open = new Set(ids);
  const by: string[] = [];
  for (const file of compiling) {
    const failing = await failingFile(file, open, trees);
    if (failing === 'crashes') return { state: 'DOES NOT LOAD', ids };
    by.push(...failing);
  }
  if (open.size === 0) return { state: 'killed', ids, by };
  if (!(await trees.broken.build())) return { state: 'DOES NOT LOAD', ids };
  by.push(...(await failingCases(open, trees)));
  for (const file of files.filter((each) => !compiling.includes(each)))
    by.push(...[await failingFile(file, open, trees)].flat().filter((each) => each !== 'crashes'));
  return open.size === 0 ? { state: 'killed', ids, by } : { state: 'SURVIVES', ids: [...open], by };
}

/** Takes from the open items those of which a test in the file fails. */
async function failingFile(
  file: string,
  open: Set<string>,
  { broken, pristine }: Trees,
): Promise<readonly string[] | 'crashes'> {
  const concerned = [...open].filter((id) =>
    evidenceByItem()
      .get(id)!
      .some((each) => each.file === file),
  );
  const outcome = concerned.length === 0 ? 'passes' : await broken.runFile(file, concerned);
  if (outcome !== 'fails') return outcome === 'passes' ? [] : 'crashes';
  const passes = async (id: string): Promise<boolean> => (await pristine.runFile(file, [id])) === 'passes';
  for (const id of concerned) {
    const fails = concerned.length === 1 || (await broken.runFile(file, [id])) === 'fails';
    if (fails && (await passesUnbroken(`${file} ${id}`, () => passes(id)))) open.delete(id);
  }
  return concerned.some((id) => !open.has(id)) ? [file] : [];
}

/** Takes from the open items those that a failing case names. */
async function failingCases(open: Set<string>, { broken, pristine }: Trees): Promise<readonly string[]> {
  const by: string[] = [];
  const seen = new Set<string>();
  while (true) {
    const names = [...open].flatMap((id) => casesOf(id)).filter((name) => !seen.has(name));
    const failing = names.length === 0 ? undefined : await broken.failingCase([...new Set(names)]);
    if (failing === undefined) return by;
    // All before it passed.
    for (const name of names.slice(0, names.indexOf(failing) + 1)) seen.add(name);
    if (!(await passesUnbroken(failing, async () => (await pristine.failingCase([failing])) === undefined))) continue;
    by.push(failing);
    for (const id of [...open].filter((each) => casesOf(each).includes(failing))) open.delete(id);
  }
}

const casesOf = (id: string): readonly string[] =>
  evidenceByItem()
    .get(id)!
    .filter(({ file }) => file.endsWith('.rt'))
    .map(({ name }) => name);

const known = new Map<string, Promise<boolean>>();

/** A test that fails without the mutant too shows nothing. */
function passesUnbroken(key: string, run: () => Promise<boolean>): Promise<boolean> {
  const passes = known.get(key) ?? run();
  if (!known.has(key)) {
    known.set(key, passes);
    void passes.then((ok) => ok || console.log(`FAILS ANYWAY  ${key}`));
  }
  return passes;
}
