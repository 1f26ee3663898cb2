import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aggregation, PlannedMap, ValueType } from '../spec/index.ts';
import { MANY_ELEMENTS } from './large-map.ts';
import { bool, i16, i64, i8, plainOptions, pointer, string, tuple, u32, u64 } from './testdata/values.ts';
import { decodeText, formatMap, formatMapJson, type MapPrintOptions, type MapSnapshot } from './index.ts';

type Value = PlannedMap['value'];

const value = (type: ValueType): Value => ({ kind: 'value', type });
const aggregation = (of: Aggregation): Value => ({ kind: 'aggregation', aggregation: of });
const CPUS = 2;

/** Random numbers that are the same at each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A map of random elements, and the same without columns, which takes the usual way. */
function maps(key: ValueType, shown: Value, fill: (bytes: Uint8Array, random: (below: number) => number) => void) {
  const random = numbers(key.size * 7 + 1);
  const count = MANY_ELEMENTS + 500;
  const keySizeBytes = Math.ceil(key.size / 8) * 8;
  const valueSizeBytes = shown.kind === 'aggregation' ? 8 * CPUS : 8;
  const [keys, values] = [new Uint8Array(count * keySizeBytes), new Uint8Array(count * valueSizeBytes)];
  for (let i = 0; i < count; i++) {
    fillKey(key, keys.subarray(i * keySizeBytes, i * keySizeBytes + key.size), random);
    fill(values.subarray(i * valueSizeBytes, (i + 1) * valueSizeBytes), random);
  }
  const map: PlannedMap = { name: '@', key, value: shown, storage: { kind: 'map', map: 'm', perCpu: true } };
  const entries = Array.from({ length: count }, (_, i) => ({
    key: keys.subarray(i * keySizeBytes, (i + 1) * keySizeBytes),
    value: values.subarray(i * valueSizeBytes, (i + 1) * valueSizeBytes),
  }));
  const usual: MapSnapshot = { map, entries, strideBytes: 8 };
  const columns = { count, keys, keySizeBytes, values, valueSizeBytes };
  const large: MapSnapshot = {
    map,
    columns,
    strideBytes: 8,
    get entries(): never {
      throw new Error('asked for objects');
    },
  };
  return { usual, large, withBoth: { ...usual, columns } };
}

function fillKey(type: ValueType, bytes: Uint8Array, random: (below: number) => number): void {
  if (type.kind === 'tuple') {
    for (const { type: part, offset } of type.elements)
      fillKey(part, bytes.subarray(offset, offset + part.size), random);
  } else if (type.kind === 'string') {
    const length = random(type.size + 1);
    for (let i = 0; i < length; i++) bytes[i] = [97, 98, 65, 200][random(4)]!;
  } else if (type.kind === 'bool') bytes[0] = random(2);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = random(3) === 0 ? 0 : random(256);
}

/** Small numbers of either sign: many are equal, and sort by their keys. */
function small(bytes: Uint8Array, random: (below: number) => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 8) view.setBigInt64(at, BigInt(random(9) - 4), true);
}

function positive(bytes: Uint8Array, random: (below: number) => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 8)
    view.setBigInt64(at, BigInt(random(2 ** 20)) * BigInt(random(2 ** 20)), true);
}

const text = (snapshot: MapSnapshot, print: MapPrintOptions = {}): string =>
  decodeText(formatMap(snapshot, print, plainOptions));

const json = (snapshot: MapSnapshot, structuredKeys: boolean): string =>
  formatMapJson(snapshot, { div: 7 }, { ...plainOptions, structuredKeys })!;

const keyTypes: Readonly<Record<string, ValueType>> = {
  i8,
  i16,
  u32,
  u64,
  i64,
  bool,
  pointer,
  'short text': string(7),
  'long text': string(200),
  'numbers in a tuple': tuple(i16, u64, i8),
  'texts in a tuple': tuple(string(16), i64),
  'an array in a tuple': tuple(i8, { kind: 'array', size: 4, element: i16, count: 2 }),
};
for (const [name, key] of Object.entries(keyTypes)) {
  test(`a large map shows as a small one does: keys are ${name}`, () => {
    const sums = maps(key, aggregation({ kind: 'sum', signed: true }), small);
    assert.equal(text(sums.large), text(sums.usual));
    const counts = maps(key, aggregation({ kind: 'count' }), positive);
    for (const print of [{}, { top: 7 }, { div: 1000 }, { top: -1, div: 3 }])
      assert.equal(text(counts.large, print), text(counts.usual, print));
    const plain = maps(key, value(i64), small);
    assert.equal(text(plain.large), text(plain.usual));
    for (const structuredKeys of [false, true])
      assert.equal(json(counts.large, structuredKeys), json(counts.usual, structuredKeys));
  });
}

test('a large topk shows as many as it says', () => {
  const { large, usual } = maps(u64, aggregation({ kind: 'topk', signed: false, shown: 3 }), positive);
  assert.equal(text(large), text(usual));
  assert.equal(text(large).split('\n').length, 4);
});

test('numbers that no double holds, and what is no number, take the usual way', () => {
  const random = (bytes: Uint8Array, below: (n: number) => number): void => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = below(256);
  };
  const big = maps(u64, value(u64), random);
  assert.equal(text(big.withBoth), text(big.usual));
  const averages = maps(u64, aggregation({ kind: 'avg', signed: true }), random);
  const stride = { strideBytes: 16 };
  assert.equal(text({ ...averages.withBoth, ...stride }), text({ ...averages.usual, ...stride }));
});
