/**
 * The data region: one mmapped array value that all programs of a script share with the user side. Scalars live here
 * because an address that is known at load costs no look-up, and because the user side reads them without a system call.
 */
import { BpfFlag, MapType } from '../../abi/index.ts';
import type { DataLayout, MapSpec, WarningSite } from '../../spec/index.ts';
import type { Value } from '../ir/index.ts';

export const DATA_MAP = 'data';

/** Two CPUs must not write to one cache line; two lines because they are fetched in pairs. */
const CACHE_LINES = 128;

export class DataRegion {
  private sharedSize = 0;
  private perCpuSize = 0;
  private readonly initial: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  private readonly placed = new Map<object, number>();
  readonly warnings: WarningSite[] = [];
  readonly cpus: number;
  private readonly idSpace = { next: -1 };
  /**
   * Where the per-CPU blocks start and how large they are is known when all programs are lowered: these two values
   * stand in every program and get their contents in `finish`.
   */
  readonly perCpuBase: Value = { id: this.idSpace.next--, op: 'mapValue', map: DATA_MAP, offset: 0 };
  readonly perCpuShift: Value = { id: this.idSpace.next--, op: 'const', value: 7n };

  constructor(possibleCpus: number) {
    // At least two: with one, the address of its block would fold into constants before it is known.
    this.cpus = 2 ** Math.ceil(Math.log2(Math.max(2, possibleCpus)));
  }

  /** Offset from the start of the region. */
  shared(sizeBytes: number): number {
    const offset = this.sharedSize;
    this.sharedSize += roundUp(sizeBytes, 8);
    return offset;
  }

  sharedBytes(bytes: Uint8Array): number {
    const offset = this.shared(bytes.length);
    this.initial.push({ offset, bytes });
    return offset;
  }

  /** The offset of bytes that are made and placed when first asked for by this key. */
  sharedOnce(key: object, make: () => Uint8Array): number {
    let offset = this.placed.get(key);
    if (offset === undefined) this.placed.set(key, (offset = this.sharedBytes(make())));
    return offset;
  }

  /** Offset within each CPU's block. */
  perCpu(sizeBytes: number): number {
    const offset = this.perCpuSize;
    this.perCpuSize += roundUp(sizeBytes, 8);
    return offset;
  }

  get isUsed(): boolean {
    return this.sharedSize > 0 || this.perCpuSize > 0;
  }

  finish(lostOffset: number | undefined, exitOffset: number | undefined): { layout: DataLayout; map: MapSpec } {
    const perCpuOffset = roundUp(Math.max(this.sharedSize, 8), CACHE_LINES);
    const shift = Math.max(7, Math.ceil(Math.log2(Math.max(this.perCpuSize, 1))));
    const perCpuStrideBytes = 2 ** shift;
    const sizeBytes = this.perCpuSize === 0 ? perCpuOffset : perCpuOffset + perCpuStrideBytes * this.cpus;
    Object.assign(this.perCpuBase, { offset: perCpuOffset });
    Object.assign(this.perCpuShift, { value: BigInt(shift) });
    const layout: DataLayout = {
      map: DATA_MAP,
      sizeBytes,
      perCpuOffset,
      perCpuStrideBytes,
      cpus: this.cpus,
      ...(lostOffset === undefined ? {} : { lostOffset }),
      ...(exitOffset === undefined ? {} : { exitOffset }),
      warnings: this.warnings,
    };
    const map: MapSpec = {
      name: DATA_MAP,
      type: MapType.Array,
      keySizeBytes: 4,
      valueSizeBytes: sizeBytes,
      maxEntries: 1,
      flags: BpfFlag.BPF_F_MMAPABLE,
      ...(this.initial.length === 0 ? {} : { contents: [[new Uint8Array(4), this.initialValue(sizeBytes)]] }),
    };
    return { layout, map };
  }

  private initialValue(sizeBytes: number): Uint8Array {
    const value = new Uint8Array(sizeBytes);
    for (const { offset, bytes } of this.initial) value.set(bytes, offset);
    return value;
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
