import { type DebugInfo, filesOf, type LineRow, linesOf } from '../elf/index.ts';
import type { SourcePlace, TargetError } from '../spec/index.ts';

/**
 * Where the code of a line begins: one virtual address in each function that has code of it, and in each copy that the
 * compiler put into another function. Throws FormatError where the debug information is damaged.
 */
export function addressesOfLine(
  info: DebugInfo,
  { file, line, column }: SourcePlace,
  isCode: (address: bigint) => boolean,
): readonly bigint[] | TargetError {
  const isWanted = (path: string): boolean => path === file || path.endsWith(`/${file}`);
  const rows = info.units.flatMap((unit) => linesOf(unit, isWanted)).filter(({ address }) => isCode(address));
  if (rows.length === 0) return { error: noFile(info, file) };
  const onLine = rows.filter((row) => row.line === line);
  if (onLine.length === 0) return { error: noCode(rows, file, line) };
  const fitting = column === undefined ? onLine : onLine.filter((row) => row.column === column);
  if (fitting.length === 0) {
    const columns = [...new Set(onLine.map((row) => row.column))].sort((a, b) => a - b);
    return { error: `no statement begins at column ${column} of ${file}:${line}, but at ${columns.join(', ')}` };
  }
  return firstOfEach(info, fitting);
}

/** A line's code often lies in several pieces, which all run when the line does once. */
function firstOfEach(info: DebugInfo, rows: readonly LineRow[]): readonly bigint[] {
  const addresses = [...new Set(rows.map(({ address }) => address))].sort((a, b) => (a < b ? -1 : 1));
  const first = new Map<number | bigint, bigint>();
  for (const address of addresses) {
    const scope = info.scopeOf(address) ?? address;
    if (!first.has(scope)) first.set(scope, address);
  }
  return [...first.values()].sort((a, b) => (a < b ? -1 : 1));
}

function noFile(info: DebugInfo, file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const near = info.units.flatMap(filesOf).find((path) => path.endsWith(`/${name}`));
  return `the debug information has no code of '${file}'${near === undefined ? '' : `; there is ${near}`}`;
}

function noCode(rows: readonly LineRow[], file: string, line: number): string {
  const next = rows.map((row) => row.line).filter((each) => each > line);
  const hint = next.length === 0 ? '' : `; the next line that has is ${next.reduce((a, b) => Math.min(a, b))}`;
  return `line ${line} of ${file} has no code${hint}`;
}
