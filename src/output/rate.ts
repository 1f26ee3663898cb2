import { type ByteString, byteStringOf, encodeText } from './byte-string.ts';
import { compareValues } from './compare.ts';
import { jsonString, keyedJson } from './json.ts';
import { formatKey, type MapPrintOptions, type MapSnapshot, orderEntries } from './map-text.ts';
import type { FormatOptions } from './resolver.ts';
import { readNumber, type ValueBytes, viewOf } from './value-reader.ts';

/** The number of each key at one moment, by the key's bytes. */
export type MapNumbers = ReadonlyMap<string, bigint>;

/** How fast the number of a key grew. */
export interface RateRow {
  readonly key: ValueBytes;
  readonly perSecond: number;
}

const DIGITS = 2;

/** The numbers of a map of integers, counts or sums. */
export function numbersOf(snapshot: MapSnapshot): MapNumbers {
  return new Map(numbered(snapshot).map(({ key, number }) => [nameOf(key), number]));
}

/** In the order in which they are shown: the fastest last. */
export function computeRates(snapshot: MapSnapshot, before: MapNumbers, seconds: number): RateRow[] {
  const rows = numbered(snapshot).map(({ key, number }) => {
    const growth = Number(number - (before.get(nameOf(key)) ?? 0n));
    return { key, perSecond: seconds > 0 ? growth / seconds : 0 };
  });
  const keyType = snapshot.map.key;
  return rows.sort(
    (a, b) => a.perSecond - b.perSecond || (keyType === undefined ? 0 : compareValues(keyType, a.key, 0, b.key, 0)),
  );
}

/** `@x[key]: 12.50/s` for each. */
export function formatRates(
  { map }: MapSnapshot,
  rows: readonly RateRow[],
  print: MapPrintOptions,
  options: FormatOptions,
): ByteString {
  const name = encodeText(map.name);
  const { key } = map;
  return shownOf(rows, print)
    .map((row) => {
      const label = key === undefined ? name : `${name}[${formatKey(key, row.key, options)}]`;
      return `${label}: ${numberText(row, print)}/s\n`;
    })
    .join('');
}

/** Undefined where there is nothing to show. */
export function formatRatesJson(
  { map }: MapSnapshot,
  rows: readonly RateRow[],
  print: MapPrintOptions,
  options: FormatOptions,
): ByteString | undefined {
  const shown = shownOf(rows, print);
  const [first] = shown;
  if (first === undefined) return undefined;
  const numbers = shown.map((row) => String(Number(numberText(row, print))));
  const data = map.key === undefined ? numbers[0] : keyedJson(map.key, shown, numbers, options);
  return `{"type": "rate", "data": {${jsonString(map.name)}: ${data}}}`;
}

function shownOf(rows: readonly RateRow[], { top = 0 }: MapPrintOptions): readonly RateRow[] {
  return top > 0 ? rows.slice(-top) : rows;
}

function numberText({ perSecond }: RateRow, { div = 1 }: MapPrintOptions): string {
  return (perSecond / div).toFixed(DIGITS);
}

function numbered(snapshot: MapSnapshot): { key: ValueBytes; number: bigint }[] {
  const { key: keyType, value } = snapshot.map;
  if (keyType === undefined && snapshot.entries.length === 0) return [{ key: viewOf(new Uint8Array(0)), number: 0n }];
  return orderEntries(snapshot, Number.MAX_SAFE_INTEGER).map((entry) => {
    const { aggregate } = entry;
    const number =
      aggregate?.kind === 'number'
        ? aggregate.value
        : value.kind === 'value'
          ? readNumber(value.type, entry.value.view, 0)
          : undefined;
    return { key: entry.key, number: number ?? 0n };
  });
}

function nameOf({ bytes }: ValueBytes): string {
  return byteStringOf(bytes, 0, undefined);
}
