import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aggregation, ValueType } from '../spec/index.ts';
import {
  aggregationMap,
  array,
  bool,
  emptyWorld,
  enumeration,
  histogramWords,
  i16,
  i64,
  i8,
  plainOptions,
  pointer,
  record,
  string,
  tuple,
  u64,
  valueMap,
} from './testdata/values.ts';
import { decodeText, formatMap, type MapPrintOptions, type MapSnapshot } from './index.ts';

function text(snapshot: MapSnapshot, print: MapPrintOptions = {}): string {
  return decodeText(formatMap(snapshot, print, plainOptions));
}

const letters = string(2);

test('scalars', () => {
  assert.equal(text(valueMap('@x', undefined, i8, [[0, 42]])), '@x: 42\n');
  assert.equal(text(valueMap('@x', undefined, string(4), [[0, 'abc']])), '@x: abc\n');
});

test('an unset scalar shows its zero value, a histogram nothing', () => {
  assert.equal(text(valueMap('@x', undefined, i8, [])), '@x: 0\n');
  assert.equal(text(valueMap('@x', undefined, string(4), [])), '@x: \n');
  assert.equal(text(valueMap('@x', undefined, record({ a: i8 }), [])), '@x: { .a = 0 }\n');
  assert.equal(
    text(aggregationMap('@x', undefined, { kind: 'stats', signed: true }, [])),
    '@x: { .count = 0, .average = 0, .total = 0 }\n',
  );
  assert.equal(text(aggregationMap('@x', undefined, { kind: 'count' }, [])), '@x: 0\n');
  assert.equal(text(aggregationMap('@x', undefined, hist(0), [])), '');
  assert.equal(text(valueMap('@x', i8, i8, [])), '');
});

test('integers sort by value, then by key', () => {
  assert.equal(
    text(
      valueMap('@', letters, i8, [
        ['b', 2],
        ['a', 3],
        ['c', 1],
      ]),
    ),
    '@[c]: 1\n@[b]: 2\n@[a]: 3\n',
  );
  assert.equal(
    text(
      valueMap('@', letters, i16, [
        ['b', -2],
        ['c', -300],
        ['a', -2],
      ]),
    ),
    '@[c]: -300\n@[a]: -2\n@[b]: -2\n',
  );
  assert.equal(
    text(
      valueMap('@', letters, u64, [
        ['b', 2n ** 63n],
        ['a', 1n],
      ]),
    ),
    '@[a]: 1\n@[b]: 9223372036854775808\n',
  );
  assert.equal(
    text(
      valueMap('@', tuple(i8, letters), i8, [
        [[1, 'k'], 5],
        [[2, 'j'], 4],
      ]),
    ),
    '@[2, j]: 4\n@[1, k]: 5\n',
  );
});

test('other values sort by key', () => {
  assert.equal(
    text(
      valueMap('@', letters, letters, [
        ['b', 'x'],
        ['a', 'y'],
      ]),
    ),
    '@[a]: y\n@[b]: x\n',
  );
  assert.equal(
    text(
      valueMap('@k', i8, letters, [
        [3, 'a'],
        [-2, 'b'],
        [1, 'c'],
      ]),
    ),
    '@k[-2]: b\n@k[1]: c\n@k[3]: a\n',
  );
  assert.equal(
    text(
      valueMap('@t', tuple(i8, letters), letters, [
        [[10, 'a'], 'x'],
        [[-1, 'z'], 'y'],
        [[1, 'b'], 'p'],
        [[1, 'a'], 'q'],
      ]),
    ),
    '@t[-1, z]: y\n@t[1, a]: q\n@t[1, b]: p\n@t[10, a]: x\n',
  );
  assert.equal(
    text(
      valueMap('@', bool, tuple(i8, letters), [
        [true, [1, 'a']],
        [false, [2, 'b']],
      ]),
    ),
    '@[false]: (2, b)\n@[true]: (1, a)\n',
  );
  assert.equal(
    text(
      valueMap('@', pointer, bool, [
        [0xffff_8000_0000_0000n, true],
        [16, false],
      ]),
    ),
    '@[0x10]: false\n@[0xffff800000000000]: true\n',
  );
  assert.equal(
    text(
      valueMap('@', record({ a: i8, b: i8 }), letters, [
        [[1, 2], 'x'],
        [[-1, 5], 'y'],
      ]),
    ),
    '@[{ .a = -1, .b = 5 }]: y\n@[{ .a = 1, .b = 2 }]: x\n',
  );
  assert.equal(
    text(
      valueMap('@', array(i8, 2), letters, [
        [[1, 2], 'x'],
        [[1, -2], 'y'],
      ]),
    ),
    '@[[1,-2]]: y\n@[[1,2]]: x\n',
  );
});

test('only the parentheses of the key itself are taken off', () => {
  assert.equal(
    text(
      valueMap('@o', tuple(tuple(i8, i8), tuple(i8, i8)), i8, [
        [
          [
            [1, 2],
            [3, 4],
          ],
          1,
        ],
      ]),
    ),
    '@o[(1, 2), (3, 4)]: 1\n',
  );
  assert.equal(text(valueMap('@q', tuple(i8, i8), i8, [[[1, 2], 1]])), '@q[1, 2]: 1\n');
  assert.equal(text(valueMap('@w', tuple(tuple(i8, i8), i8), i8, [[[[1, 2], 3], 1]])), '@w[(1, 2), 3]: 1\n');
  assert.equal(text(valueMap('@y', tuple(i8), i8, [[[1], 1]])), '@y[1]: 1\n');
  assert.equal(text(valueMap('@', string(4), i8, [['(p)', 1]])), '@[(p)]: 1\n');
  assert.equal(text(valueMap('@', enumeration({ BBB: 4 }), i8, [[4, 1]])), '@[BBB]: 1\n');
});

test('top keeps what sorts last, div divides', () => {
  assert.equal(
    text(
      valueMap('@', letters, i8, [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]),
      { top: 2 },
    ),
    '@[b]: 2\n@[c]: 3\n',
  );
  assert.equal(
    text(
      valueMap('@', letters, i8, [
        ['a', 1],
        ['b', 2],
      ]),
      { top: 0 },
    ),
    '@[a]: 1\n@[b]: 2\n',
  );
  assert.equal(
    text(
      valueMap('@', letters, i8, [
        ['a', 10],
        ['b', 25],
      ]),
      { top: 5, div: 10 },
    ),
    '@[a]: 1\n@[b]: 2\n',
  );
  assert.equal(text(valueMap('@n', undefined, i64, [[0, 10]]), { top: 1, div: 3 }), '@n: 3\n');
  assert.equal(text(valueMap('@n', undefined, i64, [[0, -10]]), { top: 1, div: 3 }), '@n: -3\n');
  const averages = aggregationMap('@a', letters, { kind: 'avg', signed: true }, [
    ['a', [[1n, 10n]]],
    ['b', [[1n, 20n]]],
  ]);
  assert.equal(text(averages, { top: 1, div: 3 }), '@a[b]: 6\n');
});

test('aggregations are combined over the CPUs', () => {
  const cpus = (words: bigint[][]): [number, bigint[][]][] => [[0, words]];
  const scalar = (aggregation: Aggregation, words: bigint[][]): string =>
    text(aggregationMap('@', undefined, aggregation, cpus(words)));
  assert.equal(scalar({ kind: 'count' }, [[2n], [3n]]), '@: 5\n');
  assert.equal(scalar({ kind: 'sum', signed: true }, [[-5n], [3n]]), '@: -2\n');
  assert.equal(scalar({ kind: 'sum', signed: false }, [[-1n], [0n]]), '@: 18446744073709551615\n');
  assert.equal(
    scalar({ kind: 'avg', signed: true }, [
      [1n, -30n],
      [1n, -10n],
    ]),
    '@: -20\n',
  );
  assert.equal(scalar({ kind: 'avg', signed: true }, [[2n, -7n]]), '@: -3\n');
  assert.equal(
    scalar({ kind: 'min', signed: true }, [
      [4n, 1n],
      [9n, 1n],
      [0n, 0n],
    ]),
    '@: 4\n',
  );
  assert.equal(
    scalar({ kind: 'max', signed: true }, [
      [-4n, 1n],
      [0n, 0n],
      [-9n, 1n],
    ]),
    '@: -4\n',
  );
  assert.equal(
    scalar({ kind: 'max', signed: false }, [
      [-4n, 1n],
      [7n, 1n],
    ]),
    '@: 18446744073709551612\n',
  );
  assert.equal(
    scalar({ kind: 'stats', signed: true }, [
      [1n, 4n],
      [1n, 8n],
    ]),
    '@: { .count = 2, .average = 6, .total = 12 }\n',
  );
});

test('aggregations sort by what they show', () => {
  const minimums = aggregationMap('@m', letters, { kind: 'min', signed: true }, [
    ['a', [[-5n, 1n]]],
    ['b', [[7n, 1n]]],
    ['c', [[3n, 1n]]],
  ]);
  assert.equal(text(minimums), '@m[a]: -5\n@m[c]: 3\n@m[b]: 7\n');
  const stats = aggregationMap('@s', letters, { kind: 'stats', signed: true }, [
    ['a', [[1n, 9n]]],
    ['b', [[100n, 200n]]],
  ]);
  assert.equal(
    text(stats),
    '@s[b]: { .count = 100, .average = 2, .total = 200 }\n@s[a]: { .count = 1, .average = 9, .total = 9 }\n',
  );
});

test('stacks as keys and as values', () => {
  const stack: ValueType = { kind: 'stack', size: 16, space: 'kernel', mode: 'bpftrace', limit: 127, map: 'stacks' };
  const options = {
    ...plainOptions,
    resolver: {
      ...emptyWorld,
      stackAddresses: () => [1n, 2n],
      kernelFrames: (address: bigint) => [
        { address, name: address === 1n ? 'f' : 'g', offset: address === 1n ? 12n : 34n },
      ],
    },
  };
  const show = (snapshot: MapSnapshot): string => formatMap(snapshot, {}, options);
  assert.equal(show(valueMap('@', stack, i8, [[[1n, 0n], 7]])), '@[\n        f+12\n        g+34\n]: 7\n');
  assert.equal(
    show(valueMap('@', tuple(stack, i8), i8, [[[[1n, 0n], 2], 5]])),
    '@[\n        f+12\n        g+34\n, 2]: 5\n',
  );
  assert.equal(show(valueMap('@x', i8, stack, [[1, [1n, 0n]]])), '@x[1]: \n        f+12\n        g+34\n\n');
  assert.equal(
    show(valueMap('@x', i8, tuple(i8, stack), [[1, [1, [1n, 0n]]]])),
    '@x[1]: (1, \n        f+12\n        g+34\n)\n',
  );
});

function hist(bits: number): Extract<Aggregation, { kind: 'hist' }> {
  return { kind: 'hist', bits, buckets: (65 << bits) + 1 };
}
function lhist(min: number, max: number, step: number): Extract<Aggregation, { kind: 'lhist' }> {
  return {
    kind: 'lhist',
    min: BigInt(min),
    max: BigInt(max),
    step: BigInt(step),
    buckets: Math.floor((max - min) / step) + 2,
  };
}
function histogram(
  aggregation: Extract<Aggregation, { kind: 'hist' | 'lhist' }>,
  values: (number | bigint)[],
  print: MapPrintOptions = {},
): string {
  return text(
    aggregationMap('@h', undefined, aggregation, [[0, [histogramWords(aggregation, values.map(BigInt))]]]),
    print,
  );
}
/** Label and count of each row. */
function rows(rendered: string): string[] {
  return rendered
    .split('\n')
    .slice(1, -2)
    .map((row) => row.replace(/ *\|.*/, '').replace(/ {2,}/, ' '));
}

const BAR = '@'.repeat(52);

test('hist in full', () => {
  assert.equal(histogram(hist(0), [5]), `@h:\n[4, 8)                 1 |${BAR}|\n\n`);
  assert.equal(
    histogram(hist(0), [0, 2, 2, 2, 2, 3, 4, 5]),
    [
      '@h:',
      `[0]                    1 |@@@@@@@@@@                                          |`,
      `[1]                    0 |                                                    |`,
      `[2, 4)                 5 |${BAR}|`,
      `[4, 8)                 2 |@@@@@@@@@@@@@@@@@@@@                                |`,
      '',
      '',
    ].join('\n'),
  );
});

test('hist labels', () => {
  assert.deepEqual(rows(histogram(hist(0), [-3, 0, 1, 2000])), [
    '(..., 0) 1',
    '[0] 1',
    '[1] 1',
    '[2, 4) 0',
    '[4, 8) 0',
    '[8, 16) 0',
    '[16, 32) 0',
    '[32, 64) 0',
    '[64, 128) 0',
    '[128, 256) 0',
    '[256, 512) 0',
    '[512, 1K) 0',
    '[1K, 2K) 1',
  ]);
  assert.deepEqual(rows(histogram(hist(2), [9])), ['[8, 10) 1']);
  assert.deepEqual(rows(histogram(hist(1), [1 << 20, 1 << 19])), [
    '[512K, 768K) 1',
    '[768K, 1024K) 0',
    '[1024K, 1536K) 1',
  ]);
  assert.deepEqual(rows(histogram(hist(1), [3 << 19])), ['[1536K, 2M) 1']);
  assert.deepEqual(rows(histogram(hist(2), [5000])), ['[4K, 5K) 1']);
  assert.deepEqual(rows(histogram(hist(2), [1024])), ['[1024, 1280) 1']);
  assert.deepEqual(rows(histogram(hist(3), [15])), ['[15] 1']);
  assert.deepEqual(rows(histogram(hist(0), [2n ** 63n - 1n])), ['[4E, 8E) 1']);
  assert.deepEqual(rows(histogram(hist(5), [2n ** 63n - 1n])), ['[8064P, 8192P) 1']);
});

test('lhist labels', () => {
  assert.deepEqual(rows(histogram(lhist(0, 10, 1), [3, 10])), [
    '[3] 1',
    '[4] 0',
    '[5] 0',
    '[6] 0',
    '[7] 0',
    '[8] 0',
    '[9] 0',
    '[10, ...) 1',
  ]);
  assert.deepEqual(rows(histogram(lhist(0, 8192, 2048), [4096])), ['[4K, 6K) 1']);
  assert.deepEqual(rows(histogram(lhist(0, 8192, 2048), [0])), ['[0, 2K) 1']);
  assert.equal(histogram(lhist(0, 3000000, 1000000), [1500000]), `@h:\n[1000000, 2000000)       1 |${BAR}|\n\n`);
  assert.deepEqual(rows(histogram(lhist(0, 8 << 20, 1 << 20), [9 << 20])), ['[8M, ...) 1']);
  assert.deepEqual(rows(histogram(lhist(1000, 5096, 1024), [1, 1500])), ['(..., 1000) 1', '[1000, 2024) 1']);
  assert.deepEqual(rows(histogram(lhist(0, 10, 3), [9, 10, 11])), ['[9, ...) 3']);
});

test('keyed histograms, zeroed and divided ones', () => {
  const of = (...values: bigint[]): bigint[] => histogramWords(hist(0), values);
  const keyed = aggregationMap('@h', letters, hist(0), [
    ['b', [of(1n), of(1n)]],
    ['a', [of(5n), of()]],
  ]);
  assert.equal(
    text(keyed),
    `@h[a]:\n[4, 8)                 1 |${BAR}|\n\n@h[b]:\n[1]                    2 |${BAR}|\n\n`,
  );
  assert.equal(text(keyed, { top: 1 }), `@h[b]:\n[1]                    2 |${BAR}|\n\n`);
  assert.equal(text(aggregationMap('@h', letters, hist(0), [['a', [of()]]])), '@h[a]:\n\n');
  assert.deepEqual(rows(histogram(hist(0), [0, 0, 0, 0, 1, 2, 2], { top: 1, div: 2 })), ['[0] 2', '[1] 0', '[2, 4) 1']);
  assert.deepEqual(rows(histogram(lhist(0, 10, 1), [0, 0], { top: 1, div: 2 })), ['[0] 2']);
});
