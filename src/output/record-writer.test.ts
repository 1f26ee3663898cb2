import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FormatPiece, ValueType } from '../spec/index.ts';
import {
  array,
  bool,
  encodeRecord,
  enumeration,
  i32,
  i64,
  parseFormat,
  plainOptions,
  type Plain,
  pointer,
  string,
  u32,
  u64,
} from './testdata/values.ts';
import {
  ByteBuffer,
  byteStringOf,
  generateRecordWriter,
  interpretRecordWriter,
  type RecordFormat,
  type RecordWriter,
} from './index.ts';

const terminalOptions = { ...plainOptions, terminal: true };

function run(writer: RecordWriter, bytes: Uint8Array, out = new ByteBuffer(16)): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  writer(view, bytes, 0, bytes.length, out);
  return byteStringOf(out.contents(), 0, undefined);
}

type ArgumentType = ValueType | { packed: ValueType };

function both(
  format: readonly FormatPiece[],
  types: readonly ArgumentType[],
  values: readonly Plain[],
  options = plainOptions,
): [string, string] {
  const { bytes, args, sizeBytes } = encodeRecord(0, types, values);
  const layout: RecordFormat = { format, args, sizeBytes };
  const generated = generateRecordWriter(layout, options);
  assert.ok(generated, 'this format should be simple enough');
  return [run(generated, bytes), run(interpretRecordWriter(layout, options), bytes)];
}

test('the usual line', () => {
  const [generated, interpreted] = both(
    parseFormat('%d %s %llu\n'),
    [i32, string(16), u64],
    [4711, 'sshd', 12345678901234567890n],
  );
  assert.equal(generated, '4711 sshd 12345678901234567890\n');
  assert.equal(generated, interpreted);
});

test('addresses of networks', () => {
  const inet: ValueType = { kind: 'inet', size: 20 };
  const mac: ValueType = { kind: 'macaddr', size: 6 };
  const addresses = [
    2n | (0x0100007fn << 32n),
    10n | (1n << 152n),
    10n | (0x6745230189abcdef6745230189abcdefn << 32n),
    7n,
  ];
  const [generated, interpreted] = both(
    parseFormat('%s %-6s|%s|%20s|%.5s'),
    [inet, inet, inet, inet, mac],
    [...addresses, 0xff8001n],
  );
  assert.equal(generated, '127.0.0.1 ::1   |efcd:ab89:123:4567:efcd:ab89:123:4567|                    |01:80');
  assert.equal(generated, interpreted);
});

test('decimal writing agrees with BigInt over the whole range', () => {
  const format = parseFormat('%lld %llu %llx %#llX %d %u');
  const edges = [
    0n,
    9n,
    10n,
    99n,
    100n,
    9999n,
    10000n,
    99999999n,
    100000000n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    10n ** 16n,
    10n ** 19n,
  ];
  const check = (value: bigint): void => {
    const text = `${BigInt.asIntN(64, value)} ${value} ${value.toString(16)} ${value === 0n ? '0' : `0X${value.toString(16).toUpperCase()}`} ${BigInt.asIntN(32, value)} ${BigInt.asUintN(32, value)}`;
    assert.deepEqual(both(format, [u64, u64, u64, u64, u64, u64], [value, value, value, value, value, value]), [
      text,
      text,
    ]);
  };
  for (const edge of edges) check(edge);
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), check), { numRuns: 300 });
  fc.assert(
    fc.property(fc.nat({ max: 63 }), fc.bigInt({ min: -3n, max: 3n }), (bit, near) =>
      check(BigInt.asUintN(64, (1n << BigInt(bit)) + near)),
    ),
    { numRuns: 300 },
  );
});

const names = enumeration({ READ: 0, WRITE: 1, 'ODD\x1b': 7 });
const symbolic: ValueType = { kind: 'symbolic', size: 8, names: new Map([[2n ** 40n, 'probe:a']]) };
const integerTypes = ([1, 2, 4, 8] as const).flatMap((size) =>
  [true, false].map((signed): ValueType => ({ kind: 'integer', size, signed })),
);

const word = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 7n, -1n, 2n ** 40n),
  fc.bigInt({ min: -500n, max: 500n }),
);
const text = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((value) => new TextEncoder().encode(value)),
  fc.string({ unit: 'grapheme', maxLength: 10 }).map((value) => new TextEncoder().encode(value)),
  fc.uint8Array({ maxLength: 20 }),
);
const width = fc.option(fc.nat({ max: 30 }), { nil: undefined });

function conversionOf(letters: readonly string[], precision: boolean): fc.Arbitrary<FormatPiece> {
  return fc.record({
    kind: fc.constant('conversion' as const),
    conversion: fc.constantFrom(...letters),
    leftAlign: fc.boolean(),
    plus: fc.constant(false),
    space: fc.boolean(),
    alternate: fc.boolean(),
    zeroPad: fc.boolean(),
    width,
    precision: precision ? width : fc.constant(undefined),
    bits: fc.constantFrom(8, 16, 32, 64),
  });
}

type Argument = { conversion: FormatPiece; type: ArgumentType; value: Plain };
const numberArgument: fc.Arbitrary<Argument> = fc.record({
  conversion: conversionOf(['d', 'i', 'u', 'x', 'X', 'p', 'c'], false),
  type: fc.constantFrom(...integerTypes, bool, names, symbolic, pointer),
  value: word,
});
const textArgument: fc.Arbitrary<Argument> = fc.oneof(
  fc.record({
    conversion: conversionOf(['s'], true),
    type: fc.constantFrom(...integerTypes, bool, names, symbolic, pointer),
    value: word,
  }),
  fc.record({
    conversion: conversionOf(['s'], true),
    type: fc.constantFrom<ArgumentType>(
      string(8),
      string(16),
      string(5, true),
      string(0),
      { packed: string(12) },
      { packed: string(4, true) },
    ),
    value: text,
  }),
);
const pieces = fc.array(fc.oneof(numberArgument, textArgument, fc.string({ maxLength: 40 })), { maxLength: 8 });

/** Prefixes with zero filling are left to the interpreter. */
function isSimple(piece: FormatPiece): boolean {
  if (piece.kind === 'text' || piece.conversion === 's') return true;
  return !(piece.zeroPad && (piece.alternate || piece.conversion === 'p'));
}

test('generated writers print what the interpreter prints', () => {
  for (const options of [plainOptions, terminalOptions]) {
    fc.assert(
      fc.property(pieces, (parts) => {
        const format = parts.map((part): FormatPiece =>
          typeof part === 'string' ? { kind: 'text', text: part } : part.conversion,
        );
        fc.pre(format.every(isSimple));
        const args = parts.filter((part) => typeof part !== 'string');
        const [generated, interpreted] = both(
          format,
          args.map((arg) => arg.type),
          args.map((arg) => arg.value),
          options,
        );
        assert.equal(generated, interpreted);
      }),
      { numRuns: 500 },
    );
  }
});

test('formats with other values are left to the interpreter', () => {
  const layout = (format: string, type: ValueType): RecordFormat => ({
    format: parseFormat(format),
    args: [{ offset: 8, type }],
    sizeBytes: 8 + type.size,
  });
  for (const [format, type] of [
    ['%s', array(i32, 2)],
    ['%+d', i64],
    ['%.3d', i64],
    ['%o', i64],
    ['%s', { kind: 'ksym', size: 8 }],
  ] as const) {
    assert.equal(generateRecordWriter(layout(format, type), plainOptions), undefined, format);
  }
});

test('many records fill one growing buffer', () => {
  const { bytes, args, sizeBytes } = encodeRecord(0, [u32, { packed: string(64) }], [7, 'x'.repeat(60)]);
  const writer = generateRecordWriter(
    { format: parseFormat('%u:%s;'), args, sizeBytes },
    terminalOptions,
  ) as RecordWriter;
  const out = new ByteBuffer(16);
  for (let index = 0; index < 100; index++) run(writer, bytes, out);
  assert.equal(byteStringOf(out.contents(), 0, undefined), `7:${'x'.repeat(60)};`.repeat(100));
});
