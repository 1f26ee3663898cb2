/**
 * Runs the rows on the kernel that this runs on, as root: `node run.ts [WORKLOAD [ONLY]]`. ONLY is a part of the names of
 * rows, WORKLOAD the path of the workload, which is compiled where it isn't given. Prints a line of JSON for each cell.
 * Rows share a process of Sonde; where one of them spoils it for all, halves are tried.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFeature, featureNames, haveFeature, type FeatureName } from '../../../src/kernel/index.ts';
import { run, launcher, type Run } from '../../sonde.ts';
import { difference, joinScripts, splitOutput } from './batch.ts';
import type { Cell, MatrixLine, Row } from './row.ts';

const OLDEST_KERNEL = '5.10';
/** For a whole batch, where all is emulated and the machine is busy. */
const TIMEOUT_MS = 120_000;

/** What came with kernels after the oldest one. */
export const laterFeatures: readonly FeatureName[] = featureNames.filter((name) =>
  isAfter(describeFeature(name).minimumKernel, OLDEST_KERNEL),
);

function isAfter(version: string, other: string): boolean {
  const [[major, minor], [otherMajor, otherMinor]] = [version, other].map((each) => each.split('.').map(Number)) as [
    [number, number],
    [number, number],
  ];
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}

export async function loadRows(): Promise<readonly Row[]> {
  const files = globSync('rows/*.ts', { cwd: import.meta.dirname }).sort();
  const modules = await Promise.all(
    files.map(async (file) => (await import(join(import.meta.dirname, file))) as { readonly rows: readonly Row[] }),
  );
  return modules.flatMap(({ rows }) => rows);
}

/** Rows of one group share a process. */
const groupOf = ({ options = [], apart = '' }: Row): string => [apart, ...options].join(' ');

/** It is busy until the last process in it is gone. */
async function removeCgroup(path: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      rmdirSync(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries === 200) throw error;
    }
    await sleep(50);
  }
}

/** Goes into the control group and into a new network namespace with the rest of the command. */
const APART = `echo $$ >$0/cgroup.procs && exec unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"`;

function makeCgroup(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  const [, root] = /^\S+ (\S+) cgroup2 /m.exec(mounts) ?? [];
  if (root === undefined) throw new Error('no cgroup2 is mounted');
  return mkdtempSync(join(root, 'sonde-matrix-'));
}

class Matrix {
  readonly #workload: string;
  readonly #isForced: boolean;
  readonly #report: (cell: Cell) => void;

  constructor(workload: string, isForced: boolean, report: (cell: Cell) => void) {
    this.#workload = workload;
    this.#isForced = isForced;
    this.#report = report;
  }

  async run(rows: readonly Row[]): Promise<void> {
    const ours = this.#isForced ? rows.filter(({ notForced }) => notForced === undefined) : rows;
    const [able, unable] = [ours.filter((row) => this.#isAble(row)), ours.filter((row) => !this.#isAble(row))];
    for (const group of Map.groupBy(able, groupOf).values()) await this.#runGroup(group);
    for (const row of unable) await this.#expectRefusal(row);
  }

  #isAble({ needs = [], isThere = () => true }: Row): boolean {
    if (!isThere()) return false;
    return needs.every((name) => haveFeature(name) && !(this.#isForced && laterFeatures.includes(name)));
  }

  async #runGroup(rows: readonly Row[]): Promise<void> {
    const result = await this.#sonde(rows);
    if (result.status !== 0 && rows.length > 1) {
      const middle = rows.length >> 1;
      await this.#runGroup(rows.slice(0, middle));
      await this.#runGroup(rows.slice(middle));
      return;
    }
    const seen = splitOutput(result.stdout, rows, this.#workload);
    rows.forEach((row, index) => {
      const wrong = result.status === 0 ? difference(row, seen[index]!) : `status ${result.status}: ${result.stderr}`;
      this.#finish(row, wrong === undefined ? { state: 'yes' } : { state: 'failed', reason: wrong });
    });
  }

  async #expectRefusal(row: Row): Promise<void> {
    const { status, stderr } = await this.#sonde([row]);
    const message = stderr.split('\n').find((line) => /ERROR/.test(line)) ?? stderr.trim();
    const [, reason = message] = /ERROR: (.*)/.exec(message) ?? [];
    if (status === 0)
      this.#finish(row, { state: 'failed', reason: `it works without ${row.needs?.join(', ') ?? 'what it needs'}` });
    else if (row.refusal === undefined || !row.refusal.test(stderr))
      this.#finish(row, { state: 'failed', reason: `refused with other words than ${String(row.refusal)}: ${stderr}` });
    else this.#finish(row, { state: 'no', reason });
  }

  #finish({ probe, form }: Row, outcome: Pick<Cell, 'state' | 'reason'>): void {
    this.#report({ probe, form, isForced: this.#isForced, ...outcome });
  }

  #addressOf(name: string): string {
    const symbols = spawnSync('nm', [this.#workload], { encoding: 'utf8' }).stdout;
    return `0x${new RegExp(`^([0-9a-f]+) \\w ${name}$`, 'm').exec(symbols)?.[1] ?? name}`;
  }

  async #sonde(rows: readonly Row[]): Promise<Run> {
    // It sleeps last: a process that is gone has no symbols to ask for.
    const actions = [...new Set([...rows.flatMap((row) => row.actions ?? []), 'sleep'])];
    const forced = this.#isForced ? ['--no-feature', laterFeatures.join(',')] : [];
    const command = [this.#workload, ...actions].join(' ');
    const cgroup = makeCgroup();
    const script = joinScripts(rows, this.#workload)
      .replace(/ADDRESS\((\w+)\)/g, (_, name: string) => this.#addressOf(name))
      .replaceAll('CGROUP', cgroup);
    const args = ['-q', ...(rows[0]!.options ?? []), ...forced, '-e', script, '-c', command];
    const result = await run('sh', ['-c', APART, cgroup, launcher, ...args], { timeoutMs: TIMEOUT_MS });
    await removeCgroup(cgroup);
    return result;
  }
}

export async function runMatrix(
  workload: string,
  only: string | undefined,
  report: (cell: Cell) => void,
): Promise<void> {
  const rows = (await loadRows()).filter(({ probe, form }) => only === undefined || `${probe}: ${form}`.includes(only));
  for (const isForced of [false, true]) await new Matrix(workload, isForced, report).run(rows);
}

/** Compiles the workload into a folder and returns its path. */
export function buildWorkload(folder: string): string {
  const path = join(folder, 'workload');
  const sources = globSync('workload/*.c', { cwd: import.meta.dirname }).map((name) => join(import.meta.dirname, name));
  const flags = ['-O0', '-no-pie', '-g', '-fno-omit-frame-pointer', '-Wall', '-Wextra', '-pthread', '-o', path];
  const { status, stderr } = spawnSync('gcc', [...flags, ...sources.sort()], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return path;
}

async function main(): Promise<void> {
  const [built, only] = process.argv.slice(2);
  const folder = built === undefined || built === '' ? mkdtempSync(join(tmpdir(), 'sonde-matrix-')) : undefined;
  const workload = folder === undefined ? built! : buildWorkload(folder);
  const start = performance.now();
  const print = (line: MatrixLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  await runMatrix(workload, only, (cell) => print({ matrix: 'cell', cell }));
  print({ matrix: 'done', release: release(), durationMs: Math.round(performance.now() - start) });
  if (folder !== undefined) rmSync(folder, { recursive: true });
}

if (import.meta.main) await main();
