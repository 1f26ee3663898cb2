/** A report as the lines of a screen. */
import { type Cell, type Report, sortRows, type Table } from './table.ts';

export interface View {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** From the right: 0 is the last column. Undefined: as they come. */
  readonly sortFromRight: number | undefined;
  readonly reversed: boolean;
  readonly colour: boolean;
}

/** Exactly `height` lines at most, none wider than `width`. */
export function drawReport(report: Report, view: View): readonly string[] {
  const { width, height } = view;
  const lost = report.lost === 0 ? '' : `  ${report.lost} events lost`;
  const lines = [emphasize(fit(`${view.title}  ${report.heading}${lost}`, width), view.colour)];
  const { tables } = report;
  const share = Math.max(Math.floor((height - 1) / Math.max(tables.length, 1)), 3);
  for (const table of tables) lines.push(...drawTable(table, view, share));
  return lines.slice(0, height);
}

function drawTable({ name, columns, rows }: Table, view: View, height: number): readonly string[] {
  const sortColumn =
    view.sortFromRight === undefined ? undefined : Math.max(columns.length - 1 - view.sortFromRight, 0);
  const sorted = sortColumn === undefined ? rows : sortRows(rows, sortColumn, view.reversed);
  const above = name === '' ? 1 : 2;
  const shown = sorted.slice(0, Math.max(height - above, 1));
  const heads = columns.map((column, index) =>
    index === sortColumn ? `${column}${view.reversed ? '^' : 'v'}` : column,
  );
  const widths = heads.map((head, index) => Math.max(head.length, ...shown.map((row) => textOf(row[index]).length)));
  const line = (cells: readonly Cell[]): string =>
    fit(
      cells
        .map((cell, index) =>
          typeof cell === 'number' ? textOf(cell).padStart(widths[index]!) : textOf(cell).padEnd(widths[index]!),
        )
        .join('  '),
      view.width,
    );
  const head = heads.map((text, index) =>
    typeof shown[0]?.[index] === 'number' ? text.padStart(widths[index]!) : text,
  );
  return [
    ...(name === '' ? [] : [fit(name.replace(/^@/, ''), view.width)]),
    emphasize(line(head), view.colour),
    ...shown.map(line),
  ];
}

/** Control bytes would move the cursor. */
const textOf = (cell: Cell | undefined): string =>
  // eslint-disable-next-line no-control-regex
  String(cell ?? '').replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '?');

const fit = (text: string, width: number): string => {
  const clean = textOf(text).trimEnd();
  return clean.length > width ? clean.slice(0, width) : clean;
};

const emphasize = (line: string, colour: boolean): string => (colour ? `\u001b[7m${line}\u001b[0m` : line);
