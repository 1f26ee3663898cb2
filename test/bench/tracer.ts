/** A tracer that runs beside the bench: started, known to be attached, ended by Ctrl-C's signal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { enableProgramStatistics } from '../../src/kernel/index.ts';
import { programIdsOf, readProgram } from './program-statistics.ts';

export interface Tool {
  readonly name: 'Sonde' | 'bpftrace';
  readonly command: string;
}

export interface TracerOptions {
  /** Standard output goes there; else `onOutput` gets it. */
  readonly outputPath?: string;
  /** With the monotonic time at which it was read, in nanoseconds. */
  readonly onOutput?: (text: string, readNs: bigint) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface End {
  /** From the signal to the last byte of output; NaN where it went to a file or there was none. */
  readonly outputMs: number;
  readonly exitMs: number;
}

const ATTACH_LIMIT_MS = 120_000;

export class Tracer implements Disposable {
  stderr = '';
  #lastOutputNs: bigint | undefined;
  readonly #tool: Tool;
  readonly #child: ChildProcess;
  readonly #ended: Promise<bigint>;

  constructor(tool: Tool, args: readonly string[], { outputPath, onOutput, environment }: TracerOptions = {}) {
    this.#tool = tool;
    const output = outputPath === undefined ? 'pipe' : openSync(outputPath, 'w');
    this.#child = spawn(tool.command, args, {
      stdio: ['ignore', output, 'pipe'],
      env: { ...process.env, ...environment },
    });
    if (typeof output === 'number') closeSync(output);
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#lastOutputNs = process.hrtime.bigint();
      onOutput?.(text, this.#lastOutputNs);
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    let exitedNs = 0n;
    this.#child.on('exit', () => (exitedNs = process.hrtime.bigint()));
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject).on('close', () => resolve(exitedNs));
    });
    this.#ended.catch(() => {}); // who waits is told
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Until it says that it is attached, which only Sonde does. */
  async announced(): Promise<void> {
    for (
      const limit = performance.now() + ATTACH_LIMIT_MS;
      !/^Attached \d+ probes?$/m.test(this.stderr);
      await sleep(5)
    ) {
      if (performance.now() > limit) throw new Error(`not attached after ${ATTACH_LIMIT_MS / 1000} s\n${this.stderr}`);
      this.#assertRuns();
    }
  }

  /** Processor time that it has had, all threads together. */
  cpuTimeNs(): number {
    const folder = `/proc/${this.pid}/task`;
    const times = readdirSync(folder).map((thread) => readFileSync(`${folder}/${thread}/schedstat`, 'latin1'));
    return times.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0);
  }

  /** Resident memory, of this process alone. */
  residentMib(): number {
    const [, kib] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'latin1')) ?? [];
    return Number(kib) / 1024;
  }

  /** Kills what has not been ended. */
  [Symbol.dispose](): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
  }

  /**
   * Until so many programs have run, which `provoke` makes them do, and it has opened all that it opens; Sonde says so.
   * Gives the programs' ids.
   */
  async attached(provoke: () => Promise<unknown>, programs = 1): Promise<readonly number[]> {
    if (this.#tool.name === 'Sonde') await this.announced();
    else await this.#running(provoke, programs);
    return this.#programIds();
  }

  async #running(provoke: () => Promise<unknown>, programs: number): Promise<void> {
    const limit = performance.now() + ATTACH_LIMIT_MS;
    using _ = enableProgramStatistics();
    const haveRun = (): number => this.#programIds().filter((id) => (readProgram(id)?.runCount ?? 0) > 0).length;
    while (haveRun() < programs) {
      if (performance.now() > limit) throw new Error(`not attached after ${ATTACH_LIMIT_MS / 1000} s\n${this.stderr}`);
      await provoke();
      await sleep(5);
    }
    await this.settled();
  }

  /** Until it holds programs and has not opened anything for a while: probes that nothing provokes are attached by then. */
  async settled(): Promise<void> {
    const count = (): number => (this.#programIds().length === 0 ? -1 : readdirSync(`/proc/${this.pid}/fd`).length);
    const limit = performance.now() + ATTACH_LIMIT_MS;
    for (let seen = -1, since = performance.now(); seen < 0 || performance.now() - since < 80; await sleep(20)) {
      if (performance.now() > limit) throw new Error(`not attached after ${ATTACH_LIMIT_MS / 1000} s\n${this.stderr}`);
      const now = count();
      if (now !== seen) since = performance.now();
      seen = now;
    }
  }

  /** bpftrace 0.17 does not always end on a signal: what is left after the limit is killed, and that is told. */
  async end(limitMs = 5000): Promise<End> {
    const signalledNs = process.hrtime.bigint();
    this.#child.kill('SIGINT');
    using _ = this.#killAfter(limitMs);
    const exitedNs = await this.#ended;
    if (this.#child.signalCode === 'SIGKILL') {
      process.stderr.write(`${this.#tool.name} had not ended ${limitMs / 1000} s after the signal: killed\n`);
    }
    const since = (ns: bigint | undefined): number => (ns === undefined ? Number.NaN : Number(ns - signalledNs) / 1e6);
    return { outputMs: since(this.#lastOutputNs), exitMs: since(exitedNs) };
  }

  #killAfter(limitMs: number): Disposable {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  #assertRuns(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`${this.#tool.name} ended before it was attached\n${this.stderr}`);
  }

  #programIds(): readonly number[] {
    this.#assertRuns();
    return programIdsOf(this.pid);
  }
}
