import type { Aggregation } from '../spec/index.ts';

type HistAggregation = Extract<Aggregation, { kind: 'hist' }>;
type LhistAggregation = Extract<Aggregation, { kind: 'lhist' }>;

/** Values of one bucket; both ends belong to it. An absent end is open. */
export interface BucketRange {
  readonly min?: bigint;
  readonly max?: bigint;
}

const LABEL_WIDTH = 16;
const COUNT_WIDTH = 8;
const BAR_WIDTH = 52;
const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Rows from the first to the last bucket that is not empty, each with a newline; '' when all are empty. */
export function formatHistogram(
  aggregation: HistAggregation | LhistAggregation,
  counts: readonly bigint[],
  divisor = 1n,
): string {
  const [first, last] = usedBuckets(counts);
  const shown = counts.slice(first, last + 1).map((count) => (aggregation.kind === 'hist' ? count / divisor : count));
  const largest = shown.reduce((most, count) => (count > most ? count : most), 0n);
  return shown.map((count, index) => formatRow(bucketLabel(aggregation, first + index), count, largest)).join('');
}

/** Indices of the first and last bucket that is not empty; first > last when all are. */
export function usedBuckets(counts: readonly bigint[]): readonly [first: number, last: number] {
  const first = counts.findIndex((count) => count !== 0n);
  return first === -1 ? [0, -1] : [first, counts.findLastIndex((count) => count !== 0n)];
}

export function bucketRange(aggregation: HistAggregation | LhistAggregation, index: number): BucketRange {
  return aggregation.kind === 'hist' ? histRange(aggregation, index) : lhistRange(aggregation, index);
}

function bucketLabel(aggregation: HistAggregation | LhistAggregation, index: number): string {
  return aggregation.kind === 'hist' ? histLabel(aggregation, index) : lhistLabel(aggregation, index);
}

function formatRow(label: string, count: bigint, largest: bigint): string {
  const bar = '@'.repeat(barLength(count, largest));
  return `${label.padEnd(LABEL_WIDTH)}${count.toString().padStart(COUNT_WIDTH)} |${bar.padEnd(BAR_WIDTH)}|\n`;
}

/** In single precision, as the layout is specified. */
function barLength(count: bigint, largest: bigint): number {
  if (largest === 0n) return 0;
  const share = Math.fround(Math.fround(Number(count)) / Math.fround(Number(largest)));
  return Math.floor(Math.fround(share * BAR_WIDTH));
}

function histLabel({ bits }: HistAggregation, index: number): string {
  if (index === 0) return '(..., 0)';
  const step = index - 1;
  if (step < 2 << bits) return `[${step}]`;
  return `[${histEdgeText(step, bits)}, ${histEdgeText(step + 1, bits)})`;
}

/** Lower edge of the `step`th bucket from zero. From 1024 on the unit follows the power of two that the bucket is in. */
function histEdgeText(step: number, bits: number): string {
  const perPower = 1 << bits;
  const power = (step >> bits) - 1;
  return `${2 ** (power % 10) * (perPower + (step & (perPower - 1)))}${UNITS[Math.floor(power / 10)] ?? ''}`;
}

function histRange({ bits }: HistAggregation, index: number): BucketRange {
  if (index === 0) return { max: -1n };
  return { min: histEdge(index - 1, bits), max: histEdge(index, bits) - 1n };
}

function histEdge(step: number, bits: number): bigint {
  const perPower = 1 << bits;
  if (step < perPower) return BigInt(step);
  return BigInt(perPower + (step & (perPower - 1))) << BigInt((step >> bits) - 1);
}

function lhistLabel(aggregation: LhistAggregation, index: number): string {
  const { min, max, step } = aggregation;
  const lower = min + BigInt(index - 1) * step;
  if (index === 0) return `(..., ${lhistEdgeText(min, step)})`;
  if (lower + step > max) return `[${lhistEdgeText(lower, step)}, ...)`;
  return step === 1n ? `[${lower}]` : `[${lhistEdgeText(lower, step)}, ${lhistEdgeText(lower + step, step)})`;
}

function lhistRange({ min, max, step }: LhistAggregation, index: number): BucketRange {
  if (index === 0) return { max: min - 1n };
  const lower = min + BigInt(index - 1) * step;
  return lower + step > max ? { min: lower } : { min: lower, max: lower + step - 1n };
}

function lhistEdgeText(edge: bigint, step: bigint): string {
  if (step % 1024n !== 0n || edge === 0n) return edge.toString();
  if (edge % 1048576n === 0n) return `${edge / 1048576n}M`;
  return edge % 1024n === 0n ? `${edge / 1024n}K` : edge.toString();
}
