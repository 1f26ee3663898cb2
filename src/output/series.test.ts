import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aggregation } from '../spec/index.ts';
import { aggregationMap, i64, plainOptions, string } from './testdata/values.ts';
import { decodeText, formatMap, formatMapJson, type MapPrintOptions, type MapSnapshot } from './index.ts';

type Series = Extract<Aggregation, { kind: 'tseries' }>;
type Slot = readonly [epoch: bigint, value: bigint, third?: bigint];

const SECOND = 1_000_000_000n;
/** 2026-01-02 12:00:00 UTC. */
const NOON = 1_767_355_200n;

function series(parts: Partial<Series> = {}): Series {
  return { kind: 'tseries', signed: true, intervalNs: SECOND, count: 5, combine: 'last', ...parts };
}

/** One CPU's words: each slot in its place of the ring. */
function words({ count }: Series, slots: readonly Slot[]): bigint[] {
  const result: bigint[] = Array.from({ length: count * 3 }, () => 0n);
  for (const [epoch, value, third = 1n] of slots)
    result.splice(Number(epoch % BigInt(count)) * 3, 3, epoch, BigInt.asUintN(64, value), third);
  return result;
}

function scalar(aggregation: Series, ...cpus: (readonly Slot[])[]): MapSnapshot {
  return aggregationMap('@x', undefined, aggregation, [[0, cpus.map((slots) => words(aggregation, slots))]]);
}

function keyed(aggregation: Series, entries: Readonly<Record<string, readonly Slot[]>>): MapSnapshot {
  const list = Object.entries(entries).map(([key, slots]) => [key, [words(aggregation, slots)]] as const);
  return aggregationMap('@k', string(4), aggregation, list);
}

function text(snapshot: MapSnapshot, print: MapPrintOptions = {}): string {
  return decodeText(formatMap(snapshot, print, plainOptions));
}

function json(snapshot: MapSnapshot): string | undefined {
  const line = formatMapJson(snapshot, {}, plainOptions);
  return line === undefined ? undefined : decodeText(line);
}

/** The rows alone. */
function rows(snapshot: MapSnapshot): string[] {
  return text(snapshot).split('\n').slice(3, -4);
}

const RULE = '_'.repeat(51);
const EMPTY = `|${' '.repeat(51)}|`;
/** A line with marks at their columns. */
function line(marks: Readonly<Record<number, string>>): string {
  return EMPTY.split('')
    .map((character, index) => marks[index] ?? character)
    .join('');
}

test('O-46 O-49 a scalar series with a gap', () => {
  const snapshot = scalar(series(), [
    [NOON + 1n, 3n],
    [NOON + 3n, 6n],
    [NOON + 4n, 9n],
  ]);
  assert.equal(
    text(snapshot),
    [
      '@x:',
      `         3                                                   9`,
      `hh:mm:ss |${RULE}|`,
      `12:00:01 *                                                   | 3`,
      `12:00:02 |                                                   | -`,
      `12:00:03 |                         *                         | 6`,
      `12:00:04 |                                                   * 9`,
      `         v${RULE}v`,
      `         3                                                   9`,
      '',
      '',
    ].join('\n'),
  );
});

test('O-46 zero has a mark where values lie on both sides of it', () => {
  const values: Slot[] = [
    [NOON, -1n],
    [NOON + 1n, 2n],
    [NOON + 2n, 0n],
  ];
  // floor(52 / 3) = 17.
  assert.deepEqual(rows(scalar(series(), values)), [
    `12:00:00 ${line({ 0: '*', 17: '.' })} -1`,
    `12:00:01 ${line({ 17: '.', 52: '*' })} 2`,
    `12:00:02 ${line({ 17: '*' })} 0`,
  ]);
  assert.deepEqual(
    rows(
      scalar(series(), [
        [NOON, 0n],
        [NOON + 1n, 4n],
        [NOON + 2n, 1n],
      ]),
    ),
    [`12:00:00 ${line({ 0: '*' })} 0`, `12:00:01 ${line({ 52: '*' })} 4`, `12:00:02 ${line({ 13: '*' })} 1`],
  );
});

test('O-46 wide edges keep their columns', () => {
  const [, top, , , , bottom] = text(
    scalar(series(), [
      [NOON, -1234567n],
      [NOON + 1n, 89n],
    ]),
  ).split('\n');
  assert.equal(top, `         -1234567${' '.repeat(13)}${' '.repeat(30)}89`);
  assert.equal(bottom, `         v${RULE}v`);
});

test('O-47 O-29 the interval decides how fine the times are', () => {
  const at = (intervalNs: bigint, epoch: bigint): string[] =>
    text(scalar(series({ intervalNs }), [[epoch, 5n]]))
      .split('\n')
      .slice(1, 4);
  assert.deepEqual(at(1_000_000n, NOON * 1000n + 42n), [
    `             4${' '.repeat(51)}6`,
    `hh:mm:ss.ms  |${RULE}|`,
    `12:00:00.042 ${line({ 26: '*' })} 5`,
  ]);
  assert.deepEqual(at(250_000n, NOON * 4000n + 3n), [
    `                4${' '.repeat(51)}6`,
    `hh:mm:ss.us     |${RULE}|`,
    `12:00:00.000750 ${line({ 26: '*' })} 5`,
  ]);
  assert.deepEqual(at(1_500n, (NOON * SECOND) / 1500n + 1n), [
    `                   4${' '.repeat(51)}6`,
    `hh:mm:ss.ns        |${RULE}|`,
    `12:00:00.000001500 ${line({ 26: '*' })} 5`,
  ]);
  assert.deepEqual(at(60n * SECOND, NOON / 60n)[2], `12:00:00 ${line({ 26: '*' })} 5`);
});

test('O-48 a single value stands in the middle, or at the end of its range', () => {
  const edges = (signed: boolean, value: bigint): string[] => {
    const [, scale, , row] = text(scalar(series({ signed }), [[NOON, value]])).split('\n');
    return [...scale!.trim().split(/ +/), String(row!.indexOf('*') - 9)];
  };
  assert.deepEqual(edges(true, 7n), ['6', '8', '26']);
  assert.deepEqual(edges(true, 0n), ['-1', '1', '26']);
  assert.deepEqual(edges(false, 0n), ['0', '1', '0']);
  assert.deepEqual(edges(false, 2n ** 64n - 1n), ['18446744073709551614', '18446744073709551615', '52']);
  assert.deepEqual(edges(true, 2n ** 63n - 1n), ['9223372036854775806', '9223372036854775807', '52']);
  assert.deepEqual(edges(true, -(2n ** 63n)), ['-9223372036854775808', '-9223372036854775807', '0']);
});

test('O-49 O-34 O-39 keys share a window, in the order of their bytes', () => {
  const snapshot = keyed(series({ count: 3 }), {
    b: [[NOON + 2n, 1n]],
    a: [
      [NOON + 3n, 2n],
      [NOON + 4n, 2n],
    ],
    old: [[NOON + 1n, 9n]],
  });
  const scale = (low: number, high: number): string => `         ${low}${' '.repeat(51)}${high}`;
  const expected = [
    '@k[a]:',
    scale(1, 3),
    `hh:mm:ss |${RULE}|`,
    `12:00:03 ${line({ 26: '*' })} 2`,
    `12:00:04 ${line({ 26: '*' })} 2`,
    `         v${RULE}v`,
    scale(1, 3),
    '',
    '@k[b]:',
    scale(0, 2),
    `hh:mm:ss |${RULE}|`,
    `12:00:02 ${line({ 26: '*' })} 1`,
    `12:00:03 ${EMPTY} -`,
    `12:00:04 ${EMPTY} -`,
    `         v${RULE}v`,
    scale(0, 2),
    '',
    '',
  ].join('\n');
  assert.equal(text(snapshot), expected);
  assert.equal(text(snapshot, { top: 1, div: 2 }), expected);
  assert.equal(
    json(snapshot),
    '{"type": "tseries", "data": {"@k": {"a": [{"interval_start":"2026-01-02T12:00:03.000000000","value":2},{"interval_start":"2026-01-02T12:00:04.000000000","value":2}], "b": [{"interval_start":"2026-01-02T12:00:02.000000000","value":1}]}}}',
  );
});

test('O-49 J-10 no data', () => {
  assert.equal(text(scalar(series(), [])), '@x:\n<no data>\n');
  assert.equal(text(keyed(series(), { a: [], b: [] })), '@k[a]:\n<no data>\n@k[b]:\n<no data>\n');
  assert.equal(text(aggregationMap('@x', undefined, series(), [])), '');
  assert.equal(text(keyed(series(), {})), '');
  assert.equal(json(scalar(series(), [])), '{"type": "tseries", "data": {"@x": []}}');
  assert.equal(json(keyed(series(), { a: [] })), '{"type": "tseries", "data": {"@k": {"a": []}}}');
  assert.equal(json(aggregationMap('@x', i64, series(), [])), undefined);
});

test('V-07 V-08 the shares of the CPUs are put together interval by interval', () => {
  const shown = (combine: Series['combine'], signed: boolean, ...cpus: (readonly Slot[])[]): string[] =>
    rows(scalar(series({ combine, signed }), ...cpus)).map((row) => row.slice(row.lastIndexOf(' ') + 1));
  const one: Slot[] = [
    [NOON, 10n, 3n],
    [NOON + 1n, -4n, 2n],
  ];
  const two: Slot[] = [
    [NOON, 5n, 2n],
    [NOON + 1n, 9n, 1n],
  ];
  assert.deepEqual(shown('last', true, one, two), ['10', '-4']);
  assert.deepEqual(shown('last', true, two, one), ['10', '-4']);
  assert.deepEqual(shown('sum', true, one, two), ['15', '5']);
  assert.deepEqual(shown('avg', true, one, two), ['3', '1']);
  assert.deepEqual(shown('min', true, one, two), ['5', '-4']);
  assert.deepEqual(shown('max', true, one, two), ['10', '9']);
  assert.deepEqual(shown('max', false, one, two), ['10', '18446744073709551612']);
});

test('J-10 intervals in UTC to the nanosecond, gaps left out, large values quoted', () => {
  const snapshot = scalar(series({ intervalNs: SECOND / 2n, signed: false }), [
    [NOON * 2n + 1n, 9n],
    [NOON * 2n + 4n, 2n ** 63n + 1n],
  ]);
  assert.equal(
    json(snapshot),
    '{"type": "tseries", "data": {"@x": [{"interval_start":"2026-01-02T12:00:00.500000000","value":9},{"interval_start":"2026-01-02T12:00:02.000000000","value":"9223372036854775809"}]}}',
  );
});

test('O-47 O-48 O-29 rows of a finer series, equal values in its middle', () => {
  const points: Slot[] = [
    [NOON * 10n + 1n, 8n],
    [NOON * 10n + 3n, 8n],
  ];
  assert.equal(
    text(scalar(series({ intervalNs: SECOND / 10n, signed: false }), points)),
    [
      '@x:',
      `             7${' '.repeat(51)}9`,
      `hh:mm:ss.ms  |${RULE}|`,
      `12:00:00.100 ${line({ 26: '*' })} 8`,
      `12:00:00.200 ${EMPTY} -`,
      `12:00:00.300 ${line({ 26: '*' })} 8`,
      `             v${RULE}v`,
      `             7${' '.repeat(51)}9`,
      '',
      '',
    ].join('\n'),
  );
});
