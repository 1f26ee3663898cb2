import { Command, Errno, MapType } from '../../abi/index.ts';
import { isTakenAway } from '../features/taken-away.ts';
import { Attr, bpfCallName, checked, tryBpf } from '../sys/index.ts';
import type { KernelMap } from './kernel-map.ts';

/** Key bytes and value bytes (all CPUs' slots of a per-CPU map). */
export type MapEntry = readonly [key: Uint8Array, value: Uint8Array];

/** About this much is asked for at once. */
const BATCH_BYTES = 1 << 20;
/** The position in the map between two batches: the kernel wants room for a key, or for its own u32. */
const MIN_TOKEN_BYTES = 8;
/** A hash holds more than its maximum for moments, while CPUs replace entries. */
const BUCKET_SLACK = 64;
const MOST_ATTEMPTS = 10;

/** Entries one behind the other: key bytes, and value bytes as in a MapEntry. */
export interface MapBatch {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

/** The same entry by entry; returns as `readBatches` does. */
export function* readBatchEntries(
  map: KernelMap,
  options: { readonly take?: boolean } = {},
): Generator<MapEntry, boolean> {
  const { keySizeBytes } = map.spec;
  const valueSizeBytes = map.transferSizeBytes;
  const batches = readBatches(map, options);
  for (;;) {
    const { done, value: batch } = batches.next();
    if (done === true) return batch;
    for (let i = 0; i < batch.count; i++) {
      yield [
        batch.keys.subarray(i * keySizeBytes, (i + 1) * keySizeBytes),
        batch.values.subarray(i * valueSizeBytes, (i + 1) * valueSizeBytes),
      ];
    }
  }
}

/**
 * Reads the whole map by BPF_MAP_LOOKUP_BATCH, or takes the entries out by BPF_MAP_LOOKUP_AND_DELETE_BATCH. Returns false,
 * having given nothing, where the kernel can't.
 */
export function* readBatches(map: KernelMap, { take = false } = {}): Generator<MapBatch, boolean> {
  if (isTakenAway('map-batch') || (map.spec.type === MapType.PercpuArray && isTakenAway('map-batch-percpu-array')))
    return false;
  const command = take ? Command.MapLookupAndDeleteBatch : Command.MapLookupBatch;
  const { keySizeBytes, maxEntries } = map.spec;
  const valueSizeBytes = map.transferSizeBytes;
  let capacity = Math.max(
    1,
    Math.min(maxEntries + BUCKET_SLACK, Math.max(64, Math.floor(BATCH_BYTES / (keySizeBytes + valueSizeBytes)))),
  );
  let position: Uint8Array | undefined;
  let busy = 0;
  for (;;) {
    const keys = new Uint8Array(capacity * keySizeBytes);
    const values = new Uint8Array(capacity * valueSizeBytes);
    const next = new Uint8Array(Math.max(keySizeBytes, MIN_TOKEN_BYTES));
    const attr = new Attr(56)
      .pointer(0, position)
      .pointer(8, next)
      .pointer(16, keys)
      .pointer(24, values)
      .u32(32, capacity)
      .u32(36, map.fd);
    const result = tryBpf(command, attr);
    if (result === -Errno.ENOSPC && capacity < maxEntries * 2) {
      // One bucket of the hash holds more than asked for: ask again with more room.
      capacity *= 2;
      continue;
    }
    // Seen on 6.18 on a busy machine; nothing has been given by then.
    if (result === -Errno.EAGAIN && !take && ++busy < MOST_ATTEMPTS) continue;
    if (position === undefined && cannotBatch(-result)) return false;
    if (result !== -Errno.ENOENT) checked(`${bpfCallName(command)} on map ${map.name}`, result);
    const count = attr.getU32(32);
    yield { count, keys, values };
    if (result === -Errno.ENOENT || count === 0) return true;
    position = next;
  }
}

function cannotBatch(errno: number): boolean {
  return errno === Errno.ENOTSUPP || errno === Errno.EOPNOTSUPP || errno === Errno.EINVAL;
}

/**
 * Key by key. A key that is deleted under our feet makes the kernel start over, so keys are remembered, and
 * the walk ends after twice as many steps as the map can hold keys.
 */
export function* readOneByOne(map: KernelMap): Generator<MapEntry, void> {
  const seen = new Set<string>();
  const limit = map.spec.maxEntries * 2;
  let key = map.nextKey();
  for (let steps = 0; key !== undefined && steps < limit; steps++) {
    const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
    if (!seen.has(name)) {
      seen.add(name);
      const value = map.lookup(key);
      if (value !== undefined) yield [key, value];
    }
    key = map.nextKey(key);
  }
}
