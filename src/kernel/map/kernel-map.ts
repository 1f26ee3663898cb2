import { BpfFlag, Command, Errno, MapType } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import type { MapColumns, MapSpec } from '../../spec/index.ts';
import {
  Attr,
  bpfAdvice,
  bpfCallName,
  checked,
  closeFd,
  Mapping,
  pageSizeBytes,
  possibleCpus,
  tryBpf,
} from '../sys/index.ts';
import { requireNotTakenAway } from '../features/taken-away.ts';
import { type MapBatch, type MapEntry, readBatchEntries, readBatches, readOneByOne } from './entries.ts';
import { isArrayMap, isKeylessMap, isLocalStorageMap, isPerCpuMap } from './map-type.ts';
import { withMemlockRetry } from './memlock.ts';
import { loadStorageBtf, type MapBtf } from './storage-btf.ts';

/** Flags of `update`. */
export const UpdateMode = { ANY: 0, ONLY_NEW: 1, ONLY_EXISTING: 2 } as const;

export interface MapCreateOptions {
  /** Template of the inner maps, for maps of maps. */
  readonly innerMap?: KernelMap;
  /** BTF of key and value, for values with spin locks, timers or pointers. Local storage gets plain BTF without this. */
  readonly btf?: MapBtf;
  /** Meaning depends on the map type: hash functions of a bloom filter, address of an arena. Kernel 5.16. */
  readonly extra?: bigint;
}

/**
 * A BPF map of this process. It lives until `close`, or longer where a program uses it. Keys and values are
 * bytes as the programs see them. Per-CPU values come as one slot per possible CPU, each `slotSizeBytes` long.
 */
export class KernelMap implements Disposable {
  readonly spec: MapSpec;
  readonly fd: number;
  readonly isPerCpu: boolean;
  /** Bytes of one CPU's value: the value size, rounded up to 8 for per-CPU maps. */
  readonly slotSizeBytes: number;
  /** Bytes that `lookup` gives: all slots. */
  readonly transferSizeBytes: number;
  #mapping: Mapping | undefined;
  #closed = false;

  private constructor(spec: MapSpec, fd: number) {
    this.spec = spec;
    this.fd = fd;
    this.isPerCpu = isPerCpuMap(spec.type);
    this.slotSizeBytes = this.isPerCpu ? roundUp(spec.valueSizeBytes, 8) : spec.valueSizeBytes;
    this.transferSizeBytes = this.isPerCpu ? this.slotSizeBytes * possibleCpus() : spec.valueSizeBytes;
  }

  /** Creates the map, writes its contents and freezes it, as the spec says. Throws SystemError. */
  static create(spec: MapSpec, options: MapCreateOptions = {}): KernelMap {
    if (spec.type === MapType.Ringbuf) requireNotTakenAway('ring-buffer', 'ring buffer', '5.8');
    if ((spec.flags & BpfFlag.BPF_F_MMAPABLE) !== 0)
      requireNotTakenAway('mmapable-array', 'array maps in memory', '5.5');
    const map = new KernelMap(spec, createMap(spec, options));
    try {
      for (const [key, value] of spec.contents ?? []) map.update(key, value);
      if (spec.frozen === true) map.freeze();
      return map;
    } catch (error) {
      map.close();
      throw error;
    }
  }

  get name(): string {
    return this.spec.name;
  }

  /** The value, or undefined where there is none. Not for queues and stacks: see `take`. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    const value = new Uint8Array(this.transferSizeBytes);
    return this.#request(Command.MapLookupElem, this.#element(key, value), [Errno.ENOENT]) ? value : undefined;
  }

  /** Writes one entry. For per-CPU maps a value of one slot is written for every CPU. Queues, stacks and bloom filters take an empty key. */
  update(key: Uint8Array, value: Uint8Array, mode: number = UpdateMode.ANY): void {
    this.#request(Command.MapUpdateElem, this.#element(key, this.#spread(value)).u64(24, mode), []);
  }

  /** False where there is no such entry. */
  delete(key: Uint8Array): boolean {
    return this.#request(Command.MapDeleteElem, this.#element(key, undefined), [Errno.ENOENT]);
  }

  /** Removes the entry and gives its value. Hash maps from kernel 5.14. */
  lookupAndDelete(key: Uint8Array): Uint8Array | undefined {
    const value = new Uint8Array(this.transferSizeBytes);
    return this.#request(Command.MapLookupAndDeleteElem, this.#element(key, value), [Errno.ENOENT]) ? value : undefined;
  }

  /** Takes the next value out of a queue or stack; undefined where it is empty. */
  take(): Uint8Array | undefined {
    return this.lookupAndDelete(new Uint8Array(0));
  }

  /** The key after `key`, or the first one; undefined at the end. */
  nextKey(key?: Uint8Array): Uint8Array | undefined {
    const next = new Uint8Array(this.spec.keySizeBytes);
    const attr = new Attr(32).u32(0, this.fd).pointer(8, key).pointer(16, next);
    return this.#request(Command.MapGetNextKey, attr, [Errno.ENOENT]) ? next : undefined;
  }

  /**
   * All entries, each key once. What programs change meanwhile may or may not be seen. Reads in batches
   * (kernel 5.6; per-CPU arrays 5.13), entry by entry where the kernel can't.
   */
  *entries(): IterableIterator<MapEntry> {
    if (isKeylessMap(this.spec.type)) throw new BugError(`map ${this.name} has no keys`);
    if (!(yield* readBatchEntries(this))) yield* readOneByOne(this);
  }

  /**
   * All entries in columns, for maps of which there are very many: the same as `entries` without an object for each.
   * Undefined where the kernel has no batches.
   */
  columns(): MapColumns | undefined {
    const batches: MapBatch[] = [];
    const reading = readBatches(this);
    for (;;) {
      const { done, value: batch } = reading.next();
      if (done === true && !batch) return undefined;
      if (done === true) break;
      batches.push(batch);
    }
    const { keySizeBytes } = this.spec;
    const valueSizeBytes = this.transferSizeBytes;
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    const [keys, values] = [new Uint8Array(count * keySizeBytes), new Uint8Array(count * valueSizeBytes)];
    let at = 0;
    for (const batch of batches) {
      keys.set(batch.keys.subarray(0, batch.count * keySizeBytes), at * keySizeBytes);
      values.set(batch.values.subarray(0, batch.count * valueSizeBytes), at * valueSizeBytes);
      at += batch.count;
    }
    return { count, keys, keySizeBytes, values, valueSizeBytes };
  }

  /**
   * Takes all entries out of a hash map; each is read and deleted in one step. In batches (kernel 5.6), entry by entry
   * where the kernel can't.
   */
  *takeAll(): IterableIterator<MapEntry> {
    if (yield* readBatchEntries(this, { take: true })) return;
    for (const key of [...this.entries()].map(([found]) => found)) {
      const value = this.#takeOne(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Deletes all entries; of an array, writes zeros. */
  clear(): void {
    if (isArrayMap(this.spec.type)) return this.zero();
    for (const _ of this.takeAll());
  }

  #takeOne(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.lookupAndDelete(key);
    } catch {
      // Kernels before 5.14 have it for no hash.
      const value = this.lookup(key);
      this.delete(key);
      return value;
    }
  }

  /** Sets the value of each entry to zeros; the keys stay. */
  zero(): void {
    const zeros = new Uint8Array(this.transferSizeBytes);
    const keys = [...this.entries()].map(([key]) => key);
    for (const key of keys) {
      const attr = this.#element(key, zeros).u64(
        24,
        isArrayMap(this.spec.type) ? UpdateMode.ANY : UpdateMode.ONLY_EXISTING,
      );
      this.#request(Command.MapUpdateElem, attr, [Errno.ENOENT]);
    }
  }

  /** From now on user space can't write. Kernel 5.2. */
  freeze(): void {
    this.#request(Command.MapFreeze, new Attr(4).u32(0, this.fd), []);
  }

  /**
   * The memory of an ARRAY map made with BPF_F_MMAPABLE: its values one after another, each rounded up to 8
   * bytes. Programs see what is written here at once. After `close` it has length 0. Kernel 5.5.
   */
  memory(): ArrayBuffer {
    if (this.#mapping === undefined) {
      if ((this.spec.flags & BpfFlag.BPF_F_MMAPABLE) === 0) throw new BugError(`map ${this.name} is not mmapable`);
      const sizeBytes = roundUp(roundUp(this.spec.valueSizeBytes, 8) * this.spec.maxEntries, pageSizeBytes());
      this.#mapping = new Mapping(this.fd, {
        sizeBytes,
        writable: this.spec.frozen !== true,
        what: `map ${this.name}`,
      });
    }
    return this.#mapping.buffer;
  }

  info(): MapInfo {
    const info = new Attr(88);
    this.#request(Command.ObjGetInfoByFd, new Attr(16).u32(0, this.fd).u32(4, 88).pointer(8, info.bytes), []);
    return {
      type: info.getU32(0),
      id: info.getU32(4),
      keySizeBytes: info.getU32(8),
      valueSizeBytes: info.getU32(12),
      maxEntries: info.getU32(16),
      flags: info.getU32(20),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#mapping?.close();
    closeFd(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #element(key: Uint8Array, value: Uint8Array | undefined): Attr {
    const expected = isKeylessMap(this.spec.type) ? 0 : this.spec.keySizeBytes;
    if (key.byteLength !== expected)
      throw new BugError(`key of ${key.byteLength} bytes for map ${this.name}, which has ${expected}`);
    return new Attr(32).u32(0, this.fd).pointer(8, key).pointer(16, value);
  }

  #spread(value: Uint8Array): Uint8Array {
    if (value.byteLength === this.transferSizeBytes) return value;
    if (!this.isPerCpu || value.byteLength > this.slotSizeBytes) {
      throw new BugError(
        `value of ${value.byteLength} bytes for map ${this.name}, which has ${this.spec.valueSizeBytes}`,
      );
    }
    const all = new Uint8Array(this.transferSizeBytes);
    for (let offset = 0; offset < all.length; offset += this.slotSizeBytes) all.set(value, offset);
    return all;
  }

  /** True if it worked, false on one of the `absent` errors. */
  #request(command: number, attr: Attr, absent: readonly number[]): boolean {
    if (this.#closed) throw new BugError(`map ${this.name} is closed`);
    const result = tryBpf(command, attr);
    if (result < 0 && absent.includes(-result)) return false;
    checked(`${bpfCallName(command)} on map ${this.spec.title ?? this.name}`, result, elementAdvice);
    return true;
  }
}

export interface MapInfo {
  readonly id: number;
  readonly type: number;
  readonly keySizeBytes: number;
  readonly valueSizeBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
}

function createMap(spec: MapSpec, options: MapCreateOptions): number {
  const attr = new Attr(80)
    .u32(0, spec.type)
    .u32(4, spec.keySizeBytes)
    .u32(8, spec.valueSizeBytes)
    .u32(12, spec.maxEntries)
    .u32(16, spec.flags)
    .text(28, 16, kernelName(spec.name))
    .u64(64, options.extra ?? 0n);
  if (options.innerMap !== undefined) attr.u32(20, options.innerMap.fd);
  const storageBtf =
    options.btf === undefined && isLocalStorageMap(spec.type) ? loadStorageBtf(spec.valueSizeBytes) : undefined;
  const btf = storageBtf ?? options.btf;
  if (btf !== undefined) attr.u32(48, btf.fd).u32(52, btf.keyTypeId).u32(56, btf.valueTypeId);
  try {
    const result = withMemlockRetry(() => tryBpf(Command.MapCreate, attr));
    return checked(`bpf(MAP_CREATE) of map ${spec.title ?? spec.name}`, result, (errno) => createAdvice(errno, spec));
  } finally {
    if (storageBtf !== undefined) closeFd(storageBtf.fd);
  }
}

/** The kernel allows letters, digits, `_` and `.` in the names of programs and maps. */
export function kernelName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15);
}

function createAdvice(errno: number, spec: MapSpec): string | undefined {
  if (errno !== Errno.EINVAL && errno !== Errno.E2BIG) return bpfAdvice(errno);
  return `This kernel does not make such a map (type ${spec.type}, key ${spec.keySizeBytes} bytes, value ${spec.valueSizeBytes} bytes, ${spec.maxEntries} entries).`;
}

function elementAdvice(errno: number): string | undefined {
  if (errno === Errno.E2BIG) return 'The map is full: make it larger.';
  return bpfAdvice(errno);
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}
