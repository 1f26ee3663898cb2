/** Where results of runs go when a table is to be made of them, and what the committed table says. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../sonde.ts';
import type { Finished } from '../report.ts';
import type { Cell } from './row.ts';

export interface KernelResults {
  readonly release: string;
  readonly cells: readonly Cell[];
  /** Tests of the suites that ran there; none where only the matrix did. */
  readonly tests: readonly Finished[];
}

export const tablePath = join(root, 'docs/kernels.md');

/** Set by `all.ts`: the folder for results. */
const folder = process.env['SONDE_KERNEL_RESULTS'];

export function nameOf(row: { readonly probe: string; readonly form: string; readonly isForced?: boolean }): string {
  return `${row.probe}: ${row.form}${row.isForced === true ? ', without what came after 5.10' : ''}`;
}

export function saveCells(release: string, cells: readonly Cell[], tests: readonly Finished[] = []): void {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${release}.json`), JSON.stringify({ release, cells, tests } satisfies KernelResults));
}

/** The releases of the table's columns: `6.18`. */
export const shortRelease = (release: string): string => /^\d+\.\d+/.exec(release)?.[0] ?? release;

/** What the committed table says of a kernel, by the names of cells. Empty while a new table is made. */
export function committedCells(release: string): ReadonlyMap<string, 'yes' | 'no'> {
  const found = new Map<string, 'yes' | 'no'>();
  if (folder !== undefined) return found;
  let column = -1;
  if (!existsSync(tablePath)) return found;
  for (const line of readFileSync(tablePath, 'utf8').split('\n')) {
    const [probe = '', form = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (probe === 'probe') column = cells.indexOf(shortRelease(release));
    const state = /^(?:yes|no)/.exec(cells[column] ?? '')?.[0];
    if (state !== undefined) found.set(nameOf({ probe, form }), state as 'yes' | 'no');
  }
  return found;
}
