/** Runs `sonde` as its users do, for tests: the launcher on the sources. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
export const launcher = join(root, 'bin/sonde');
export const isRoot = process.geteuid!() === 0;

export interface Run {
  /** Exit status, or the signal's name. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Called once with the process id when the script's probes are attached, as standard error says. */
  readonly onAttached?: (pid: number) => void;
}

/**
 * The bundle is made from the same sources and starts in a fifth of the time: where `npm test` has just built it, it runs,
 * and in a guest, where every instruction is emulated. Everywhere else the sources run.
 */
const runsBundle = process.env['SONDE_TEST_BUNDLE'] !== undefined || process.env['SONDE_GUEST'] !== undefined;

/** A `sonde` that takes --opt from SONDE_TEST_OPT: the suites run with optimizations switched off by it (test/passes). */
const withOptFolder = join(root, 'test/passes/bin');

/** The tests' environment: what the test runner or a user has set for Node or Sonde is none of the tests' matter. */
export function testEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(NODE_|SONDE_|BPFTRACE_)/.test(name));
  const opt = process.env['SONDE_TEST_OPT'];
  const PATH = `${opt === undefined ? '' : `${withOptFolder}:`}${join(root, 'bin')}:${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
  const how = opt === undefined ? {} : { SONDE_TEST_OPT: opt };
  const what = runsBundle ? how : { ...how, SONDE_RUN: 'sources' };
  return { ...Object.fromEntries(own), PATH, TZ: 'UTC', SHELL: '/bin/sh', ...what, ...more };
}

export const sonde = (args: readonly string[], options: RunOptions = {}): Promise<Run> => run(launcher, args, options);

/** Runs a command in a process group of its own, so that nothing of it is left behind after the time limit. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: testEnvironment(options.environment),
    });
    const texts = { stdout: '', stderr: '' };
    let attached = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
        if (attached || !/^Attached \d+ probes?$/m.test(texts.stderr)) return;
        attached = true;
        options.onAttached?.(child.pid!);
      });
    }
    const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), options.timeoutMs ?? 20_000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ status: code ?? signal!, ...texts });
    });
  });
}
