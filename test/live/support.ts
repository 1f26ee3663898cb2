/** What the live tests share: workloads, a tracer that runs beside the test, and a reader of map dumps. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRoot, launcher, type Run, testEnvironment } from '../sonde.ts';

/** Options of a test that needs root and a kernel to trace. */
export const live = { skip: isRoot ? false : 'needs root' };

/** A folder of this test file, gone after it. */
export const folder = mkdtempSync(join(tmpdir(), 'sonde-live-'));
chmodSync(folder, 0o755); // for tests that are not root
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Path of a compiled `workloads/NAME.c`. With other flags than the usual ones it gets a name of its own. */
export function workload(name: string, flags?: readonly string[]): string {
  const path = join(folder, flags === undefined ? name : `${name}${flags.join('')}`);
  if (!existsSync(path)) {
    const source = join(import.meta.dirname, 'workloads', `${name}.c`);
    const usual = ['-O1', '-g0', '-fno-omit-frame-pointer', '-pthread'];
    execFileSync('gcc', [...(flags ?? usual), '-o', path, source]);
  }
  return path;
}

export interface StartOptions {
  /** Before the launcher: `setpriv …`. */
  readonly prefix?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly limitMs?: number;
}

/** A tracer that runs beside the test. Disposing of it kills what is left of it. */
export class Tracer implements Disposable {
  stdout = '';
  stderr = '';
  readonly attached: Promise<void>;
  readonly ended: Promise<Run>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(args: readonly string[], options: StartOptions = {}) {
    const [command, ...rest] = [...(options.prefix ?? []), launcher, ...args];
    this.#child = spawn(command!, rest, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: testEnvironment(options.environment),
    });
    this.#child.stdin.on('error', () => {}).end(options.stdin ?? '');
    const limit = setTimeout(() => this[Symbol.dispose](), options.limitMs ?? 20_000);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        clearTimeout(limit);
        resolve({ status: code ?? signal!, stdout: this.stdout, stderr: this.stderr });
      });
    });
    this.attached = new Promise((resolve) => {
      this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.stderr += text;
        if (/^Attached \d+ probes?$/m.test(this.stderr)) resolve();
      });
      void this.ended.then(() => resolve());
    });
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.stdout += text;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a reader that leaves: `| head -1`. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  [Symbol.dispose](): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}

/** Runs `sonde -e SCRIPT ARGS` to its end. */
export const trace = (script: string, args: readonly string[] = [], options?: StartOptions): Promise<Run> =>
  new Tracer(['-e', script, ...args], options).ended;

/** Waits until `condition` holds; false after the limit. */
export async function eventually(condition: () => boolean, limitMs = 3000): Promise<boolean> {
  for (const end = Date.now() + limitMs; !condition(); await sleep(20)) if (Date.now() > end) return false;
  return true;
}

/** The values of a map's one-line entries by key text; of a scalar by the empty text. */
export function entries(output: string, map: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of output.split('\n')) {
    const match = /^(@\w*)(?:\[(.*)\])?: (.*)$/.exec(line);
    if (match?.[1] === map) found[match[2] ?? ''] = match[3]!;
  }
  return found;
}

/** Sum of a map's entries. */
export function total(output: string, map: string): number {
  return Object.values(entries(output, map)).reduce((sum, value) => sum + Number(value), 0);
}
