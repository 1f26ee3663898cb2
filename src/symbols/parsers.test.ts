import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../base/index.ts';
import { parseMountInfo } from './cgroup-paths.ts';
import { cgroupIdOf, CgroupPaths, KernelSymbols, UserNames } from './index.ts';
import { parseLoaderCache } from './loader-cache.ts';
import { PerfMap } from './perf-map.ts';
import { mappingAt, parseMaps } from './process-maps.ts';
import { parsePasswd } from './user-names.ts';

const maps = `55d0c0a00000-55d0c0a01000 r--p 00000000 fe:01 1234                       /usr/bin/my program
55d0c0a01000-55d0c0a02000 r-xp 00001000 fe:01 1234                       /usr/bin/my program
7f0000000000-7f0000001000 rwxp 00000000 00:00 0${' '}
7f0000002000-7f0000003000 r-xp 00000000 fe:01 99                         /tmp/old\\012name (deleted)
7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0                          [vdso]
`;

test('memory maps', () => {
  const mappings = parseMaps(maps);
  assert.deepEqual(
    mappings.map(({ path, executable, deleted }) => [path, executable, deleted]),
    [
      ['/usr/bin/my program', false, false],
      ['/usr/bin/my program', true, false],
      ['', true, false],
      ['/tmp/old\nname', true, true],
      ['[vdso]', true, false],
    ],
  );
  assert.equal(mappings[1]!.fileOffset, 0x1000n);
  assert.equal(mappingAt(mappings, 0x55d0c0a01fffn), mappings[1]);
  assert.equal(mappingAt(mappings, 0x55d0c0a02000n), undefined);
  assert.equal(mappingAt(mappings, 0n), undefined);
  assert.throws(() => parseMaps('55d0c0a00000 r--p\n'), {
    name: 'FormatError',
    message: 'memory map: not a mapping (at offset 0)',
  });
});

test('perf maps: later lines replace earlier ones, other lines are passed over', () => {
  const map = PerfMap.parse(
    Buffer.from(
      '1000 100 old function\n1000 40 new function\nrubbish\n0x2000 0x10 with prefix\n3000 0 empty\n4000 zz bad\n5000 10\n6000 10 not complete',
    ),
  );
  assert.equal(map.size, 3);
  assert.deepEqual(map.lookup(0x1010n), { name: 'new function', offset: 0x10n });
  assert.deepEqual(map.lookup(0x1050n), { name: 'old function', offset: 0x50n });
  assert.deepEqual(map.lookup(0x200fn), { name: 'with prefix', offset: 15n });
  for (const address of [0xfffn, 0x1100n, 0x2010n, 0x3000n, 0x6000n]) assert.equal(map.lookup(address), undefined);
  assert.equal(PerfMap.parse(new Uint8Array()).lookup(1n), undefined);
});

function loaderCache(libraries: readonly (readonly [string, string])[]): Buffer {
  let strings = '';
  const table = Buffer.alloc(libraries.length * 24);
  const base = 48 + table.length;
  libraries.forEach(([soname, path], i) => {
    table.writeInt32LE(0x303, i * 24);
    table.writeUInt32LE(base + strings.length, i * 24 + 4);
    strings += `${soname}\0`;
    table.writeUInt32LE(base + strings.length, i * 24 + 8);
    strings += `${path}\0`;
  });
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1', 'latin1');
  header.writeUInt32LE(libraries.length, 20);
  header.writeUInt32LE(strings.length, 24);
  header[28] = 2;
  return Buffer.concat([header, table, Buffer.from(strings)]);
}

test('loader cache, with and without the old table before it', () => {
  const file = loaderCache([
    ['libc.so.6', '/lib/libc.so.6'],
    ['libm.so.6', '/lib/libm.so.6'],
  ]);
  const expected = [
    { soname: 'libc.so.6', path: '/lib/libc.so.6', flags: 0x303 },
    { soname: 'libm.so.6', path: '/lib/libm.so.6', flags: 0x303 },
  ];
  assert.deepEqual(parseLoaderCache(file), expected);
  const old = Buffer.alloc(16 + 12 + 4);
  old.write('ld.so-1.7.0\0', 'latin1');
  old.writeUInt32LE(1, 12);
  assert.deepEqual(parseLoaderCache(Buffer.concat([old, file])), expected);
  assert.throws(() => parseLoaderCache(Buffer.from('something else')), {
    name: 'FormatError',
    message: /unknown format/,
  });
});

test('damaged input ends in FormatError or a value', () => {
  const file = loaderCache([['libc.so.6', '/lib/libc.so.6']]);
  const text = Buffer.from(maps);
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
  const only = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
    }
  };
  fc.assert(
    fc.property(damage, fc.nat(200), (changes, length) => {
      for (const [original, read] of [
        [file, (bytes: Buffer) => parseLoaderCache(bytes)],
        [text, (bytes: Buffer) => parseMaps(bytes.toString('latin1'))],
        [Buffer.from('1000 100 a\n1100 20 b\n'), (bytes: Buffer) => PerfMap.parse(bytes).lookup(0x1010n)],
      ] as const) {
        const bytes = Buffer.from(original.subarray(0, length < 20 ? length : original.length));
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        only(() => read(bytes));
      }
    }),
    { numRuns: 500 },
  );
});

test('user names', () => {
  assert.deepEqual(
    [...parsePasswd('root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n+nis\n\nweb:x:33:33::/:/x\n')],
    [
      [0, 'root'],
      [33, 'web'],
    ],
  );
  assert.equal(new UserNames().nameOf(0), 'root');
  assert.equal(new UserNames().nameOf(4_000_000_000), undefined);
  assert.equal(new UserNames('/no/such/file').nameOf(0), undefined);
});

test('control groups: hierarchies by name, paths by id', () => {
  const info = `30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate
31 23 0:27 / /sys/fs/cgroup/with\\040blank rw - cgroup cgroup rw,xattr,name=systemd
32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
33 23 0:28 /docker/x /mnt rw - cgroup cgroup rw,cpu,cpuacct
34 23 0:29 / /proc rw - proc proc rw`;
  assert.deepEqual(parseMountInfo(info), [
    { name: 'unified', mountPoint: '/sys/fs/cgroup' },
    { name: 'systemd', mountPoint: '/sys/fs/cgroup/with blank' },
    { name: 'cpu,cpuacct', mountPoint: '/sys/fs/cgroup/cpu' },
  ]);
  assert.equal(new CgroupPaths().pathOf(1n << 60n), undefined);
  assert.equal(cgroupIdOf('/no/such/group'), undefined);
});

test('kernel symbols over a table; none where there is no table', () => {
  const table = {
    lookup: (address: bigint) =>
      address >= 100n
        ? { name: 'f', offset: Number(address - 100n), module: address >= 200n ? 'mod' : undefined }
        : undefined,
  };
  const kernel = new KernelSymbols(table);
  assert.deepEqual(kernel.resolve(104n), { address: 104n, name: 'f', offset: 4n });
  assert.deepEqual(kernel.symbolize([204n, 101n, 100n]), [
    { address: 204n, name: 'f', offset: 104n, module: 'mod' },
    { address: 101n, name: 'f', offset: 1n },
    { address: 100n },
  ]);
  assert.deepEqual(new KernelSymbols(undefined).resolve(104n), { address: 104n });
});
