/** The benchmarks run, so that they do not rot; what they show is in RESULTS.md. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, testEnvironment } from '../sonde.ts';
import { integerArguments } from './measures/ends.ts';
import { lostIn } from './measures/soak.ts';
import { scripts } from './scripts.ts';

const havePeer = spawnSync('bpftrace', ['--version']).status === 0;
const skip = !isRoot ? 'needs root' : !havePeer && process.env['CI'] !== 'true' && 'needs bpftrace, to compare with';

const NUMBER = String.raw`-?\d[\d,.]*`;
const BOTH = new RegExp(String.raw`\| ${NUMBER} \| ${NUMBER} \|`);
const OURS = new RegExp(String.raw`\| ${NUMBER} \| - \|`);
/** Rows of what the other tool can't do or is too slow at for a short run, and means. */
const OURS_ALONE =
  /^\| (compile: |for over a map: |all system calls: |\*\*|`tracepoint:syscalls:|300 tracepoints|… exit \| ms \| [\d.]+ \| - )/;

function bench(...args: readonly string[]): string {
  const command = [join(import.meta.dirname, 'run.ts'), ...args];
  return execFileSync(process.execPath, command, { encoding: 'utf8', env: testEnvironment({ SONDE_RUN: '' }) });
}

const rowsOf = (text: string): string[] => text.split('\n').filter((line) => /^\| (?!measure)/.test(line));

/** A script for each operation and each kind; all of them take minutes. */
const chosen = scripts.filter(
  ({ operation, kind, isOurs, isSlow }, i) =>
    isOurs === true ||
    isSlow === true ||
    scripts.findIndex((other) => other.operation === operation && other.kind === kind) === i,
);

test('every measure has numbers, and every script three', { skip }, () => {
  const names = chosen.map(({ name }) => name).join('|');
  const rows = rowsOf(bench('--quick', '--only', `^(?!one-liner)|: (${names})$`));
  for (const row of rows) assert.match(row, OURS_ALONE.test(row) ? OURS : BOTH);
  for (const { name, kind } of chosen) {
    const its = rows.filter((row) => row.startsWith(`| ${name}: `));
    assert.equal(its.length, kind === 'profile' ? 2 : 3, name);
  }
  for (const what of [
    'start to exit',
    'compile: one-liner',
    'peak memory of the count',
    'events lost',
    'map printed',
    'idle',
  ]) {
    assert.ok(
      rows.some((row) => row.includes(what)),
      what,
    );
  }
});

test('a soak counts every event', { skip: isRoot ? false : 'needs root' }, () => {
  const rows = rowsOf(bench('--soak', '--calls', '1000'));
  assert.match(rows[0]!, /^\| events counted \| events \| 200,000 \| - \|  \| >= 200,000 \| yes \|$/);
  assert.equal(rows.length, 5);
});

test('losses told several times add up', () => {
  assert.equal(lostIn('Attached 1 probe\nLost 12 events\nLost 30 events\n'), 42);
  assert.equal(lostIn('Attached 1 probe\n'), 0);
});

test('of a listing, the first integer argument of each tracepoint that is no system call', () => {
  const listing = [
    'tracepoint:xfs:a',
    '    struct path * path',
    '    dev_t dev',
    '    int resv',
    'tracepoint:syscalls:sys_enter_close',
    '    unsigned int fd',
    'tracepoint:sched:b',
    '    char[16] comm',
    '    unsigned long flags',
    'tracepoint:sched:c',
    '    const char * name',
  ];
  assert.deepEqual(Object.fromEntries(integerArguments(listing.join('\n'))), {
    'tracepoint:xfs:a': 'dev',
    'tracepoint:sched:b': 'flags',
  });
});

test('measures are chosen by name', { skip: isRoot ? false : 'needs root' }, () => {
  const names = bench('--list').trim().split('\n');
  assert.ok(names.includes('start') && names.includes('one-liner: hist'));
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(rowsOf(bench('--quick', '--only', '^no such measure$')), []);
});
