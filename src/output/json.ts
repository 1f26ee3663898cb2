import type { NamedValueField, PlannedMap, ValueType } from '../spec/index.ts';
import { weightOf } from './aggregate.ts';
import { type ByteString, decodeText, encodeText } from './byte-string.ts';
import { bucketRange, usedBuckets } from './histogram.ts';
import { joinLarge, type LargeView } from './large-map.ts';
import {
  divideEntryNumber,
  formatAverage,
  formatKey,
  isHistogram,
  isSeries,
  largeViewOf,
  type MapPrintOptions,
  type MapSnapshot,
  type OrderedEntry,
  orderEntries,
  pointsOf,
  quantileFields,
  zeroEntry,
} from './map-text.ts';
import type { FormatOptions } from './resolver.ts';
import { pointsInWindow, type SeriesAggregation, type SeriesPoint, windowOf } from './series.ts';
import { formatIntervalStart } from './series-text.ts';
import { bufferBytes, formatValue } from './value-text.ts';
import { readBits, readInteger, type ValueBytes } from './value-reader.ts';

/** A JS string as a JSON string in UTF-8. */
export function jsonString(text: string): ByteString {
  // eslint-disable-next-line no-control-regex
  return `"${encodeText(text.replace(/["\\\x00-\x1f]/g, escapeCharacter))}"`;
}

/** A byte string as a JSON string; bytes that are no UTF-8 become U+FFFD. */
export function jsonText(text: ByteString): ByteString {
  return jsonString(decodeText(text));
}

/** A number, or its digits in quotes where a double can't hold it exactly. */
export function jsonNumber(value: bigint): ByteString {
  return BigInt(Number(value)) === value ? value.toString() : `"${value}"`;
}

/** Bytes as signed numbers. */
export function jsonBytes(bytes: Uint8Array): ByteString {
  return `[${Array.from(bytes, (byte) => (byte << 24) >> 24).join(',')}]`;
}

export function jsonValue(type: ValueType, memory: ValueBytes, offset: number, options: FormatOptions): ByteString {
  const { view } = memory;
  switch (type.kind) {
    case 'integer':
    case 'enum':
      return jsonNumber(readInteger(view, offset, type.size, type.signed));
    case 'pointer':
      return jsonNumber(view.getBigUint64(offset, true));
    case 'bool':
      return String(view.getUint8(offset) !== 0);
    case 'buffer':
      return jsonBytes(bufferBytes(memory, offset, type.size));
    case 'tuple':
      return `[${type.elements.map((element) => jsonValue(element.type, memory, offset + element.offset, options)).join(',')}]`;
    case 'array':
      return `[${Array.from({ length: type.count }, (_, index) => jsonValue(type.element, memory, offset + index * type.element.size, options)).join(',')}]`;
    case 'record':
      return `{${type.fields.map((field) => `${jsonString(field.name)}: ${jsonField(field, memory, offset + field.offset, options)}`).join(', ')}}`;
    case 'none':
      return 'null';
    default:
      return jsonText(formatValue(type, memory, offset, options));
  }
}

/** The object that shows a map, or undefined when there is nothing to show. Without a newline. */
export function formatMapJson(
  snapshot: MapSnapshot,
  print: MapPrintOptions,
  options: FormatOptions,
): ByteString | undefined {
  const { map } = snapshot;
  const large = largeViewOf(snapshot, print, options);
  if (large !== undefined && map.key !== undefined)
    return `{"type": "map", "data": {${jsonString(map.name)}: ${largeJson(map.key, large, options)}}}`;
  const entries = orderEntries(snapshot, print.top);
  const divisor = BigInt(print.div ?? 1);
  if (isSeries(map)) return seriesJson(map, entries, options);
  const show = (entry: OrderedEntry): ByteString => jsonEntry(snapshot, entry, divisor, options);
  let data: ByteString;
  if (map.key === undefined) {
    const entry = entries[0] ?? zeroEntry(map);
    if (entry === undefined) return undefined;
    data = show(entry);
  } else {
    if (entries.length === 0) return undefined;
    data = keyedJson(map.key, entries, entries.map(show), options);
  }
  return `{"type": "${typeName(snapshot)}", "data": {${jsonString(map.name)}: ${data}}}`;
}

/** An object by the keys' texts or, where keys are to keep their structure, a list of keys and values. */
export function keyedJson(
  type: ValueType,
  entries: readonly Pick<OrderedEntry, 'key'>[],
  values: readonly ByteString[],
  options: FormatOptions,
): ByteString {
  if (options.structuredKeys === true) {
    const pairs = entries.map(
      ({ key }, index) => `{"key": ${jsonValue(type, key, 0, options)}, "value": ${values[index]}}`,
    );
    return `[${pairs.join(',')}]`;
  }
  return `{${entries.map(({ key }, index) => `${jsonKey(type, key, options)}: ${values[index]}`).join(', ')}}`;
}

/** The same for very many elements. */
function largeJson(type: ValueType, large: LargeView, options: FormatOptions): ByteString {
  const { keys, keySizeBytes, keyText, valueText } = large;
  if (options.structuredKeys !== true)
    return `{${joinLarge(large, (i) => `${jsonText(withoutBlanks(keyText(i)))}: ${valueText(i)}`, ', ')}}`;
  const pair = (i: number): ByteString =>
    `{"key": ${jsonValue(type, keys, i * keySizeBytes, options)}, "value": ${valueText(i)}}`;
  return `[${joinLarge(large, pair, ',')}]`;
}

/** Keys without a value in the window of the map are left out. */
function seriesJson(
  map: PlannedMap & { readonly value: { readonly aggregation: SeriesAggregation } },
  entries: readonly OrderedEntry[],
  options: FormatOptions,
): ByteString | undefined {
  const { aggregation } = map.value;
  const window = windowOf(aggregation, entries.map(pointsOf));
  const shown = entries
    .map((entry) => ({ entry, points: window === undefined ? [] : pointsInWindow(pointsOf(entry), window) }))
    .filter(({ points }) => window === undefined || points.length > 0);
  if (shown.length === 0) return undefined;
  const lists = shown.map(({ points }) => `[${points.map((point) => jsonPoint(aggregation, point)).join(',')}]`);
  const key = map.key;
  const data =
    key === undefined
      ? lists[0]
      : keyedJson(
          key,
          shown.map(({ entry }) => entry),
          lists,
          options,
        );
  return `{"type": "tseries", "data": {${jsonString(map.name)}: ${data}}}`;
}

function jsonPoint({ intervalNs }: SeriesAggregation, { epoch, value }: SeriesPoint): ByteString {
  return `{"interval_start":"${formatIntervalStart(epoch * intervalNs)}","value":${jsonNumber(value)}}`;
}

function typeName({ map }: MapSnapshot): string {
  if (map.value.kind === 'value') return 'map';
  const { aggregation } = map.value;
  if (isHistogram(aggregation)) return 'hist';
  if (aggregation.kind === 'quantile') return 'quantile';
  return aggregation.kind === 'avg' || aggregation.kind === 'stats' ? 'stats' : 'map';
}

function jsonKey(type: ValueType, key: ValueBytes, options: FormatOptions): ByteString {
  return jsonText(withoutBlanks(formatKey(type, key, options)));
}

const withoutBlanks = (text: ByteString): ByteString => text.replaceAll(' ', '');

function jsonEntry({ map }: MapSnapshot, entry: OrderedEntry, divisor: bigint, options: FormatOptions): ByteString {
  if (map.value.kind === 'value') {
    const quotient = divideEntryNumber(map.value.type, entry.value, divisor);
    return quotient === undefined ? jsonValue(map.value.type, entry.value, 0, options) : jsonNumber(quotient);
  }
  const { aggregation } = map.value;
  const { aggregate } = entry;
  if (aggregate === undefined) return 'null';
  if (aggregate.kind === 'buckets' && isHistogram(aggregation)) {
    const [first, last] = usedBuckets(aggregate.counts);
    const div = aggregation.kind === 'hist' ? divisor : 1n;
    return `[${aggregate.counts
      .slice(first, last + 1)
      .map((count, index) => jsonBucket(bucketRange(aggregation, first + index), count / div))
      .join(',')}]`;
  }
  if (aggregate.kind === 'quantiles') {
    const shown = quantileFields(aggregate, divisor);
    return `{${shown.map(([name, value]) => `"${name}": ${value === undefined ? 'null' : jsonNumber(value)}`).join(', ')}}`;
  }
  if (aggregate.kind === 'average') {
    const { averageDigits } = options;
    const average =
      averageDigits === undefined || averageDigits === 0
        ? jsonNumber(aggregate.average / divisor)
        : formatAverage(aggregate, divisor, averageDigits);
    if (aggregation.kind !== 'stats') return average;
    return `{"count": ${jsonNumber(aggregate.count)}, "average": ${average}, "total": ${jsonNumber(aggregate.total)}}`;
  }
  return jsonNumber(weightOf(aggregate) / divisor);
}

function jsonBucket({ min, max }: { readonly min?: bigint; readonly max?: bigint }, count: bigint): ByteString {
  const edges = [
    ...(min === undefined ? [] : [`"min": ${jsonNumber(min)}`]),
    ...(max === undefined ? [] : [`"max": ${jsonNumber(max)}`]),
  ];
  return `{${edges.join(', ')}, "count": ${jsonNumber(count)}}`;
}

function jsonField(field: NamedValueField, memory: ValueBytes, offset: number, options: FormatOptions): ByteString {
  if (field.bits === undefined) return jsonValue(field.type, memory, offset, options);
  const value = readBits(field, memory.view, offset);
  return field.type.kind === 'bool' ? String(value !== 0n) : jsonNumber(value);
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '"':
      return '\\"';
    case '\\':
      return '\\\\';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
