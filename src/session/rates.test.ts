import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText, formatRates, formatRatesJson, type MapPrintOptions, type MapSnapshot } from '../output/index.ts';
import { aggregationMap, i64, plainOptions, string, valueMap } from '../output/testdata/values.ts';
import { Leftovers } from './leftovers.ts';
import { Rates } from './rates.ts';

function sums(values: Readonly<Record<string, number>>): MapSnapshot {
  const entries = Object.entries(values).map(([key, value]) => [key, [[BigInt.asUintN(64, BigInt(value))]]] as const);
  return aggregationMap('@s', string(4), { kind: 'sum', signed: true }, entries);
}

function shown(rates: Rates, snapshot: MapSnapshot, nowMs: number, print: MapPrintOptions = {}): string[] {
  const rows = rates.next(0, snapshot, nowMs);
  return decodeText(formatRates(snapshot, rows, print, plainOptions))
    .split('\n')
    .slice(0, -1);
}

test('V-13 growth per second since the last print of the same statement', () => {
  const rates = new Rates(1000);
  assert.deepEqual(shown(rates, sums({ a: 10, b: 3 }), 1500), ['@s[b]: 6.00/s', '@s[a]: 20.00/s']);
  assert.deepEqual(shown(rates, sums({ a: 11, b: 8, c: 2 }), 3500), [
    '@s[a]: 0.50/s',
    '@s[c]: 1.00/s',
    '@s[b]: 2.50/s',
  ]);
  assert.deepEqual(shown(rates, sums({ a: 11, b: 4, c: 2 }), 4500), [
    '@s[b]: -4.00/s',
    '@s[a]: 0.00/s',
    '@s[c]: 0.00/s',
  ]);
});

test('V-13 each statement has its own measure, and clear() begins anew', () => {
  const rates = new Rates(0);
  const perSecond = (statement: number, value: number, nowMs: number): number =>
    rates.next(statement, sums({ a: value }), nowMs)[0]!.perSecond;
  assert.equal(perSecond(1, 10, 1000), 10);
  assert.equal(perSecond(2, 20, 2000), 10);
  assert.equal(perSecond(1, 30, 3000), 10);
  rates.reset('@s');
  assert.equal(perSecond(1, 6, 5000), 3);
  rates.reset('@other');
  assert.equal(perSecond(1, 6, 6000), 0);
});

test('V-13 maps without keys, top and div, JSON', () => {
  const scalar = valueMap('@n', undefined, i64, [[0, 500n]]);
  assert.deepEqual(shown(new Rates(0), scalar, 2000), ['@n: 250.00/s']);
  assert.deepEqual(shown(new Rates(0), valueMap('@n', undefined, i64, []), 2000), ['@n: 0.00/s']);
  const keyed = sums({ a: 1, b: 3000, c: 2 });
  assert.deepEqual(shown(new Rates(0), keyed, 2000, { top: 1, div: 1000 }), ['@s[b]: 1.50/s']);
  const rows = new Rates(0).next(0, keyed, 3000);
  assert.equal(
    formatRatesJson(keyed, rows, {}, plainOptions),
    '{"type": "rate", "data": {"@s": {"a": 0.33, "c": 0.67, "b": 1000}}}',
  );
  assert.equal(formatRatesJson(sums({}), [], {}, plainOptions), undefined);
});

test('F-09 what was counted between print and clear is kept by key', () => {
  const leftovers = new Leftovers();
  const printed = sums({ a: 5, b: 1 });
  leftovers.notePrinted('@s', () => printed.entries);
  leftovers.keep(printed.map, leftovers.takePrinted('@s')!, sums({ a: 7, b: 1, c: 4 }).entries);
  assert.equal(leftovers.takePrinted('@s'), undefined);
  const rates = (snapshot: MapSnapshot): string[] => shown(new Rates(0), leftovers.addTo(snapshot), 1000);
  assert.deepEqual(rates(sums({ a: 1 })), ['@s[a]: 3.00/s', '@s[c]: 4.00/s']);
  assert.deepEqual(rates(sums({ b: 9 })), ['@s[a]: 2.00/s', '@s[c]: 4.00/s', '@s[b]: 9.00/s']);
  leftovers.forget('@s');
  assert.deepEqual(rates(sums({ a: 1 })), ['@s[a]: 1.00/s']);
});

test('F-09 extremes stay where they changed, numbers are counted', () => {
  const leftovers = new Leftovers();
  const extremes = (a: bigint, b: bigint): MapSnapshot =>
    aggregationMap('@m', string(4), { kind: 'max', signed: false }, [
      ['a', [[a, 1n]]],
      ['b', [[b, 1n]]],
    ]);
  const { map, entries } = extremes(5n, 6n);
  leftovers.keep(map, entries, extremes(5n, 8n).entries);
  assert.deepEqual(
    leftovers.addTo({ ...extremes(0n, 0n), entries: [] }).entries.map(({ key, value }) => [key[0], value[0]]),
    [['b'.charCodeAt(0), 8]],
  );
  const counter = (value: bigint): MapSnapshot => valueMap('@n', string(4), i64, [['a', value]]);
  leftovers.keep(counter(0n).map, counter(10n).entries, counter(13n).entries);
  assert.equal(leftovers.addTo(counter(4n)).entries[0]!.value[0], 7);
});
