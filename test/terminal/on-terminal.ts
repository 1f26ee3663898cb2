/** A command on a terminal of its own, see terminal.py. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { testEnvironment } from '../sonde.ts';

export interface Part {
  readonly step: string;
  readonly output: string;
  readonly cooked: boolean;
}

export type Step = readonly [verb: string, ...words: (string | number)[]];

export function onTerminal(
  command: readonly string[],
  steps: readonly Step[],
  environment: Readonly<Record<string, string>> = {},
): { readonly parts: readonly Part[]; readonly status: number } {
  const { stdout, stderr } = spawnSync('python3', ['-S', join(import.meta.dirname, 'terminal.py')], {
    input: JSON.stringify({ command, steps }),
    encoding: 'utf8',
    env: testEnvironment({ SONDE_RUN: '', TERM: 'xterm', ...environment }),
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout) as ReturnType<typeof onTerminal>;
}

export const all = (parts: readonly Part[]): string => parts.map(({ output }) => output).join('');
