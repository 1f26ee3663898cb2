/** Rows of results: what was measured, for both tools, and whether it keeps its bound. */

/** `x`: a ratio. `events` is a count, `%` of one processor. */
export type Unit = 'ms' | 'MiB' | 'events/s' | 'events' | 'ns' | 'instructions' | 'x' | '%';

export interface Row {
  readonly what: string;
  readonly unit: Unit;
  /** See `holds`; empty: the row only informs. */
  readonly bound: string;
  readonly subject: number;
  /** Undefined: the other tool has no such number. */
  readonly peer: number | undefined;
  /** What a bound may name: `{ node: 18 }` for `<= node + 20`. */
  readonly named?: Readonly<Record<string, number>>;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Parts of a bound: `<= 62`, `>= 2,000,000`, relative to the peer `<= 0.5 x`, relative to a named number `<= node + 20`. */
const PART = /^(?<sign>[<>]=) (?:(?<name>[a-z]+) \+ )?(?<number>\d+(?:,\d{3})*(?:\.\d+)?)(?<relative> x)?$/;

interface Limit {
  readonly isLeast: boolean;
  readonly value: number;
}

/** The limits that a row's bound sets. One that is relative to a number which there is not has the value NaN. Throws on a bound that is none. */
export function limits({ bound, peer, named, what }: Row): readonly Limit[] {
  if (bound === '') return [];
  return bound.split('; ').map((part) => {
    const groups = PART.exec(part)?.groups;
    if (groups === undefined) throw new Error(`not a bound: "${part}" of ${what}`);
    const number = Number(groups['number']!.replaceAll(',', ''));
    const relativeTo = groups['relative'] === undefined ? 1 : (peer ?? Number.NaN);
    const base = groups['name'] === undefined ? 0 : (named?.[groups['name']] ?? Number.NaN);
    return { isLeast: groups['sign'] === '>=', value: base + number * relativeTo };
  });
}

/** Whether a row keeps all parts of its bound. */
export function holds(row: Row): boolean {
  return limits(row).every(({ isLeast, value }) => (isLeast ? row.subject >= value : row.subject <= value));
}

const WHOLE: ReadonlySet<Unit> = new Set(['events/s', 'events', 'ns', 'instructions']);

function formatNumber(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '-';
  if (WHOLE.has(unit)) return Math.round(value).toLocaleString('en');
  return value.toFixed(unit === 'ms' || unit === 'MiB' ? 1 : 2);
}

function formatRow(row: Row): string {
  const ratio = row.peer === undefined || row.peer === 0 ? '' : (row.subject / row.peer).toPrecision(2);
  const named = Object.entries(row.named ?? {}).map(([name, value]) => `${name} ${formatNumber(value, row.unit)}`);
  const bound = named.length === 0 ? row.bound : `${row.bound} (${named.join(', ')})`;
  const verdict = row.bound === '' ? '' : holds(row) ? 'yes' : '**no**';
  const numbers = [formatNumber(row.subject, row.unit), formatNumber(row.peer, row.unit)];
  return `| ${[row.what.replaceAll('|', '\\|'), row.unit, ...numbers, ratio, bound, verdict].join(' | ')} |`;
}

export function formatSection({ title, rows }: Section): string {
  const head = ['| measure | unit | Sonde | bpftrace | ratio | bound | holds |', '|---|---|--:|--:|--:|---|---|'];
  return [`## ${title}`, '', ...head, ...rows.map(formatRow), ''].join('\n');
}
