import type { ValueResolver } from './resolver.ts';
import { pointsInWindow, type SeriesAggregation, type SeriesPoint, type SeriesWindow } from './series.ts';
import { formatTime } from './strftime.ts';

/** Columns of a row's line, with both edges. */
const LINE_WIDTH = 53;
const EDGE_LEFT_WIDTH = 21;
const EDGE_RIGHT_WIDTH = 32;

const TIME_UNITS = [
  { ns: 1_000_000_000n, digits: 0, header: 'hh:mm:ss' },
  { ns: 1_000_000n, digits: 3, header: 'hh:mm:ss.ms' },
  { ns: 1_000n, digits: 6, header: 'hh:mm:ss.us' },
  { ns: 1n, digits: 9, header: 'hh:mm:ss.ns' },
];

/**
 * The body of a series: values as stars between the smallest and the largest, a row for each interval from the first
 * with a value to the end of the window. Undefined: none of the values is in the window.
 */
export function formatSeries(
  aggregation: SeriesAggregation,
  points: readonly SeriesPoint[],
  window: SeriesWindow,
  zones: Pick<ValueResolver, 'timeZone'>,
): string | undefined {
  const shown = pointsInWindow(points, window);
  const [first] = shown;
  if (first === undefined) return undefined;
  const { low, high } = edges(aggregation, shown);
  const unit = TIME_UNITS.find(({ ns }) => aggregation.intervalNs % ns === 0n) as (typeof TIME_UNITS)[number];
  const column = 9 + (unit.digits === 0 ? 0 : unit.digits + 1);
  const scale = `${' '.repeat(column)}${low.toString().padEnd(EDGE_LEFT_WIDTH)}${high.toString().padStart(EDGE_RIGHT_WIDTH)}\n`;
  const rule = '_'.repeat(LINE_WIDTH - 2);
  const values = new Map(shown.map(({ epoch, value }) => [epoch, value]));
  let rows = '';
  for (let { epoch } = first; epoch <= window.last; epoch++) {
    const value = values.get(epoch);
    const time = formatClock(epoch * aggregation.intervalNs, unit.digits, zones);
    rows += `${time} ${formatLine(value, low, high)} ${value ?? '-'}\n`;
  }
  return `${scale}${unit.header.padEnd(column)}|${rule}|\n${rows}${' '.repeat(column)}v${rule}v\n${scale}`;
}

/** Of the scale. A single value stands in its middle, as far as the type's range allows. */
function edges({ signed }: SeriesAggregation, points: readonly SeriesPoint[]): { low: bigint; high: bigint } {
  let low = points[0]!.value;
  let high = low;
  for (const { value } of points) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low !== high) return { low, high };
  const least = signed ? -(1n << 63n) : 0n;
  const most = signed ? (1n << 63n) - 1n : (1n << 64n) - 1n;
  return { low: low > least ? low - 1n : low, high: high < most ? high + 1n : high };
}

function formatLine(value: bigint | undefined, low: bigint, high: bigint): string {
  const line = `|${' '.repeat(LINE_WIDTH - 2)}|`.split('');
  const place = (at: bigint): number => Number((BigInt(LINE_WIDTH - 1) * (at - low)) / (high - low));
  if (low < 0n && high > 0n) line[place(0n)] = '.';
  if (value !== undefined) line[place(value)] = '*';
  return line.join('');
}

function formatClock(unixNs: bigint, digits: number, zones: Pick<ValueResolver, 'timeZone'>): string {
  const time = formatTime('%H:%M:%S', unixNs, zones);
  if (digits === 0) return time;
  return `${time}.${(unixNs % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits)}`;
}

/** The beginning of an interval in UTC, to the nanosecond: `2026-01-02T03:04:05.500000000`. */
export function formatIntervalStart(unixNs: bigint): string {
  const seconds = new Date(Number(unixNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(unixNs % 1_000_000_000n).toString().padStart(9, '0')}`;
}
