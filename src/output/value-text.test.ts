import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame, ValueType } from '../spec/index.ts';
import {
  array,
  bool,
  buffer,
  emptyWorld,
  enumeration,
  i16,
  i32,
  i64,
  i8,
  ksym,
  plainOptions,
  pointer,
  record,
  show,
  string,
  tuple,
  u64,
  u8,
  username,
} from './testdata/values.ts';
import {
  formatBuffer,
  formatTime,
  formatValue,
  localTimeZone,
  TimeFormatter,
  type ValueResolver,
  viewOf,
} from './index.ts';

test('numbers, booleans, pointers', () => {
  assert.equal(show(i8, -5), '-5');
  assert.equal(show(u8, 251), '251');
  assert.equal(show(i16, -300), '-300');
  assert.equal(show(i64, -(2n ** 63n)), '-9223372036854775808');
  assert.equal(show(u64, 2n ** 64n - 1n), '18446744073709551615');
  assert.equal(show(bool, true), 'true');
  assert.equal(show(pointer, 0x1000n), '0x1000');
  assert.equal(show(pointer, 0n), '0x0');
});

test('strings, whole and cut', () => {
  assert.equal(show(string(8), 'hi'), 'hi');
  assert.equal(show(string(5), '/usr/bin/abc'), '/usr/..');
  assert.equal(show(string(5), '/usr/bin/abc', { ...plainOptions, truncationTrailer: '_x' }), '/usr/_x');
  assert.equal(show(string(4, true), 'abcd'), 'abcd');
  assert.equal(show(string(300), 'ö'.repeat(120)), 'ö'.repeat(120));
});

test('composite values', () => {
  assert.equal(show(tuple(i8, string(2), tuple(i8, bool)), [1, 'x', [2, true]]), '(1, x, (2, true))');
  assert.equal(show(tuple(i8), [1]), '(1)');
  assert.equal(show(tuple(), []), '()');
  assert.equal(show(array(u8, 4), [1, 0, 0, 0]), '[1,0,0,0]');
  assert.equal(
    show(record({ a: i8, b: string(4), c: record({ d: i32 }) }), [1, 'hi', [2]]),
    '{ .a = 1, .b = hi, .c = { .d = 2 } }',
  );
  assert.equal(show(record({}), []), '{}');
  assert.equal(show(enumeration({ P: 3 }), 3), 'P');
  assert.equal(show(tuple(enumeration({ Q: 4 }), enumeration({ P: 3 })), [4, 3]), '(Q, P)');
  assert.equal(show(enumeration({ P: 3 }), 9), '9');
  assert.equal(show({ kind: 'none', size: 0 }, 0), 'null');
  assert.equal(show(buffer(3), new Uint8Array([97, 1, 98])), 'a\\x01b');
});

test('bit-fields are read with their sign', () => {
  const type: ValueType = {
    kind: 'record',
    size: 4,
    fields: [
      { name: 'u', offset: 0, type: { kind: 'integer', size: 4, signed: false }, bits: { offset: 0, size: 5 } },
      { name: 'v', offset: 0, type: i32, bits: { offset: 5, size: 3 } },
    ],
  };
  assert.equal(
    formatValue(type, viewOf(new Uint8Array([0b110_10001, 0, 0, 0])), 0, plainOptions),
    '{ .u = 17, .v = -2 }',
  );
});

test('buffers in three styles', () => {
  const bytes = new Uint8Array([0x61, 0x5c, 0xff, 0x0a]);
  assert.equal(formatBuffer(bytes, 'r'), 'a\\\\xff\\x0a');
  assert.equal(formatBuffer(bytes, 'rx'), '\\x61\\x5c\\xff\\x0a');
  assert.equal(formatBuffer(bytes, 'rh'), '61 5c ff 0a');
});

const world: ValueResolver = {
  ...emptyWorld,
  kernelFrames: (address): readonly Frame[] =>
    address === 0x10n ? [{ address, name: 'vfs_read', offset: 12n }] : [{ address }],
  userFrames: (pid, address): readonly Frame[] =>
    address === 0x20n
      ? [
          { address, name: 'inner', inlined: true, file: 'a.c', line: 3 },
          {
            address,
            name: `f${pid}`,
            offset: 34n,
            module: '/bin/x',
            file: 'a.c',
            line: 9,
            buildId: 'ab12',
            fileOffset: 0x1120n,
          },
        ]
      : [{ address }],
  stackAddresses: (_map, id) => (id === 1 ? [0x10n, 0xffffffff81000000n] : id === 2 ? [0x20n, 0x7f00n] : undefined),
  userName: (uid) => (uid === 0 ? 'root' : undefined),
};
const options = { ...plainOptions, resolver: world };

function stack(space: 'kernel' | 'user', mode: 'bpftrace' | 'perf' | 'raw' | 'build_id', limit = 127): ValueType {
  return { kind: 'stack', size: 16, space, mode, limit, map: 'stacks' };
}

test('symbols, users and times are resolved', () => {
  assert.equal(show(ksym, 0x10n, options), 'vfs_read');
  assert.equal(show(ksym, 0xffffffff81234567n, options), '0xffffffff81234567');
  assert.equal(show({ kind: 'usym', size: 16 }, [0x20n, (9n << 32n) | 7n], options), 'f7');
  assert.equal(show(username, 0n, options), 'root');
  assert.equal(show(username, 4711n, options), '');
  const time: ValueType = { kind: 'timestamp', size: 8, format: '%H:%M:%S.%f' };
  assert.equal(
    show(time, 3_723_000_456_789n, {
      ...plainOptions,
      resolver: { ...emptyWorld, bootTimeOffsetNs: () => 7_200_000_000_000n },
    }),
    '03:02:03.000456',
  );
});

test('stacks in every mode', () => {
  assert.equal(
    show(stack('kernel', 'bpftrace'), [1n, 0n], options),
    '\n        vfs_read+12\n        0xffffffff81000000\n',
  );
  assert.equal(show(stack('kernel', 'bpftrace', 1), [1n, 0n], options), '\n        vfs_read+12\n');
  assert.equal(
    show(stack('user', 'bpftrace'), [2n, 5n], options),
    '\n        [inlined] inner@a.c:3\n        f5+34@a.c:9\n        0x7f00\n',
  );
  assert.equal(
    show(stack('user', 'perf'), [2n, 5n], options),
    '\n\t20 inner@a.c:3 (inlined)\n\t20 f5+34@a.c:9 (/bin/x)\n\t7f00 ([unknown])\n',
  );
  assert.equal(show(stack('user', 'raw'), [2n, 5n], options), '\n20\n7f00\n');
  assert.equal(
    show(stack('user', 'build_id', 1), [2n, 5n], {
      ...options,
      resolver: { ...world, userFrames: (_pid, address) => [{ address, buildId: 'ab12', fileOffset: 0x1120n }] },
    }),
    '\nab12 0x1120\n',
  );
  assert.equal(show(tuple(i8, stack('kernel', 'bpftrace', 1)), [1, [1n, 0n]], options), '(1, \n        vfs_read+12\n)');
});

test('a stack that was not stored is empty and told of', () => {
  const missing: number[] = [];
  assert.equal(
    show(stack('kernel', 'bpftrace'), [-17n, 0n], { ...options, onMissingStack: (errno) => missing.push(errno) }),
    '\n',
  );
  assert.deepEqual(missing, [17]);
});

test('strftime', () => {
  const at = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
  const zones = { timeZone: () => ({ offsetMinutes: -210, name: 'NST' }) };
  const time = at('2026-01-02T03:04:05.006Z') + 7_008n;
  assert.equal(formatTime('%Y-%m-%d %H:%M:%S %f %l %k', time, emptyWorld), '2026-01-02 03:04:05 006007 006 006007008');
  assert.equal(formatTime('%F %T %z %Z %s', time, zones), '2026-01-01 23:34:05 -0330 NST 1767323045');
  assert.equal(
    formatTime('%a %A %b %B|%e|%I %p|%j|%u %w|%y %C|%D|%R|%r|%c', time, emptyWorld),
    'Fri Friday Jan January| 2|03 AM|002|5 5|26 20|01/02/26|03:04|03:04:05 AM|Fri Jan  2 03:04:05 2026',
  );
  assert.equal(formatTime('%G-%V %U %W', at('2027-01-01T00:00:00Z'), emptyWorld), '2026-53 00 00');
  assert.equal(formatTime('%-d %_d %04d %^a %5H %% %Q %', time, emptyWorld), '2  2 0002 FRI 00003 % %Q %');
});

test('a formatter that is used again follows the time', () => {
  const formatter = new TimeFormatter('%S.%f %%f|%l', emptyWorld);
  assert.equal(formatter.format(5_006_007_000n), '05.006007 %f|006');
  assert.equal(formatter.format(5_999_999_999n), '05.999999 %f|999');
  assert.equal(formatter.format(6_000_000_000n), '06.000000 %f|000');
  assert.equal(formatter.format(-1n), '59.999999 %f|999');
});

test('the local zone has its offset and abbreviation, summer time too', () => {
  const before = process.env['TZ'];
  try {
    const zoneAt = (zone: string, text: string): string => {
      process.env['TZ'] = zone;
      return formatTime('%z %Z %H', BigInt(Date.parse(text)) * 1_000_000n, { timeZone: localTimeZone });
    };
    assert.equal(zoneAt('Europe/Berlin', '2026-01-02T03:04:05Z'), '+0100 CET 04');
    assert.equal(zoneAt('Europe/Berlin', '2026-07-02T03:04:05Z'), '+0200 CEST 05');
    assert.equal(zoneAt('America/New_York', '2026-01-02T03:04:05Z'), '-0500 EST 22');
    assert.equal(zoneAt('Asia/Kolkata', '2026-01-02T03:04:05Z'), '+0530 IST 08');
    assert.equal(zoneAt('UTC', '2026-01-02T03:04:05Z'), '+0000 UTC 03');
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
});
