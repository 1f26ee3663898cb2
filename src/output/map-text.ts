import type { Aggregation, MapColumns, PlannedMap, ValueType } from '../spec/index.ts';
import { type Aggregate, combineAggregation, weightOf } from './aggregate.ts';
import { type ByteString, encodeText } from './byte-string.ts';
import { compareBytes, compareNumbers, compareValues } from './compare.ts';
import { formatHistogram } from './histogram.ts';
import { joinLarge, type LargeView, MANY_ELEMENTS, viewLarge } from './large-map.ts';
import type { FormatOptions } from './resolver.ts';
import { type SeriesAggregation, type SeriesPoint, windowOf } from './series.ts';
import { formatSeries } from './series-text.ts';
import { formatValue } from './value-text.ts';
import { readNumber, type ValueBytes, viewOf } from './value-reader.ts';

/** One element of a script's map. */
export interface MapEntry {
  /** Empty for a scalar. */
  readonly key: Uint8Array;
  /** Of an aggregation: the CPUs' shares, `strideBytes` apart. */
  readonly value: Uint8Array;
}

/** A map's state at one moment. */
export interface MapSnapshot {
  readonly map: PlannedMap;
  /** Of a scalar at most one; none: it is not set. */
  readonly entries: readonly MapEntry[];
  /** The same in columns, where there are many. */
  readonly columns?: MapColumns;
  /** Distance of the CPUs' shares of an aggregation. */
  readonly strideBytes: number;
}

export interface MapPrintOptions {
  /** Show only so many entries: those that sort last. 0 or less: all. */
  readonly top?: number;
  /** Divide numbers, averages and counts in hist buckets. */
  readonly div?: number;
}

/** An entry ready to be shown, in its place in the order. */
export interface OrderedEntry {
  readonly key: ValueBytes;
  readonly value: ValueBytes;
  readonly aggregate: Aggregate | undefined;
}

/** The entries in the order in which they are shown, after `top`. */
export function orderEntries(snapshot: MapSnapshot, top = 0): OrderedEntry[] {
  const { map } = snapshot;
  const entries = snapshot.entries.map((entry): OrderedEntry & { weight: bigint } => {
    const value = viewOf(entry.value);
    const aggregate =
      map.value.kind === 'aggregation'
        ? combineAggregation(map.value.aggregation, entry.value, snapshot.strideBytes)
        : undefined;
    return { key: viewOf(entry.key), value, aggregate, weight: entryWeight(map, value, aggregate) };
  });
  const keyType = map.key;
  if (isSeries(map)) return entries.sort((a, b) => compareBytes(a.key.bytes, b.key.bytes));
  if (keyType !== undefined) {
    entries.sort((a, b) => compareNumbers(a.weight, b.weight) || compareValues(keyType, a.key, 0, b.key, 0));
  }
  const shown = top > 0 ? top : shownOf(map);
  return shown > 0 ? entries.slice(-shown) : entries;
}

/** topk() says how many entries are shown where print() doesn't. */
function shownOf({ value }: PlannedMap): number {
  return value.kind === 'aggregation' && value.aggregation.kind === 'topk' ? value.aggregation.shown : 0;
}

/**
 * The text of a whole map, ending with a newline; '' when there is nothing to show. An unset scalar shows its
 * zero value; who dumps maps leaves unset scalars out before.
 */
export function formatMap(snapshot: MapSnapshot, print: MapPrintOptions, options: FormatOptions): ByteString {
  const { map } = snapshot;
  const name = encodeText(map.name);
  const divisor = BigInt(print.div ?? 1);
  if (map.key === undefined) return formatScalar(snapshot, name, divisor, options);
  const key = map.key;
  const large = largeViewOf(snapshot, print, options);
  if (large !== undefined) return joinLarge(large, (i) => `${name}[${large.keyText(i)}]: ${large.valueText(i)}\n`);
  const entries = orderEntries(snapshot, print.top);
  const label = (entry: OrderedEntry): ByteString => `${name}[${formatKey(key, entry.key, options)}]`;
  if (isSeries(map)) return formatAllSeries(map, entries, label, options);
  return entries.map((entry) => formatEntry(map, label(entry), entry, divisor, options)).join('');
}

/** A map of which there are many elements in columns, where it can be shown from there. */
export function largeViewOf(
  { map, columns, strideBytes }: MapSnapshot,
  print: MapPrintOptions,
  options: FormatOptions,
): LargeView | undefined {
  const { key } = map;
  if (key === undefined || columns === undefined || columns.count < MANY_ELEMENTS) return undefined;
  const top = print.top !== undefined && print.top > 0 ? print.top : shownOf(map);
  return viewLarge({ map: { ...map, key }, columns, strideBytes }, { top, divisor: BigInt(print.div ?? 1) }, options);
}

/** Series share their window: keys without a value in it are left out. */
function formatAllSeries(
  map: SeriesMap,
  entries: readonly OrderedEntry[],
  label: (entry: OrderedEntry) => ByteString,
  options: FormatOptions,
): ByteString {
  const { aggregation } = map.value;
  const window = windowOf(aggregation, entries.map(pointsOf));
  return entries
    .map((entry) => {
      if (window === undefined) return `${label(entry)}:\n<no data>\n`;
      const body = formatSeries(aggregation, pointsOf(entry), window, options.resolver);
      return body === undefined ? '' : `${label(entry)}:\n${body}\n`;
    })
    .join('');
}

type SeriesMap = PlannedMap & { readonly value: { readonly aggregation: SeriesAggregation } };

export function isSeries(map: PlannedMap): map is SeriesMap {
  return map.value.kind === 'aggregation' && map.value.aggregation.kind === 'tseries';
}

export function pointsOf({ aggregate }: OrderedEntry): readonly SeriesPoint[] {
  return aggregate?.kind === 'series' ? aggregate.points : [];
}

/** A key's text between the brackets: several parts stand without the tuple's own parentheses. */
export function formatKey(type: ValueType, key: ValueBytes, options: FormatOptions): ByteString {
  const text = formatValue(type, key, 0, options);
  return type.kind === 'tuple' ? text.slice(1, -1) : text;
}

export function isHistogram(aggregation: Aggregation): aggregation is Extract<Aggregation, { kind: 'hist' | 'lhist' }> {
  return aggregation.kind === 'hist' || aggregation.kind === 'lhist';
}

/** Division as print(@m, top, div) does it: rounds toward zero. */
export function divideEntryNumber(type: ValueType, value: ValueBytes, divisor: bigint): bigint | undefined {
  return type.kind === 'integer' && divisor !== 1n ? (readNumber(type, value.view, 0) as bigint) / divisor : undefined;
}

/** What an unset scalar shows; undefined for histograms and series, which show nothing. */
export function zeroEntry(map: PlannedMap): OrderedEntry | undefined {
  const size = map.value.kind === 'value' ? map.value.type.size : 0;
  const value = viewOf(new Uint8Array(Math.max(size, 8)));
  if (map.value.kind === 'value') return { key: value, value, aggregate: undefined };
  const { aggregation } = map.value;
  if (isHistogram(aggregation) || aggregation.kind === 'tseries') return undefined;
  return { key: value, value, aggregate: combineAggregation(aggregation, new Uint8Array(0), 8) };
}

function formatScalar(snapshot: MapSnapshot, name: ByteString, divisor: bigint, options: FormatOptions): ByteString {
  const entry = orderEntries(snapshot)[0] ?? zeroEntry(snapshot.map);
  if (entry === undefined) return '';
  if (isSeries(snapshot.map)) return formatAllSeries(snapshot.map, [entry], () => name, options);
  return formatEntry(snapshot.map, name, entry, divisor, options);
}

function formatEntry(
  map: PlannedMap,
  label: ByteString,
  entry: OrderedEntry,
  divisor: bigint,
  options: FormatOptions,
): ByteString {
  if (map.value.kind === 'value') {
    const quotient = divideEntryNumber(map.value.type, entry.value, divisor);
    return `${label}: ${quotient === undefined ? formatValue(map.value.type, entry.value, 0, options) : quotient}\n`;
  }
  const { aggregation } = map.value;
  const aggregate = entry.aggregate as Aggregate;
  if (isHistogram(aggregation) && aggregate.kind === 'buckets') {
    return `${label}:\n${formatHistogram(aggregation, aggregate.counts, divisor)}\n`;
  }
  return `${label}: ${formatAggregate(aggregation, aggregate, divisor, options)}\n`;
}

/** The text of an aggregation that fits a line. */
function formatAggregate(
  aggregation: Aggregation,
  aggregate: Aggregate,
  divisor: bigint,
  { averageDigits, oldStats }: FormatOptions,
): ByteString {
  if (aggregate.kind === 'quantiles') {
    const shown = quantileFields(aggregate, divisor).map(([name, value]) => `.${name} = ${value ?? '<0'}`);
    return `{ ${shown.join(', ')} }`;
  }
  if (aggregate.kind === 'average') {
    const { count, total } = aggregate;
    const average = formatAverage(aggregate, divisor, averageDigits);
    if (aggregation.kind !== 'stats') return average;
    if (oldStats === true) return `count ${count}, average ${average}, total ${total}`;
    return `{ .count = ${count}, .average = ${average}, .total = ${total} }`;
  }
  return (weightOf(aggregate) / divisor).toString();
}

type Average = Extract<Aggregate, { kind: 'average' }>;

/** Rounded toward zero without digits, to the nearest with them. */
export function formatAverage({ count, total, average }: Average, divisor: bigint, digits = 0): string {
  if (digits === 0) return (average / divisor).toString();
  const share = count * divisor;
  const scaled =
    share === 0n ? 0n : ((total < 0n ? -total : total) * 10n ** BigInt(digits) * 2n + share) / (share * 2n);
  const text = scaled.toString().padStart(digits + 1, '0');
  const sign = total < 0n && scaled !== 0n ? '-' : '';
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Names and values in the order in which they are shown; undefined: below zero. */
export function quantileFields(
  { total, quantiles }: Extract<Aggregate, { kind: 'quantiles' }>,
  divisor: bigint,
): readonly (readonly [name: string, value: bigint | undefined])[] {
  const { p50, p90, p99, max } = quantiles;
  const values = Object.entries({ p50, p90, p99, max });
  return [
    ['count', total],
    ...values.map(([name, value]) => [name, value === undefined ? undefined : value / divisor] as const),
  ];
}

/** Entries sort by this, then by key; values that are no numbers don't weigh. */
function entryWeight(map: PlannedMap, value: ValueBytes, aggregate: Aggregate | undefined): bigint {
  if (aggregate !== undefined) return weightOf(aggregate);
  const type = (map.value as { type: ValueType }).type;
  return type.kind === 'integer' ? (readNumber(type, value.view, 0) as bigint) : 0n;
}
