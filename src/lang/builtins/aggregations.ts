/** count(), sum(), …: what a map or a map's element collects (spec V-01 to V-10). */
import type { Aggregation, SeriesCombination } from '../../spec/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { allowsUnstable } from '../passes/expressions/unstable.ts';
import { isSigned } from '../passes/expressions/values.ts';
import { isNatural } from '../types/index.ts';
import type { AggregationUse, CallNode, FunctionBuiltin } from './builtin.ts';
import { literalNumber, literalText, numberArgument } from './arguments.ts';

const MAX_HIST_BITS = 5n;
const MAX_LHIST_BUCKETS = 1000n;
/** Buckets 1/64 as wide as their lower edge: their middle is less than 1 % off. The largest that a key's value has room for. */
const QUANTILE_BITS = 6;
const MAX_SHOWN = 1_000_000n;
const MAX_INTERVALS = 1_000_000n;
const COMBINATIONS: readonly SeriesCombination[] = ['avg', 'max', 'min', 'sum'];

export const aggregationFunctions: readonly FunctionBuiltin[] = [
  {
    name: 'count',
    arguments: [0, 0],
    aggregation: () => ({ aggregation: { kind: 'count' }, value: undefined, bending: false }),
  },
  number('sum'),
  number('min'),
  number('max'),
  number('avg'),
  number('stats'),
  { name: 'hist', arguments: [1, 2], aggregation: histogram },
  { name: 'lhist', arguments: [4, 4], aggregation: linearHistogram },
  { name: 'tseries', arguments: [3, 4], aggregation: timeSeries },
  { name: 'quantile', arguments: [1, 1], aggregation: quantiles },
  { name: 'topk', arguments: [1, 2], aggregation: largest },
];

function number(kind: 'sum' | 'min' | 'max' | 'avg' | 'stats'): FunctionBuiltin {
  return {
    name: kind,
    arguments: [1, 1],
    aggregation: (context, call) => {
      const value = numberArgument(context, call, 0);
      return value === undefined ? undefined : use({ kind, signed: isSigned(value.type) }, value);
    },
  };
}

function use(aggregation: Aggregation, value: Expression): AggregationUse {
  return { aggregation, value, bending: isNatural(value.type) };
}

function histogram(context: Context, call: CallNode): AggregationUse | undefined {
  const value = numberArgument(context, call, 0);
  const bits = call.arguments.length > 1 ? literalNumber(context, call, 1) : 0n;
  if (value === undefined || bits === undefined) return undefined;
  if (bits < 0n || bits > MAX_HIST_BITS)
    return context.error('range', call.span, `hist: bits ${bits} must be 0..${MAX_HIST_BITS}`);
  return use({ kind: 'hist', bits: Number(bits), buckets: histBuckets(Number(bits)) }, value);
}

/** Index of the largest value, 2^63 - 1, and one more for the count. */
function histBuckets(bits: number): number {
  return ((62 - bits + 1) << bits) + ((1 << bits) - 1) + 2;
}

function quantiles(context: Context, call: CallNode): AggregationUse | undefined {
  const value = numberArgument(context, call, 0);
  if (value === undefined) return undefined;
  const buckets = histBuckets(QUANTILE_BITS);
  return use({ kind: 'quantile', signed: isSigned(value.type), bits: QUANTILE_BITS, buckets }, value);
}

/** `topk(n)` counts, `topk(n, weight)` adds up. */
function largest(context: Context, call: CallNode): AggregationUse | undefined {
  const shown = literalNumber(context, call, 0);
  if (shown === undefined) return undefined;
  if (shown < 1n || shown > MAX_SHOWN)
    return context.error('range', call.span, `topk() shows 1..${MAX_SHOWN} keys (provided ${shown})`);
  if (call.arguments.length === 1)
    return { aggregation: { kind: 'topk', signed: true, shown: Number(shown) }, value: undefined, bending: true };
  const weight = numberArgument(context, call, 1);
  return weight === undefined
    ? undefined
    : use({ kind: 'topk', signed: isSigned(weight.type), shown: Number(shown) }, weight);
}

function linearHistogram(context: Context, call: CallNode): AggregationUse | undefined {
  const value = numberArgument(context, call, 0);
  const bounds = [1, 2, 3].map((index) => literalNumber(context, call, index));
  const [min, max, step] = bounds;
  if (value === undefined || min === undefined || max === undefined || step === undefined) return undefined;
  const problem = boundsProblem(min, max, step);
  if (problem !== undefined) return context.error('range', call.span, problem);
  const buckets = Number((max - min) / step) + 2;
  return use({ kind: 'lhist', min, max, step, buckets }, value);
}

function boundsProblem(min: bigint, max: bigint, step: bigint): string | undefined {
  if (min >= max) return `lhist() min must be less than max (provided min ${min} and max ${max})`;
  if (step < 1n) return `lhist() step must be >= 1 (provided ${step})`;
  if (step > max - min)
    return `lhist() step is too large for the given range (provided step ${step} for range ${max - min})`;
  const buckets = (max - min) / step;
  return buckets <= MAX_LHIST_BUCKETS
    ? undefined
    : `lhist() too many buckets, must be <= ${MAX_LHIST_BUCKETS} (would need ${buckets})`;
}

function timeSeries(context: Context, call: CallNode): AggregationUse | undefined {
  const value = numberArgument(context, call, 0);
  const intervalNs = literalNumber(context, call, 1);
  const count = literalNumber(context, call, 2);
  const name = call.arguments.length > 3 ? literalText(context, call, 3) : 'last';
  if (value === undefined || intervalNs === undefined || count === undefined || name === undefined) return undefined;
  if (!isAllowed(context, call)) return undefined;
  if (intervalNs < 1n)
    return context.error('range', call.span, `tseries() interval_ns must be >= 1 (provided ${intervalNs})`);
  if (count < 1n || count > MAX_INTERVALS)
    return context.error('range', call.span, `tseries() num_intervals must be 1..${MAX_INTERVALS} (provided ${count})`);
  const combine = name === 'last' ? name : COMBINATIONS.find((known) => known === name);
  if (combine === undefined || (name === 'last' && call.arguments.length > 3)) {
    const known = COMBINATIONS.map((one) => `"${one}"`).join(', ');
    return context.error('range', call.span, `tseries() aggregation must be one of ${known} (provided "${name}")`);
  }
  return use({ kind: 'tseries', signed: isSigned(value.type), intervalNs, count: Number(count), combine }, value);
}

function isAllowed(context: Context, call: CallNode): boolean {
  const setting = context.script.config.unstableTseries;
  const feature = { name: 'tseries()', what: 'what it prints', key: 'unstable_tseries', setting };
  return allowsUnstable(context, call.span, feature);
}
