/** The benchmarks run, so that they do not rot; what they show is in RESULTS.md. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, testEnvironment } from '../sonde.ts';

const havePeer = spawnSync('bpftrace', ['--version']).status === 0;
const skip = !isRoot ? 'needs root' : !havePeer && process.env['CI'] !== 'true' && 'needs bpftrace, to compare with';

const BOTH = /\| [1-9][\d,.]* \| [1-9][\d,.]* \|/;
const OURS = /\| [1-9][\d,.]* \| - \|/;

test('every row has a number for both tools, those of the compiler alone for Sonde', { skip }, () => {
  const args = [join(import.meta.dirname, 'run.ts'), '--runs', '1', '--calls', '20000', '--no-write'];
  const text = execFileSync(process.execPath, args, { encoding: 'utf8', env: testEnvironment({ SONDE_RUN: '' }) });
  const rows = text.split('\n').filter((line) => /^\|.*\| (ms|MiB|events\/s|ns) \|/.test(line));
  assert.equal(rows.length, 13);
  for (const row of rows) assert.match(row, row.startsWith('| compile: ') ? OURS : BOTH);
});
