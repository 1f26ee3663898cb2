import { BugError } from '../base/index.ts';
import {
  additiveWords,
  combineAggregation,
  isUsed,
  type MapEntry,
  type MapSnapshot,
  remainderOf,
  wordCount,
} from '../output/index.ts';
import type { DataLayout, MapColumns, MapStorage, PlannedMap, ScriptPlan } from '../spec/index.ts';
import type { Backend } from './backend.ts';
import { Leftovers } from './leftovers.ts';

const NO_KEY = new Uint8Array(0);
const MINUS_ONE = new Uint8Array(8).fill(0xff);
type PerCpuStorage = Extract<MapStorage, { kind: 'perCpu' }>;

/** The script's maps by name, wherever they are stored. */
export class ScriptMaps {
  readonly #backend: Backend;
  readonly #plan: ScriptPlan;
  readonly #byName: ReadonlyMap<string, PlannedMap>;
  /** Scalars that were set when zero() came: they show zero values, where the memory alone would say unset. */
  readonly #zeroed = new Set<string>();
  readonly #leftovers = new Leftovers();
  readonly #clearedWhenPrinted: ReadonlySet<string>;

  constructor(plan: ScriptPlan, backend: Backend) {
    this.#plan = plan;
    this.#backend = backend;
    const clears = plan.events.filter((event) => event.kind === 'clearMap' && event.printed === true);
    this.#clearedWhenPrinted = new Set(clears.map((event) => ('map' in event ? event.map : '')));
    this.#byName = new Map(plan.maps.map((map) => [map.name, map]));
  }

  /** In byte order of their names. */
  names(): string[] {
    return [...this.#byName.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  snapshot(name: string): MapSnapshot {
    return this.#leftovers.addTo(this.#read(name));
  }

  /** The same for a print, which a clear of what was printed may follow. */
  snapshotToPrint(name: string): MapSnapshot {
    const snapshot = this.#read(name);
    if (this.#clearedWhenPrinted.has(name)) this.#leftovers.notePrinted(name, () => snapshot.entries);
    return this.#leftovers.addTo(snapshot);
  }

  #read(name: string): MapSnapshot {
    const map = this.#map(name);
    const { storage } = map;
    if (storage.kind === 'map') {
      const columns = this.#backend.columns?.(storage.map);
      if (columns !== undefined)
        return new ColumnSnapshot(map, columns, this.#strideInMap(map, storage.perCpu, columns.valueSizeBytes));
      const entries = Array.from(this.#backend.entries(storage.map));
      return { map, entries, strideBytes: this.#strideInMap(map, storage.perCpu, entries[0]?.value.length ?? 8) };
    }
    const value = storage.kind === 'shared' ? this.#sharedValue(map, storage) : this.#perCpuValue(map, storage);
    const strideBytes = storage.kind === 'perCpu' ? storage.sizeBytes : (value?.length ?? 8);
    return { map, entries: value === undefined ? [] : [{ key: NO_KEY, value }], strideBytes };
  }

  /** Takes away what was last printed, and leaves what was counted since. */
  clearPrinted(name: string): void {
    const map = this.#map(name);
    const printed = this.#leftovers.takePrinted(name);
    const { storage } = map;
    const isCounted = map.value.kind === 'aggregation' || map.isCounter === true;
    if (printed === undefined || !isCounted) return this.clear(name);
    this.#zeroed.delete(name);
    if (storage.kind === 'map') this.#leftovers.keep(map, printed, this.#backend.takeAll(storage.map));
    else this.#subtract(map, printed[0]?.value);
  }

  /** In the data region. */
  #subtract(map: PlannedMap, printed: Uint8Array | undefined): void {
    const { storage } = map;
    const { data } = this.#backend;
    if (printed === undefined) return;
    if (storage.kind === 'shared') {
      data.zero(storage.isSetOffset, 8);
      data.subtract(storage.valueOffset, printed.subarray(0, 8));
      if (data.readCounter(storage.valueOffset) !== 0) data.subtract(storage.isSetOffset, MINUS_ONE);
    } else if (storage.kind === 'perCpu' && map.value.kind === 'aggregation') {
      const { aggregation } = map.value;
      const { offset, sizeBytes, isSetOffset } = storage;
      const sumBytes = additiveWords(aggregation) * 8;
      this.#blocks().forEach((block, cpu) => {
        const share = printed.subarray(cpu * sizeBytes, (cpu + 1) * sizeBytes);
        if (isSetOffset !== undefined) data.zero(block + isSetOffset, 8);
        data.subtract(block + offset, share.subarray(0, sumBytes));
        const rest = remainderOf(aggregation, share, data.copy(block + offset, sizeBytes)).subarray(sumBytes);
        if (rest.length > 0 && rest.every((byte) => byte === 0)) data.zero(block + offset + sumBytes, rest.length);
      });
    }
  }

  /** Deletes all keys; a scalar becomes unset. */
  clear(name: string): void {
    const { storage } = this.#map(name);
    this.#zeroed.delete(name);
    this.#leftovers.forget(name);
    if (storage.kind === 'map') return this.#backend.deleteAll(storage.map);
    this.#zeroValue(this.#map(name));
    if (storage.kind === 'shared') this.#backend.data.zero(storage.isSetOffset, 8);
    else if (storage.isSetOffset !== undefined)
      for (const block of this.#blocks()) this.#backend.data.zero(block + storage.isSetOffset, 8);
  }

  /** Keeps the keys and sets the values to 0. */
  zero(name: string): void {
    const map = this.#map(name);
    const { storage } = map;
    this.#leftovers.forget(name);
    if (storage.kind === 'map') {
      for (const { key, value } of this.#backend.entries(storage.map))
        this.#backend.update(storage.map, key, new Uint8Array(value.length));
      return;
    }
    if (isEmptySnapshot(this.snapshot(name))) return;
    if (storage.kind === 'perCpu') this.#zeroed.add(name);
    this.#zeroValue(map);
  }

  #map(name: string): PlannedMap {
    const map = this.#byName.get(name);
    if (map === undefined) throw new BugError(`the plan has no map ${name}`);
    return map;
  }

  #strideInMap(map: PlannedMap, perCpu: boolean, valueSizeBytes: number): number {
    return map.value.kind === 'aggregation' && perCpu ? wordCount(map.value.aggregation) * 8 : valueSizeBytes;
  }

  #sharedValue(map: PlannedMap, storage: Extract<MapStorage, { kind: 'shared' }>): Uint8Array | undefined {
    if (this.#backend.data.readCounter(storage.isSetOffset) === 0) return undefined;
    return this.#backend.data.copy(storage.valueOffset, valueSize(map));
  }

  #perCpuValue(map: PlannedMap, storage: PerCpuStorage): Uint8Array | undefined {
    const { data } = this.#backend;
    const blocks = this.#blocks();
    const value = new Uint8Array(blocks.length * storage.sizeBytes);
    blocks.forEach((block, cpu) =>
      value.set(data.copy(block + storage.offset, storage.sizeBytes), cpu * storage.sizeBytes),
    );
    const { isSetOffset } = storage;
    const isMarked = isSetOffset !== undefined && blocks.some((block) => data.readCounter(block + isSetOffset) !== 0);
    return isMarked || this.#zeroed.has(map.name) || hasContent(map, value, storage.sizeBytes) ? value : undefined;
  }

  #zeroValue(map: PlannedMap): void {
    const { storage } = map;
    const { data } = this.#backend;
    if (storage.kind === 'shared') data.zero(storage.valueOffset, roundUp8(valueSize(map)));
    else if (storage.kind === 'perCpu')
      for (const block of this.#blocks()) data.zero(block + storage.offset, roundUp8(storage.sizeBytes));
  }

  #blocks(): number[] {
    return cpuBlocks(this.#plan.data as DataLayout);
  }
}

/** Objects are made of the elements only where someone asks for them. */
class ColumnSnapshot implements MapSnapshot {
  readonly map: PlannedMap;
  readonly columns: MapColumns;
  readonly strideBytes: number;
  #entries: readonly MapEntry[] | undefined;

  constructor(map: PlannedMap, columns: MapColumns, strideBytes: number) {
    this.map = map;
    this.columns = columns;
    this.strideBytes = strideBytes;
  }

  get entries(): readonly MapEntry[] {
    const { count, keys, keySizeBytes, values, valueSizeBytes } = this.columns;
    this.#entries ??= Array.from({ length: count }, (_, i) => ({
      key: keys.subarray(i * keySizeBytes, (i + 1) * keySizeBytes),
      value: values.subarray(i * valueSizeBytes, (i + 1) * valueSizeBytes),
    }));
    return this.#entries;
  }
}

export function isEmptySnapshot(snapshot: MapSnapshot): boolean {
  return (snapshot.columns?.count ?? snapshot.entries.length) === 0;
}

/** Offset of each CPU's block in the data region. */
export function cpuBlocks(layout: DataLayout): number[] {
  return Array.from({ length: layout.cpus }, (_, cpu) => layout.perCpuOffset + cpu * layout.perCpuStrideBytes);
}

function hasContent(map: PlannedMap, value: Uint8Array, strideBytes: number): boolean {
  if (map.value.kind === 'aggregation') return isUsed(combineAggregation(map.value.aggregation, value, strideBytes));
  return value.some((byte) => byte !== 0);
}

function valueSize(map: PlannedMap): number {
  return map.value.kind === 'value' ? map.value.type.size : wordCount(map.value.aggregation) * 8;
}

function roundUp8(size: number): number {
  return (size + 7) & ~7;
}
