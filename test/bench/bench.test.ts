/** The benchmarks run, so that they do not rot; what they show is in RESULTS.md. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, testEnvironment } from '../sonde.ts';
import { scripts } from './scripts.ts';

const havePeer = spawnSync('bpftrace', ['--version']).status === 0;
const skip = !isRoot ? 'needs root' : !havePeer && process.env['CI'] !== 'true' && 'needs bpftrace, to compare with';

const NUMBER = String.raw`-?\d[\d,.]*`;
const BOTH = new RegExp(String.raw`\| ${NUMBER} \| ${NUMBER} \|`);
const OURS = new RegExp(String.raw`\| ${NUMBER} \| - \|`);
/** Rows of what the other tool can't do or is too slow at for a short run, and means. */
const OURS_ALONE = /^\| (compile: |for over a map: |all system calls: |\*\*)/;

function bench(...args: readonly string[]): string {
  const command = [join(import.meta.dirname, 'run.ts'), ...args];
  return execFileSync(process.execPath, command, { encoding: 'utf8', env: testEnvironment({ SONDE_RUN: '' }) });
}

const rowsOf = (text: string): string[] => text.split('\n').filter((line) => /^\| (?!measure)/.test(line));

test('every measure has numbers, and every script three', { skip }, () => {
  const rows = rowsOf(bench('--quick'));
  for (const row of rows) assert.match(row, OURS_ALONE.test(row) ? OURS : BOTH);
  for (const { name, kind } of scripts) {
    const its = rows.filter((row) => row.startsWith(`| ${name}: `));
    assert.equal(its.length, kind === 'profile' ? 2 : 3, name);
  }
  for (const what of ['start to exit', 'compile: one-liner', 'peak memory of the count', 'events lost']) {
    assert.ok(
      rows.some((row) => row.includes(what)),
      what,
    );
  }
});

test('measures are chosen by name', { skip: isRoot ? false : 'needs root' }, () => {
  const names = bench('--list').trim().split('\n');
  assert.ok(names.includes('start') && names.includes('one-liner: hist'));
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(rowsOf(bench('--quick', '--only', '^no such measure$')), []);
});
