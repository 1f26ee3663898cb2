import type { Aggregation } from '../spec/index.ts';

export type SeriesAggregation = Extract<Aggregation, { kind: 'tseries' }>;

/** The value of one interval: `epoch` is how many intervals after 1970 it begins. */
export interface SeriesPoint {
  readonly epoch: bigint;
  readonly value: bigint;
}

/** Intervals that are shown: the last ones of the whole map. */
export interface SeriesWindow {
  readonly first: bigint;
  readonly last: bigint;
}

const WORDS = 3;

interface Slot {
  epoch: bigint;
  value: bigint;
  third: bigint;
}

/** What the CPUs gathered, by time. `blocks` are the offsets of their shares. */
export function combineSeries(
  aggregation: SeriesAggregation,
  view: DataView,
  blocks: readonly number[],
): readonly SeriesPoint[] {
  const slots = new Map<bigint, Slot>();
  for (const block of blocks) {
    for (let at = block; at < block + aggregation.count * WORDS * 8; at += WORDS * 8) {
      const epoch = view.getBigUint64(at, true);
      if (epoch === 0n) continue;
      const value = aggregation.signed ? view.getBigInt64(at + 8, true) : view.getBigUint64(at + 8, true);
      const slot: Slot = { epoch, value, third: view.getBigUint64(at + 16, true) };
      const known = slots.get(epoch);
      slots.set(epoch, known === undefined ? slot : combineSlots(aggregation, known, slot));
    }
  }
  return Array.from(slots.values(), ({ epoch, value, third }) => ({
    epoch,
    value: aggregation.combine === 'avg' && third !== 0n ? value / third : value,
  })).sort((a, b) => (a.epoch < b.epoch ? -1 : 1));
}

function combineSlots({ combine, signed }: SeriesAggregation, a: Slot, b: Slot): Slot {
  switch (combine) {
    case 'last':
      return a.third > b.third ? a : b;
    case 'min':
      return a.value < b.value ? a : b;
    case 'max':
      return a.value > b.value ? a : b;
    default: {
      const sum = a.value + b.value;
      return {
        epoch: a.epoch,
        value: signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum),
        third: a.third + b.third,
      };
    }
  }
}

/** Ends with the newest interval of any key. Undefined: there are no values. */
export function windowOf(
  { count }: SeriesAggregation,
  series: Iterable<readonly SeriesPoint[]>,
): SeriesWindow | undefined {
  let last: bigint | undefined;
  for (const points of series) {
    const newest = points.at(-1)?.epoch;
    if (newest !== undefined && (last === undefined || newest > last)) last = newest;
  }
  return last === undefined ? undefined : { first: last - BigInt(count) + 1n, last };
}

export function pointsInWindow(points: readonly SeriesPoint[], window: SeriesWindow): readonly SeriesPoint[] {
  return points.filter(({ epoch }) => epoch >= window.first && epoch <= window.last);
}
