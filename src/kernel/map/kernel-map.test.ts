import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, MapType } from '../../abi/index.ts';
import { FakeSyscalls } from '../sys/fake.ts';
import { KernelMap, withMemlockRetry } from './index.ts';

/** A kernel with one map of keys 1..3 and no batch operations; the key `vanishing` is deleted while it is walked. */
function kernelWithoutBatches(errnoOfBatch: number): FakeSyscalls {
  const keys = [1, 2, 3];
  const fake: FakeSyscalls = new FakeSyscalls({
    close: () => 0,
    bpf: (command, attr) => {
      const view = new DataView((attr as Uint8Array).buffer);
      const at = (offset: number): DataView => new DataView(fake.buffer(view.getBigUint64(offset, true)).buffer);
      if (command === Command.MapCreate) return 5;
      if (command === Command.MapLookupBatch) return -errnoOfBatch;
      if (command === Command.MapGetNextKey) {
        const hasKey = view.getBigUint64(8, true) !== 0n;
        const next = hasKey ? keys[keys.indexOf(at(8).getUint32(0, true)) + 1] : keys[0];
        if (next === undefined) return -2;
        at(16).setUint32(0, next, true);
        return 0;
      }
      at(16).setBigUint64(0, BigInt(at(8).getUint32(0, true)) * 10n, true);
      return 0;
    },
  });
  return fake;
}

test('without batch operations the map is walked key by key', () => {
  for (const errno of [524, 22]) {
    using _ = kernelWithoutBatches(errno).install();
    using map = KernelMap.create({
      name: 'm',
      type: MapType.Hash,
      keySizeBytes: 4,
      valueSizeBytes: 8,
      maxEntries: 8,
      flags: 0,
    });
    assert.deepEqual(
      [...map.entries()].map(([key, value]) => [key[0], value[0]]),
      [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    );
  }
});

test('a walk ends although the kernel starts over again and again', () => {
  const fake: FakeSyscalls = new FakeSyscalls({
    close: () => 0,
    bpf: (command) => (command === Command.MapCreate ? 5 : command === Command.MapLookupBatch ? -524 : 0),
  });
  using _ = fake.install();
  using map = KernelMap.create({
    name: 'm',
    type: MapType.Hash,
    keySizeBytes: 4,
    valueSizeBytes: 8,
    maxEntries: 8,
    flags: 0,
  });
  assert.equal([...map.entries()].length, 1);
});

test('on kernels that count BPF memory, the limit is lifted once and the request repeated', () => {
  const fake = new FakeSyscalls({ prlimit64: () => 0 });
  using _ = fake.install();
  const answers = [-1, -1, 6, -1];
  const request = (): number => answers.shift()!;
  assert.equal(withMemlockRetry(request, '6.1.0-18-amd64'), -1);
  assert.equal(withMemlockRetry(request, '5.10.0-28-amd64'), 6);
  assert.equal(withMemlockRetry(request, '5.10.0-28-amd64'), -1);
  assert.equal(fake.calls.length, 1);
});
