import type { Aggregation } from '../spec/index.ts';
import { computeQuantiles, type Quantiles } from './quantile.ts';
import { combineSeries, type SeriesPoint } from './series.ts';
import { readInteger, viewOf } from './value-reader.ts';

/** An aggregation combined over all CPUs. */
export type Aggregate =
  | { readonly kind: 'number'; readonly value: bigint; readonly isSet: boolean }
  | { readonly kind: 'average'; readonly count: bigint; readonly total: bigint; readonly average: bigint }
  | { readonly kind: 'buckets'; readonly counts: readonly bigint[]; readonly total: bigint }
  | { readonly kind: 'quantiles'; readonly total: bigint; readonly quantiles: Quantiles }
  | { readonly kind: 'series'; readonly points: readonly SeriesPoint[] };

/**
 * Combines what the CPUs counted: `value` holds one CPU's words after another's, `strideBytes` apart
 * (layouts: see `Aggregation`).
 */
export function combineAggregation(aggregation: Aggregation, value: Uint8Array, strideBytes: number): Aggregate {
  const { view } = viewOf(value);
  const blocks: number[] = [];
  for (let at = 0; at + wordCount(aggregation) * 8 <= value.length; at += strideBytes) blocks.push(at);
  const word = (block: number, index: number): bigint => view.getBigUint64(block + index * 8, true);
  switch (aggregation.kind) {
    case 'count':
    case 'sum':
    case 'topk': {
      const signed = aggregation.kind !== 'count' && aggregation.signed;
      const total = wrap(
        blocks.reduce((sum, block) => sum + word(block, 0), 0n),
        signed,
      );
      return { kind: 'number', value: total, isSet: total !== 0n };
    }
    case 'min':
    case 'max':
      return combineExtreme(
        aggregation.kind,
        blocks.filter((block) => word(block, 1) !== 0n).map((block) => readInteger(view, block, 8, aggregation.signed)),
      );
    case 'avg':
    case 'stats': {
      const count = wrap(
        blocks.reduce((sum, block) => sum + word(block, 0), 0n),
        false,
      );
      const total = wrap(
        blocks.reduce((sum, block) => sum + word(block, 1), 0n),
        aggregation.signed,
      );
      return { kind: 'average', count, total, average: count === 0n ? 0n : total / count };
    }
    case 'hist':
    case 'lhist':
      return combineBuckets(aggregation.buckets, blocks, word);
    case 'quantile': {
      const { counts, total } = combineBuckets(aggregation.buckets, blocks, word);
      const ends = blocks.filter((block) => word(block, aggregation.buckets + 1) !== 0n);
      const largest = ends.map((block) => readInteger(view, block + aggregation.buckets * 8, 8, aggregation.signed));
      const max = largest.reduce((most, next) => (next > most ? next : most), largest[0] ?? 0n);
      return { kind: 'quantiles', total, quantiles: computeQuantiles(aggregation.bits, counts, total, max) };
    }
    case 'tseries':
      return { kind: 'series', points: combineSeries(aggregation, view, blocks) };
  }
}

/** Whether anything was ever put into it; a sum of zeros can't be told from none. */
export function isUsed(aggregate: Aggregate): boolean {
  switch (aggregate.kind) {
    case 'number':
      return aggregate.isSet;
    case 'average':
      return aggregate.count !== 0n;
    case 'buckets':
    case 'quantiles':
      return aggregate.total !== 0n;
    case 'series':
      return aggregate.points.length > 0;
  }
}

/** What entries are sorted by: the number, the average, or the count over all buckets. Series don't weigh. */
export function weightOf(aggregate: Aggregate): bigint {
  switch (aggregate.kind) {
    case 'number':
      return aggregate.value;
    case 'average':
      return aggregate.average;
    case 'buckets':
    case 'quantiles':
      return aggregate.total;
    case 'series':
      return 0n;
  }
}

/** u64 words that one CPU's share takes. */
export function wordCount(aggregation: Aggregation): number {
  switch (aggregation.kind) {
    case 'count':
    case 'sum':
    case 'topk':
      return 1;
    case 'quantile':
      return aggregation.buckets + 2;
    case 'hist':
    case 'lhist':
      return aggregation.buckets;
    case 'tseries':
      return aggregation.count * 3;
    default:
      return 2;
  }
}

function combineExtreme(kind: 'min' | 'max', values: readonly bigint[]): Aggregate {
  const [first, ...rest] = values;
  if (first === undefined) return { kind: 'number', value: 0n, isSet: false };
  const value = rest.reduce((best, next) => ((kind === 'min' ? next < best : next > best) ? next : best), first);
  return { kind: 'number', value, isSet: true };
}

function combineBuckets(
  count: number,
  blocks: readonly number[],
  word: (block: number, index: number) => bigint,
): Extract<Aggregate, { kind: 'buckets' }> {
  const counts: bigint[] = [];
  let total = 0n;
  for (let index = 0; index < count; index++) {
    let sum = 0n;
    for (const block of blocks) sum += word(block, index);
    counts.push(sum);
    total += sum;
  }
  return { kind: 'buckets', counts, total };
}

function wrap(value: bigint, signed: boolean): bigint {
  return signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
}
