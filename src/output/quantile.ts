import { bucketRange } from './histogram.ts';

/** Values that so many percent of all don't exceed. Undefined: it is among the negative ones, which share a bucket. */
export interface Quantiles {
  readonly p50: bigint | undefined;
  readonly p90: bigint | undefined;
  readonly p99: bigint | undefined;
  /** Exact. */
  readonly max: bigint;
}

/** From a histogram: the middle of the bucket that holds the value, which is within 1 % for 6 `bits`. */
export function computeQuantiles(bits: number, counts: readonly bigint[], total: bigint, max: bigint): Quantiles {
  const at = (percent: bigint): bigint | undefined => {
    const index = bucketOfRank(counts, (total * percent + 99n) / 100n);
    if (index < 0) return 0n;
    const { min, max: end } = bucketRange({ kind: 'hist', bits, buckets: counts.length }, index);
    if (min === undefined || end === undefined) return undefined;
    const middle = (min + end) / 2n;
    return middle > max ? max : middle;
  };
  return { p50: at(50n), p90: at(90n), p99: at(99n), max };
}

/** Of the `rank`th smallest value, from 1; negative: there are none. */
function bucketOfRank(counts: readonly bigint[], rank: bigint): number {
  let below = 0n;
  for (const [index, count] of counts.entries()) {
    below += count;
    if (count !== 0n && below >= rank) return index;
  }
  return -1;
}
