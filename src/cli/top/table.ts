/** What a live table holds: the rows of the last report, from the events of a tool's JSON output. */
import type { ScriptEvent } from '../tools/event-sink.ts';

export type Cell = string | number;

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Of tools that show each event, no more is kept. */
const EVENTS_AT_MOST = 1000;

export class Report {
  /** What the tool said above its tables. */
  heading = '';
  lost = 0;
  readonly #tables = new Map<string, Table>();
  /** Rows of tools without reports stay: each is an event. */
  readonly #reports: boolean;
  #mapColumns: readonly string[] = [];

  constructor(reports: boolean) {
    this.#reports = reports;
  }

  get tables(): readonly Table[] {
    return [...this.#tables.values()];
  }

  /** Returns whether there is something new to show. */
  event({ type, data, ...rest }: ScriptEvent): boolean {
    switch (type) {
      case 'time':
      case 'printf':
        this.#head(String(data));
        return true;
      case 'map':
        this.#map(data as Readonly<Record<string, unknown>>);
        return true;
      case 'record':
        this.#record(data as Readonly<Record<string, Cell>>);
        return true;
      case 'lost_events':
        this.lost += Number((rest as { count?: number }).count ?? 0);
        return true;
      default:
        return type === 'attached_probes';
    }
  }

  /** `PID, COMM, FILE: bytes` names what maps hold. A head begins a new report. */
  #head(text: string): void {
    const line = text.trim();
    if (line === '') return;
    this.#tables.clear();
    const names = /(?:^|\s)([A-Z][^:]*(?:, [A-Z][^:,]*)*): ([\w ()]+)$/.exec(line);
    if (names !== null)
      this.#mapColumns = [...names[1]!.split(', ').map((name) => name.split(/[.] /).at(-1)!), names[2]!];
    this.heading = names === null ? line : line.slice(0, names.index).trim();
  }

  #map(data: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(data)) {
      const entries = Array.isArray(value) ? (value as { key: unknown; value: unknown }[]) : [{ key: [], value }];
      const rows = entries.map(({ key, value: held }) => [...(Array.isArray(key) ? key : [key]), held].map(cellOf));
      const width = rows[0]?.length ?? 0;
      const known = this.#mapColumns.length === width ? this.#mapColumns : undefined;
      const columns =
        known ?? Array.from({ length: width }, (_, index) => (index === width - 1 ? 'VALUE' : `KEY${index + 1}`));
      this.#tables.set(name, { name, columns, rows });
    }
  }

  #record(data: Readonly<Record<string, Cell>>): void {
    const columns = Object.keys(data);
    const row = Object.values(data);
    const old = this.#tables.get('');
    const fits = old !== undefined && old.columns.join() === columns.join();
    // Rows of one report have the same time.
    const sameReport = fits && (!this.#reports || columns[0] !== 'TIME' || old.rows[0]?.[0] === row[0]);
    const rows = sameReport ? [row, ...old.rows].slice(0, EVENTS_AT_MOST) : [row];
    this.#tables.set('', { name: '', columns, rows });
  }
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return /^-?\d{16,20}$/.test(value) ? Number(value) : value;
  return JSON.stringify(value);
}

/** By a column, largest first (or the other way); numbers before texts. */
export function sortRows(
  rows: readonly (readonly Cell[])[],
  column: number,
  reversed: boolean,
): readonly (readonly Cell[])[] {
  const sign = reversed ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(a[column] ?? '', b[column] ?? ''));
}

function compare(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
