import { byteStringOf, type MapEntry, type MapSnapshot, remainderOf, viewOf } from '../output/index.ts';
import type { PlannedMap } from '../spec/index.ts';

const NOTHING = new Uint8Array(0);

/**
 * What was counted between printing and clearing a map. It left the kernel with the clearing, and is shown with
 * what comes next.
 */
export class Leftovers {
  readonly #printed = new Map<string, () => readonly MapEntry[]>();
  readonly #kept = new Map<string, readonly MapEntry[]>();

  /** These are the kernel's entries as they are printed; a clear may follow. */
  notePrinted(name: string, entries: () => readonly MapEntry[]): void {
    this.#printed.set(name, entries);
  }

  /** The entries that were printed since the last clear; undefined: none were. */
  takePrinted(name: string): readonly MapEntry[] | undefined {
    const printed = this.#printed.get(name);
    this.#printed.delete(name);
    return printed?.();
  }

  /** Everything goes, what is kept too. */
  forget(name: string): void {
    this.#printed.delete(name);
    this.#kept.delete(name);
  }

  /** `taken` are the entries that the kernel held when it was cleared. */
  keep(map: PlannedMap, printed: readonly MapEntry[], taken: Iterable<MapEntry>): void {
    const before = new Map(printed.map(({ key, value }) => [keyName(key), value]));
    const kept: MapEntry[] = [];
    for (const { key, value } of taken) {
      const rest = remainder(map, before.get(keyName(key)) ?? NOTHING, value);
      if (rest.some((byte) => byte !== 0)) kept.push({ key, value: rest });
    }
    this.#kept.set(map.name, kept);
  }

  /** With what is kept: as shares of more CPUs, or added to plain numbers. */
  addTo(snapshot: MapSnapshot): MapSnapshot {
    const kept = this.#kept.get(snapshot.map.name);
    if (kept === undefined || kept.length === 0) return snapshot;
    const rest = new Map(kept.map((entry) => [keyName(entry.key), entry]));
    const entries = snapshot.entries.map((entry) => {
      const name = keyName(entry.key);
      const more = rest.get(name);
      rest.delete(name);
      return more === undefined ? entry : { key: entry.key, value: join(snapshot.map, entry.value, more.value) };
    });
    return { map: snapshot.map, strideBytes: snapshot.strideBytes, entries: [...entries, ...rest.values()] };
  }
}

function remainder(map: PlannedMap, printed: Uint8Array, now: Uint8Array): Uint8Array {
  if (map.value.kind === 'aggregation') return remainderOf(map.value.aggregation, printed, now);
  const rest = now.slice();
  const before = printed.length < 8 ? 0n : viewOf(printed).view.getBigUint64(0, true);
  const { view } = viewOf(rest);
  view.setBigUint64(0, view.getBigUint64(0, true) - before, true);
  return rest;
}

function join(map: PlannedMap, value: Uint8Array, more: Uint8Array): Uint8Array {
  if (map.value.kind === 'aggregation') {
    const joined = new Uint8Array(value.length + more.length);
    joined.set(value);
    joined.set(more, value.length);
    return joined;
  }
  const sum = value.slice();
  const { view } = viewOf(sum);
  view.setBigUint64(0, view.getBigUint64(0, true) + viewOf(more).view.getBigUint64(0, true), true);
  return sum;
}

function keyName(key: Uint8Array): string {
  return byteStringOf(key, 0, undefined);
}
