import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ValueType } from '../spec/index.ts';
import {
  array,
  bool,
  buffer,
  emptyWorld,
  enumeration,
  i32,
  ksym,
  parseFormat,
  pointer,
  record,
  string,
  tuple,
  u64,
  u8,
  username,
} from './testdata/values.ts';
import { ByteBuffer, compileRecordWriter, formatValue, interpretRecordWriter, jsonValue, viewOf } from './index.ts';

const options = {
  resolver: { ...emptyWorld, stackAddresses: () => [1n, 2n] },
  truncationTrailer: '..',
  terminal: true,
};
const stack: ValueType = { kind: 'stack', size: 16, space: 'user', mode: 'perf', limit: 3, map: 'm' };
const time: ValueType = { kind: 'timestamp', size: 8, format: '%c %f' };
const simple = [
  i32,
  u64,
  u8,
  bool,
  pointer,
  ksym,
  username,
  string(9),
  buffer(7),
  enumeration({ A: 1 }),
  stack,
  time,
  { kind: 'usym', size: 16 } as const,
];
const types: ValueType[] = [
  ...simple,
  tuple(...simple),
  array(string(3), 4),
  record({ a: tuple(u8, buffer(3)), b: stack }),
];

/** What a terminal acts on: control bytes but for the newlines and tabs that we write ourselves. */
// eslint-disable-next-line no-control-regex
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f]/;

test('any bytes in any value print as something harmless', () => {
  for (const type of types) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: type.size, maxLength: type.size }), (bytes) => {
        assert.doesNotMatch(formatValue(type, viewOf(bytes), 0, options), HARMFUL);
        JSON.parse(jsonValue(type, viewOf(bytes), 0, options));
      }),
      { numRuns: 60 },
    );
  }
});

test('any bytes in a record with packed fields print without leaving it', () => {
  const args = [
    { offset: 8, type: string(16), packed: true },
    { offset: 12, type: i32 },
    { offset: 16, type: string(4), packed: true },
  ];
  const layout = { format: parseFormat('%s %d %10s|'), args, sizeBytes: 20 };
  const writers = [compileRecordWriter(layout, options), interpretRecordWriter(layout, options)];
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat({ max: 40 }), (record, length) => {
      const secret = 0x53;
      const bytes = new Uint8Array([
        ...record.map((byte) => (byte === secret ? 0 : byte)),
        ...new Uint8Array(64).fill(secret),
      ]);
      new DataView(bytes.buffer).setUint32(8, length, true);
      const [generated, interpreted] = writers.map((write) => {
        const out = new ByteBuffer(16);
        write(new DataView(bytes.buffer), bytes, 0, record.length, out);
        return Array.from(out.contents());
      });
      assert.deepEqual(generated, interpreted);
      assert.ok(!generated?.includes(secret), 'bytes behind the record are not shown');
    }),
  );
});
