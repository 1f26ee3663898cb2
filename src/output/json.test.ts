import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Aggregation, ValueType } from '../spec/index.ts';
import {
  aggregationMap,
  array,
  bool,
  buffer,
  encodeValue,
  enumeration,
  histogramWords,
  i32,
  i64,
  i8,
  ksym,
  plainOptions,
  type Plain,
  pointer,
  record,
  string,
  tuple,
  u64,
  valueMap,
} from './testdata/values.ts';
import {
  decodeText,
  formatMapJson,
  jsonString,
  jsonValue,
  type MapPrintOptions,
  type MapSnapshot,
  viewOf,
} from './index.ts';

function json(type: ValueType, value: Plain): string {
  return decodeText(jsonValue(type, viewOf(encodeValue(type, value)), 0, plainOptions));
}
function mapJson(snapshot: MapSnapshot, print: MapPrintOptions = {}): string | undefined {
  const text = formatMapJson(snapshot, print, plainOptions);
  return text === undefined ? undefined : decodeText(text);
}

test('values', () => {
  assert.equal(json(u64, 2n ** 64n - 1n), '"18446744073709551615"');
  assert.equal(json(u64, 9007199254740993n), '"9007199254740993"');
  assert.equal(json(i64, 4611686018427387904n), '4611686018427387904');
  assert.equal(json(i8, -1), '-1');
  assert.equal(json(bool, true), 'true');
  assert.equal(json(tuple(i8, string(2), tuple(bool)), [1, 'q', [false]]), '[1,"q",[false]]');
  assert.equal(json(array(i8, 3), [1, 2, 3]), '[1,2,3]');
  assert.equal(json(record({ a: i8, b: string(4) }), [1, 'x']), '{"a": 1, "b": "x"}');
  assert.equal(json(enumeration({ A: 3 }), 3), '3');
  assert.equal(json(pointer, 4096n), '4096');
  assert.equal(json(buffer(3), new Uint8Array([97, 1, 255])), '[97,1,-1]');
  assert.equal(json({ kind: 'none', size: 0 }, 0), 'null');
  assert.equal(json(ksym, 16n), '"0x10"');
});

test('strings are valid JSON in UTF-8 whatever the bytes are', () => {
  assert.equal(jsonString('"\\\n\r\t\b\x01\x7f'), '"\\"\\\\\\n\\r\\t\\u0008\\u0001\x7f"');
  assert.equal(json(string(8), 'ä€'), '"ä€"');
  assert.equal(json(string(8), new Uint8Array([0xff, 0x41])), '"\ufffdA"');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = jsonString(text);
      assert.equal(JSON.parse(decodeText(bytes)), text);
    }),
  );
});

test('maps', () => {
  assert.equal(mapJson(valueMap('@x', undefined, i8, [[0, 5]])), '{"type": "map", "data": {"@x": 5}}');
  assert.equal(
    mapJson(valueMap('@', tuple(string(2), i8), i8, [[['a', 1], 2]])),
    '{"type": "map", "data": {"@": {"a,1": 2}}}',
  );
  assert.equal(
    mapJson(valueMap('@x', tuple(string(8), i8), i8, [[['a b', 2], 1]])),
    '{"type": "map", "data": {"@x": {"ab,2": 1}}}',
  );
  const names = enumeration({ AAA: 3, BBB: 4 });
  assert.equal(mapJson(valueMap('@e2', names, names, [[4, 3]])), '{"type": "map", "data": {"@e2": {"BBB": 3}}}');
  assert.equal(mapJson(valueMap('@', i32, i32, [])), undefined);
  assert.equal(mapJson(valueMap('@', undefined, i32, [])), '{"type": "map", "data": {"@": 0}}');
  const several = valueMap('@', i32, i64, [
    [1, 10],
    [2, 30],
    [3, 20],
  ]);
  assert.equal(mapJson(several, { top: 2, div: 10 }), '{"type": "map", "data": {"@": {"3": 2, "2": 3}}}');
});

test('aggregations', () => {
  const scalar = (aggregation: Aggregation, words: bigint[]): string | undefined =>
    mapJson(aggregationMap('@s', undefined, aggregation, [[0, [words]]]));
  assert.equal(scalar({ kind: 'count' }, [3n]), '{"type": "map", "data": {"@s": 3}}');
  assert.equal(
    scalar({ kind: 'stats', signed: true }, [2n, 12n]),
    '{"type": "stats", "data": {"@s": {"count": 2, "average": 6, "total": 12}}}',
  );
  assert.equal(scalar({ kind: 'avg', signed: true }, [2n, 12n]), '{"type": "stats", "data": {"@s": 6}}');
  const keyed = aggregationMap('@a', string(2), { kind: 'avg', signed: true }, [['k', [[2n, 12n]]]]);
  assert.equal(mapJson(keyed), '{"type": "stats", "data": {"@a": {"k": 6}}}');
});

test('histograms have real edges', () => {
  const hist = { kind: 'hist', bits: 0, buckets: 66 } as const;
  const lhist = { kind: 'lhist', min: 0n, max: 10n, step: 2n, buckets: 7 } as const;
  const of = (aggregation: typeof hist | typeof lhist, values: bigint[]): string | undefined =>
    mapJson(aggregationMap('@h', undefined, aggregation, [[0, [histogramWords(aggregation, values)]]]))?.slice(32, -2);
  assert.equal(
    mapJson(aggregationMap('@h', undefined, hist, [[0, [histogramWords(hist, [3n])]]])),
    '{"type": "hist", "data": {"@h": [{"min": 2, "max": 3, "count": 1}]}}',
  );
  assert.equal(
    mapJson(aggregationMap('@h', string(2), hist, [['k', [histogramWords(hist, [-4n, 0n])]]])),
    '{"type": "hist", "data": {"@h": {"k": [{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 1}]}}}',
  );
  assert.equal(of(lhist, [50n]), '[{"min": 10, "count": 1}]');
  assert.equal(of(hist, [1500n]), '[{"min": 1024, "max": 2047, "count": 1}]');
  assert.equal(of(hist, [2n ** 63n - 1n]), '[{"min": 4611686018427387904, "max": "9223372036854775807", "count": 1}]');
  assert.equal(of(hist, []), '[]');
  assert.equal(mapJson(aggregationMap('@h', undefined, hist, [])), undefined);
});
