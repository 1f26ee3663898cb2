import assert from 'node:assert/strict';
import { test } from 'node:test';
import { release } from 'node:os';
import { BpfFlag, MapType, mapTypeName } from '../../abi/index.ts';
import { SystemError } from '../../base/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { possibleCpus } from '../sys/index.ts';
import { KernelMap, UpdateMode } from './index.ts';

function spec(type: number, over: Partial<MapSpec> = {}): MapSpec {
  return { name: 'test', type, keySizeBytes: 4, valueSizeBytes: 8, maxEntries: 16, flags: 0, ...over };
}
function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}
function numbers(map: KernelMap): [number, number][] {
  const entries = [...map.entries()].map(([key, value]): [number, number] => [
    new DataView(key.buffer, key.byteOffset).getUint32(0, true),
    Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)),
  ]);
  return entries.sort((a, b) => a[0] - b[0]);
}

const NO_PREALLOC = BpfFlag.BPF_F_NO_PREALLOC;
const kinds: readonly MapSpec[] = [
  spec(MapType.Hash),
  spec(MapType.Hash, { flags: NO_PREALLOC }),
  spec(MapType.Array),
  spec(MapType.PercpuHash),
  spec(MapType.PercpuArray),
  spec(MapType.LruHash),
  spec(MapType.LruPercpuHash),
  spec(MapType.ProgArray, { valueSizeBytes: 4 }),
  spec(MapType.PerfEventArray, { valueSizeBytes: 4 }),
  spec(MapType.CgroupArray, { valueSizeBytes: 4 }),
  spec(MapType.StackTrace, { valueSizeBytes: 127 * 8 }),
  spec(MapType.LpmTrie, { keySizeBytes: 8, flags: NO_PREALLOC }),
  spec(MapType.Queue, { keySizeBytes: 0 }),
  spec(MapType.Stack, { keySizeBytes: 0 }),
  spec(MapType.BloomFilter, { keySizeBytes: 0 }),
  spec(MapType.Ringbuf, { keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 4096 }),
  spec(MapType.UserRingbuf, { keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 4096 }),
  spec(MapType.Sockhash, { valueSizeBytes: 4 }),
  spec(MapType.Sockmap, { valueSizeBytes: 4 }),
  spec(MapType.Devmap, { valueSizeBytes: 4 }),
  spec(MapType.DevmapHash, { valueSizeBytes: 4 }),
  spec(MapType.Cpumap, { valueSizeBytes: 4, maxEntries: 1 }),
  spec(MapType.Xskmap, { valueSizeBytes: 4 }),
  spec(MapType.ReuseportSockarray, { valueSizeBytes: 8 }),
  ...[MapType.SkStorage, MapType.InodeStorage, MapType.TaskStorage, MapType.CgrpStorage].map((type) =>
    spec(type, { maxEntries: 0, flags: NO_PREALLOC }),
  ),
  spec(MapType.CgroupStorage, { keySizeBytes: 8, maxEntries: 0 }),
  spec(MapType.PercpuCgroupStorage, { keySizeBytes: 8, maxEntries: 0 }),
  spec(MapType.Arena, { keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 1, flags: BpfFlag.BPF_F_MMAPABLE }),
];

/** Map types that came after the oldest kernel that the tests run on. */
const sinceKernel: ReadonlyMap<number, string> = new Map([
  [MapType.CgrpStorage, '6.2'],
  [MapType.Arena, '6.9'],
]);

function isBefore(version: string): boolean {
  const [[major, minor], [ourMajor, ourMinor]] = [version, release()].map((each) => each.split('.').map(Number)) as [
    [number, number],
    [number, number],
  ];
  return ourMajor < major || (ourMajor === major && ourMinor < minor);
}

for (const kind of kinds) {
  const since = sinceKernel.get(kind.type);
  const skip = since !== undefined && isBefore(since) && `needs ${since}`;
  const title = `creates a map of type ${mapTypeName(kind.type)}${kind.flags === 0 ? '' : ` with flags ${kind.flags}`}`;
  test(title, { skip }, () => {
    using map = KernelMap.create(kind);
    const info = map.info();
    assert.equal(info.type, kind.type);
    assert.equal(info.valueSizeBytes, kind.valueSizeBytes);
    assert.ok(info.id > 0);
  });
}

test('creates maps of maps and finds the inner map', () => {
  using inner = KernelMap.create(spec(MapType.Array));
  for (const type of [MapType.ArrayOfMaps, MapType.HashOfMaps]) {
    using outer = KernelMap.create(spec(type, { valueSizeBytes: 4 }), { innerMap: inner });
    outer.update(u32(1), u32(inner.fd));
    assert.deepEqual(outer.lookup(u32(1)), u32(inner.info().id));
  }
});

test('hash: update, lookup, delete, modes, contents', () => {
  using map = KernelMap.create(spec(MapType.Hash, { contents: [[u32(7), u64(70)]] }));
  assert.deepEqual(map.lookup(u32(7)), u64(70));
  map.update(u32(8), u64(80), UpdateMode.ONLY_NEW);
  assert.throws(() => map.update(u32(8), u64(81), UpdateMode.ONLY_NEW), { errno: 17 });
  assert.deepEqual(numbers(map), [
    [7, 70],
    [8, 80],
  ]);
  assert.equal(map.delete(u32(7)), true);
  assert.equal(map.delete(u32(7)), false);
  assert.equal(map.lookup(u32(7)), undefined);
  assert.deepEqual(map.lookupAndDelete(u32(8)), u64(80));
  assert.equal(map.nextKey(), undefined);
});

test('a full map says so, with its title', () => {
  using map = KernelMap.create(spec(MapType.Hash, { maxEntries: 1, title: '@start' }));
  map.update(u32(1), u64(1));
  assert.throws(
    () => map.update(u32(2), u64(2)),
    (error: unknown) => {
      assert.ok(error instanceof SystemError);
      assert.equal(error.message, 'bpf(MAP_UPDATE_ELEM) on map @start: Argument list too long (E2BIG)');
      assert.equal(error.advice, 'The map is full: make it larger.');
      return true;
    },
  );
});

test('all entries of large maps come, once each, through batches', () => {
  for (const type of [MapType.Hash, MapType.PercpuHash, MapType.Array, MapType.PercpuArray, MapType.LruHash]) {
    const count = 5000;
    using map = KernelMap.create(spec(type, { maxEntries: count, valueSizeBytes: 8 }));
    for (let i = 0; i < count; i++) map.update(u32(i), u64(i * 3));
    const entries = numbers(map);
    if (type !== MapType.LruHash) assert.equal(entries.length, count, mapTypeName(type));
    assert.equal(new Set(entries.map(([key]) => key)).size, entries.length);
    assert.ok(
      entries.every(([key, value]) => value === key * 3),
      mapTypeName(type),
    );
    const columns = map.columns()!;
    assert.equal(columns.count, entries.length);
    const flat = [...map.entries()];
    assert.ok(Buffer.concat(flat.map(([key]) => key)).equals(columns.keys));
    assert.ok(Buffer.concat(flat.map(([, value]) => value)).equals(columns.values));
  }
});

test('maps without batch operations are walked key by key', () => {
  using map = KernelMap.create(spec(MapType.HashOfMaps, { valueSizeBytes: 4 }), {
    innerMap: KernelMap.create(spec(MapType.Array)),
  });
  assert.deepEqual([...map.entries()], []);
  using stacks = KernelMap.create(spec(MapType.StackTrace, { valueSizeBytes: 8 }));
  assert.deepEqual([...stacks.entries()], []);
  assert.equal(stacks.columns(), undefined);
});

test('per-CPU values: one slot of 8-byte units for each possible CPU', () => {
  using map = KernelMap.create(spec(MapType.PercpuHash, { valueSizeBytes: 12 }));
  const slot = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
  map.update(u32(1), slot);
  assert.equal(map.slotSizeBytes, 16);
  const value = map.lookup(u32(1))!;
  assert.equal(value.length, 16 * possibleCpus());
  for (let cpu = 0; cpu < possibleCpus(); cpu++) assert.deepEqual(value.subarray(cpu * 16, cpu * 16 + 12), slot);
});

test('clear and zero', () => {
  using hash = KernelMap.create(spec(MapType.PercpuHash));
  hash.update(u32(1), u64(1));
  hash.update(u32(2), u64(2));
  hash.zero();
  assert.deepEqual(numbers(hash), [
    [1, 0],
    [2, 0],
  ]);
  hash.clear();
  assert.deepEqual(numbers(hash), []);
  using array = KernelMap.create(spec(MapType.Array, { maxEntries: 2, contents: [[u32(1), u64(5)]] }));
  array.clear();
  assert.deepEqual(numbers(array), [
    [0, 0],
    [1, 0],
  ]);
});

test('all entries are taken out, once each, with what every CPU holds', () => {
  const entries = 5000;
  for (const type of [MapType.Hash, MapType.PercpuHash, MapType.LruHash, MapType.LruPercpuHash]) {
    using map = KernelMap.create(spec(type, { maxEntries: 4 * entries }));
    for (let key = 0; key < entries; key++) map.update(u32(key), u64(key));
    const taken = [...map.takeAll()].map(([key, value]) => {
      const words = new BigUint64Array(value.slice().buffer);
      assert.ok(
        words.every((word) => word === words[0]),
        mapTypeName(type),
      );
      return [new DataView(key.buffer, key.byteOffset).getUint32(0, true), Number(words[0])] as const;
    });
    assert.equal(taken.length, entries, mapTypeName(type));
    assert.equal(new Set(taken.map(([key]) => key)).size, entries);
    assert.ok(taken.every(([key, value]) => key === value));
    assert.deepEqual([...map.takeAll(), ...map.entries()], []);
  }
});

test('clear empties large maps', () => {
  for (const type of [MapType.Hash, MapType.LruPercpuHash]) {
    using map = KernelMap.create(spec(type, { maxEntries: 20_000 }));
    for (let key = 0; key < 3000; key++) map.update(u32(key), u64(key));
    map.clear();
    assert.deepEqual(numbers(map), []);
  }
});

test('queue, stack and bloom filter', () => {
  const none = new Uint8Array(0);
  using queue = KernelMap.create(spec(MapType.Queue, { keySizeBytes: 0 }));
  using stack = KernelMap.create(spec(MapType.Stack, { keySizeBytes: 0 }));
  for (const map of [queue, stack]) {
    map.update(none, u64(1));
    map.update(none, u64(2));
  }
  assert.deepEqual([queue.take(), queue.take(), queue.take()], [u64(1), u64(2), undefined]);
  assert.deepEqual([stack.take(), stack.take(), stack.take()], [u64(2), u64(1), undefined]);
});

test('a frozen map refuses writes', () => {
  using map = KernelMap.create(
    spec(MapType.Array, {
      maxEntries: 1,
      flags: BpfFlag.BPF_F_RDONLY_PROG,
      contents: [[u32(0), u64(9)]],
      frozen: true,
    }),
  );
  assert.throws(() => map.update(u32(0), u64(1)), { errno: 1 });
  assert.deepEqual(map.lookup(u32(0)), u64(9));
});

test('mapped memory is the map; after close it has length 0', () => {
  const map = KernelMap.create(spec(MapType.Array, { maxEntries: 3, flags: BpfFlag.BPF_F_MMAPABLE }));
  const words = new BigUint64Array(map.memory());
  const data = new DataView(map.memory());
  words[2] = 22n;
  assert.deepEqual(map.lookup(u32(2)), u64(22));
  map.update(u32(1), u64(11));
  assert.equal(words[1], 11n);
  map.close();
  assert.equal(words.length, 0);
  assert.equal(words[1], undefined);
  assert.throws(() => data.getUint8(0), TypeError);
  assert.throws(() => map.lookup(u32(1)), /is closed/);
});

test('an impossible map is refused with what was asked for', () => {
  assert.throws(
    () => KernelMap.create(spec(MapType.Array, { keySizeBytes: 8, title: '@x' })),
    (error: unknown) => {
      assert.ok(error instanceof SystemError);
      assert.match(error.message, /^bpf\(MAP_CREATE\) of map @x: Invalid argument \(EINVAL\)$/);
      assert.match(error.advice!, /type 2, key 8 bytes, value 8 bytes, 16 entries/);
      return true;
    },
  );
});
