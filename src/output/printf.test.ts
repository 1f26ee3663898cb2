import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bool,
  buffer,
  encodeRecord,
  enumeration,
  i64,
  i8,
  parseFormat,
  plainOptions,
  pointer,
  printf,
  string,
  tuple,
  u64,
} from './testdata/values.ts';
import { formatFlags, formatPrintf, locateArguments, viewOf } from './index.ts';

const flags = enumeration({ P: 3, Q: 4 });

test('width, zero filling and base prefixes', () => {
  assert.equal(
    printf('%-4d|%4d|%04d|%x|%X|%o|%#x\n', [
      [i8, 7],
      [i8, 7],
      [i8, 7],
      [i64, 255],
      [i64, 255],
      [i8, 8],
      [i64, 255],
    ]),
    '7   |   7|0007|ff|FF|10|0xff\n',
  );
  assert.equal(
    printf('%-6d %5s|%05d|%#x|%+d\n', [
      [i8, 42],
      [string(3), 'ab'],
      [i8, 42],
      [i64, 255],
      [i8, 7],
    ]),
    '42        ab|00042|0xff|+7\n',
  );
});

test('the length modifier decides the width of the integer', () => {
  const v = 0x1122334455667788n;
  assert.equal(
    printf('%hhx %hx %x %llx\n', [
      [i64, v],
      [i64, v],
      [i64, v],
      [i64, v],
    ]),
    '88 7788 55667788 1122334455667788\n',
  );
  assert.equal(
    printf('%d %u %llu\n', [
      [i64, -1n],
      [i64, -1n],
      [i64, -1n],
    ]),
    '-1 4294967295 18446744073709551615\n',
  );
  assert.equal(
    printf('%lx %hhu %zd %Lx\n', [
      [i8, -1],
      [i8, -1],
      [i8, -1],
      [i64, v],
    ]),
    'ffffffffffffffff 255 -1 55667788\n',
  );
});

test('characters and strings', () => {
  assert.equal(
    printf('%c%c %5s|%-5s|\n', [
      [i8, 72],
      [i8, 105],
      [string(3), 'ab'],
      [string(3), 'cd'],
    ]),
    'Hi    ab|cd   |\n',
  );
  assert.equal(
    printf('[%10r][%-10rh][%c%c]\n', [
      [buffer(2), 'ab'],
      [buffer(2), 'ab'],
      [i64, 0x4142],
      [i64, 65],
    ]),
    '[        ab][61 62     ][BA]\n',
  );
  assert.equal(
    printf('%rx %rh|%r', [
      [buffer(2), 'ab'],
      [buffer(2), 'ab'],
      [buffer(0), ''],
    ]),
    '\\x61\\x62 61 62|',
  );
});

test('%s takes any value', () => {
  assert.equal(
    printf('100% %s %s\n', [
      [tuple(i8, string(2)), [1, 'a']],
      [bool, true],
    ]),
    '100% (1, a) true\n',
  );
  assert.equal(
    printf('%s %s %s %s', [
      [u64, 2n ** 64n - 1n],
      [flags, 4],
      [flags, 9],
      [pointer, 0x1000n],
    ]),
    '18446744073709551615 Q 9 0x1000',
  );
  assert.equal(
    printf('%d %d %s', [
      [flags, 4],
      [bool, true],
      [i8, -3],
    ]),
    '4 1 -3',
  );
});

test('flags as C has them', () => {
  assert.equal(
    printf('[%+d][% d][%#o][%#X][%p][%p]\n', [
      [i64, 42],
      [i64, 42],
      [i64, 255],
      [i64, 255],
      [pointer, 0],
      [pointer, 4096],
    ]),
    '[+42][42][0377][0XFF][0][0x1000]\n',
  );
  assert.equal(
    printf('%06d|%-05d|%+05d|%#010x|%05s|', [
      [i64, -42],
      [i64, 42],
      [i64, 4],
      [i64, 255],
      [string(3), 'ab'],
    ]),
    '-00042|42   |+0004|0x000000ff|   ab|',
  );
  assert.equal(
    printf('%.3d|%6.3d|%06.3d|%.0d|%#x', [
      [i64, 7],
      [i64, -7],
      [i64, 7],
      [i64, 0],
      [i64, 0],
    ]),
    '007|  -007|   007||0',
  );
});

test('whole renderings are cut and padded, in bytes', () => {
  assert.equal(
    printf('%.2s|%-10.3s|%8s|', [
      [string(8), 'abcdef'],
      [string(8), 'abcdef'],
      [tuple(i8, string(3)), [1, 'ab']],
    ]),
    'ab|abc       | (1, ab)|',
  );
  assert.equal(printf('%4s|', [[string(8), 'ä']]), '  ä|');
});

test('flags by name, in the order of the table', () => {
  const names = [
    [6n, 'BOTH'],
    [2n, 'TWO'],
    [4n, 'FOUR'],
  ] as const;
  assert.equal(formatFlags(0n, names), '0');
  assert.equal(formatFlags(6n, names), 'BOTH');
  assert.equal(formatFlags(0x80000002n, names), 'TWO|0x80000000');
  assert.equal(formatFlags(1n, []), '0x1');
});

test('R-14 an argument that is not there says so in its place', () => {
  assert.equal(printf('a%db%s.', [[i8, 7]]), 'a7b!{missing argument}.');
});

test('R-14 a value that is no number says so in its place, and the rest goes on', () => {
  assert.equal(
    printf('[%d] %x %d', [
      [string(3), 'ab'],
      [tuple(i8), [1]],
      [i8, 5],
    ]),
    '[!{not a number}] !{not a number} 5',
  );
});

test('text without conversions stays', () => {
  assert.equal(printf('%q\n'), '%q\n');
  assert.equal(printf('é\x07'), 'é\x07');
});

test('packed strings stand after the fixed part', () => {
  const packed = { packed: string(8) };
  const { bytes, args, sizeBytes } = encodeRecord(
    0,
    [packed, i64, packed, { packed: buffer(8) }],
    ['one\0', 5, 'full8byt', new Uint8Array([1, 65])],
  );
  const memory = viewOf(bytes);
  const located = locateArguments(args, sizeBytes, memory, 0, bytes.length);
  assert.equal(formatPrintf(parseFormat('%s %d %s %r'), located, memory, plainOptions), 'one 5 full8byt.. \\x01A');
});

test('a packed length beyond the record is cut to it', () => {
  const { bytes, args, sizeBytes } = encodeRecord(0, [{ packed: string(64) }], ['abc']);
  bytes[8] = 200;
  const memory = viewOf(bytes);
  assert.equal(
    formatPrintf(parseFormat('%s'), locateArguments(args, sizeBytes, memory, 0, bytes.length), memory, plainOptions),
    'abc',
  );
});

test('on a terminal, control bytes of data are shown and those of the format act', () => {
  const terminal = { ...plainOptions, terminal: true };
  assert.equal(printf('\t%s\n', [[string(16), '\x1b[31mä\x07\n']], terminal), '\t\\x1b[31mä\\x07\\x0a\n');
  assert.equal(
    printf('%s|', [[string(16), new Uint8Array([0xc2, 0x9b, 0xff, 0xe2, 0x82])]], terminal),
    '\\xc2\\x9b\\xff\\xe2\\x82|',
  );
  assert.equal(
    printf(
      '%c%c%c',
      [
        [i64, 27],
        [i64, 0x9b],
        [i64, 65],
      ],
      terminal,
    ),
    '\\x1b\\x9bA',
  );
  assert.equal(printf('%s', [[string(16), '\x1b[31m']]), '\x1b[31m');
});
