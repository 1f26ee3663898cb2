import assert from 'node:assert/strict';
import test from 'node:test';
import { editDistance, nearest } from './index.ts';

test('slips of the finger find their word', () => {
  const words = [
    'printf',
    'print',
    'strftime',
    'pid',
    'tid',
    'comm',
    'nsecs',
    'kprobe',
    'kretprobe',
    'tracepoint',
    'count',
    'curtask',
  ];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['pritnf', 'printf'],
    ['prnt', 'print'],
    ['Comm', 'comm'],
    ['nsec', 'nsecs'],
    ['tracepont', 'tracepoint'],
    ['kpobe', 'kprobe'],
    ['strtfime', 'strftime'],
    ['pi', 'pid'],
    ['elapsed', undefined],
    ['x', undefined],
    ['zzz', undefined],
    ['', undefined],
  ];
  for (const [name, expected] of cases) assert.equal(nearest(name, words), expected, name);
  assert.equal(nearest('pid', ['pid']), undefined);
});

test('distances', () => {
  assert.equal(editDistance('abc', 'abc'), 0);
  assert.equal(editDistance('abc', 'acb'), 1);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('kitten', 'sitting', 2), 2);
});
