/** Runs shipped tools as their users do, beside a workload that was made for each. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRoot, launcher, run, testEnvironment } from '../sonde.ts';

/** There only what the host can't is run. */
export const inGuest = process.env['SONDE_GUEST'] !== undefined;
/** In a guest everything is emulated. */
const SLOWNESS = inGuest ? 6 : 1;
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';

/** A folder of this test file, gone after it. */
export const folder = mkdtempSync(join(tmpdir(), 'sonde-tools-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A file of `workloads`. */
export const workloadSource = (name: string): string => join(import.meta.dirname, 'workloads', name);

export interface ToolCase {
  readonly tool: string;
  /** What the case shows; the headline of its example. */
  readonly title: string;
  /** `PID` stands for the process id of the workload. */
  readonly args?: readonly string[];
  /** Before the tool's name. */
  readonly before?: readonly string[];
  /** Starts when everything is attached: a command for sh (the process that PID names), or a function. */
  readonly workload: string | ((pid: number) => unknown);
  /** What must come to stand in the output; `<pid>` is the workload's. The tool is ended when all of it is there. */
  readonly expect: readonly RegExp[];
  /** What must not stand there. */
  readonly never?: readonly RegExp[];
  /** Further looks at the output. */
  readonly check?: (output: string, pid: number) => void;
  /** A command for sh that makes ready what the tool looks at, before it starts. */
  readonly setup?: string;
  /**
   * What the workload's process must have mapped before the tool starts, for tools that look at that: the command then waits
   * for a line on its standard input itself.
   */
  readonly maps?: string;
  /** Maps are printed at the end: the tool is ended when the workload is, and what is expected is looked for then. */
  readonly atEnd?: boolean;
  /** The tool is ended so long after the workload's start, while that still runs. */
  readonly endAfterMs?: number;
  /** What the running kernel or machine must have; another than the host's own is in the guest of `test/kernels`. */
  readonly needs?: Need;
  readonly skip?: string | false;
  /** What the workload runs is not on this machine: only what stands for it is run. */
  readonly isAbsent?: boolean;
  /** A workload that tells the same by probes of its own, on every machine: a second test. */
  readonly standIn?: string;
  /** False: no part of the example text. */
  readonly example?: boolean;
}

/** What the guest has for certain: whether it is here too, and what is said where it is not. */
const NEEDS = {
  kprobes: [existsSync('/sys/bus/event_source/devices/kprobe'), 'this kernel has no kprobes (CONFIG_KPROBES)'],
  nodes: [existsSync('/sys/devices/system/node/node1'), 'this machine has one NUMA node'],
  // Without the processor's own help (kvm_pvm) exits have other reasons.
  kvm: [existsSync('/dev/kvm') && !existsSync('/sys/module/kvm_pvm'), 'no processor here runs virtual machines'],
  solitude: [false, 'it would take what others have in memory'],
} as const;

export type Need = keyof typeof NEEDS;

const lacks = (need: Need | undefined): string | false =>
  inGuest || need === undefined || NEEDS[need][0] ? false : `${NEEDS[need][1]}: it runs in a guest`;

/** A test of one tool. On the host it runs what the host can; in a guest only what the host can't. */
export function toolTest(each: ToolCase): void {
  if (inGuest && each.needs === undefined) return;
  const skip = isRoot ? lacks(each.needs) || (each.skip ?? false) : 'needs root';
  const options = { skip, timeout: 60_000 * SLOWNESS };
  const { standIn } = each;
  if (each.isAbsent !== true) test(`${each.tool}: ${each.title}`, options, () => runCase(each));
  if (standIn !== undefined)
    test(`${each.tool}: ${each.title}, by a stand-in`, options, () =>
      runCase({ ...each, workload: standIn, example: false }),
    );
}

export interface LoadCase {
  readonly tool: string;
  /** Why nothing here can make it show something. */
  readonly reason: string;
  readonly setup?: string;
  readonly needs?: Need;
  /** How the try ends, where the kernel lacks what the tool looks for. */
  readonly ends?: { readonly status: number; readonly stderr: RegExp };
}

/** A test of a tool that nothing here can exercise: the kernel takes it, and everything that it looks for is there. */
export function loadTest({ tool, reason, setup, needs, ends = { status: 0, stderr: /^$/ } }: LoadCase): void {
  if (inGuest && needs === undefined) return;
  const skip = isRoot ? lacks(needs) : 'needs root';
  test(`${tool}: loads, not exercised: ${reason}`, { skip, timeout: 60_000 * SLOWNESS }, async () => {
    if (setup !== undefined) execFileSync('/bin/sh', ['-c', setup], { stdio: 'ignore' });
    const { status, stdout, stderr } = await run(launcher, ['--dry-run', tool], {
      timeoutMs: 20_000 * SLOWNESS,
      environment: { SONDE_RUN: '' },
    });
    assert.deepEqual({ status, stdout }, { status: ends.status, stdout: '' });
    assert.match(stderr, ends.stderr);
  });
}

async function runCase(each: ToolCase): Promise<void> {
  if (each.setup !== undefined) execFileSync('/bin/sh', ['-c', each.setup], { cwd: folder, stdio: 'ignore' });
  using work = typeof each.workload === 'string' ? new Workload(each.workload, each.maps !== undefined) : undefined;
  const pid = work?.pid ?? process.pid;
  if (each.maps !== undefined) while (!readFileSync(`/proc/${pid}/maps`, 'utf8').includes(each.maps)) await sleep(20);
  const args = (each.args ?? []).map((word) => word.replace('PID', String(pid)));
  using tool = new RunningTool([...(each.before ?? []), each.tool, ...args]);
  await tool.attached;
  const patterns = each.expect.map(
    (pattern) => new RegExp(pattern.source.replaceAll('<pid>', String(pid)), pattern.flags),
  );
  const isThere = (): boolean => patterns.every((pattern) => pattern.test(tool.output));
  if (work === undefined) await (each.workload as (pid: number) => unknown)(pid);
  else {
    work.start();
    await (each.endAfterMs === undefined ? work.ended : sleep(each.endAfterMs * SLOWNESS));
  }
  if (each.atEnd !== true) {
    for (const end = Date.now() + 8000 * SLOWNESS; !isThere() && Date.now() < end && tool.runs;) await sleep(20);
  }
  tool.stop();
  await tool.ended;
  // A busy machine may nest events: that is told, and no mistake of the tool.
  assert.equal(tool.errors.replaceAll(/^WARNING: Missed \d+ events?: .*\n/gm, ''), '');
  for (const pattern of patterns) assert.match(tool.output, pattern);
  for (const pattern of each.never ?? []) assert.doesNotMatch(tool.output, pattern);
  each.check?.(tool.output, pid);
  if (process.env['SONDE_EXAMPLES'] !== undefined && each.example !== false) {
    const command = ['sonde', ...(each.before ?? []), each.tool, ...args].join(' ');
    const text = `${each.title}:\n\n# ${command}\n${tool.output.trimEnd()}\n`;
    process.stdout.write(`\nEXAMPLE ${JSON.stringify({ tool: each.tool, text })}\n`);
  }
}

/** A command that waits for its start (`itself`: by its own doing), so that its process id is known before. */
class Workload implements Disposable {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(command: string, itself = false) {
    this.#child = spawn('/bin/sh', ['-c', itself ? command : `read go; ${command}`], {
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      // The system's own commands: wrappers that others put before them are processes more.
      env: { ...testEnvironment(), FOLDER: folder, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    this.ended = new Promise((resolve) => this.#child.on('close', () => resolve()));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  start(): void {
    this.#child.stdin!.end('go\n');
  }

  [Symbol.dispose](): void {
    killGroup(this.pid);
  }
}

class RunningTool implements Disposable {
  output = '';
  errors = '';
  runs = true;
  readonly attached: Promise<void>;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[]) {
    this.#child = spawn(launcher, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: testEnvironment({ [ATTACHED]: '1', SONDE_RUN: '' }), // the bundle, where it is made from these sources
    });
    this.ended = new Promise((resolve) =>
      this.#child.on('close', () => {
        this.runs = false;
        resolve();
      }),
    );
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.attached = new Promise((resolve) => {
      this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        if (!this.output.includes(`${ATTACHED}\n`)) return;
        this.output = this.output.replace(`${ATTACHED}\n`, '');
        resolve();
      });
      void this.ended.then(() => resolve());
    });
  }

  stop(): void {
    this.#child.kill('SIGINT');
  }

  [Symbol.dispose](): void {
    killGroup(this.#child.pid!);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
