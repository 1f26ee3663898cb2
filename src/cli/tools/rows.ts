/**
 * Names for what tools print. A tool prints its table's head by a printf whose arguments are the columns' names; each
 * later printf of as many columns is a row of it. A column is what stands between blanks of the format: `%4d.%03d` is one.
 */
import { decodeText, type FormatArgument, formatPrintf, jsonString, type RecordFormat } from '../../output/index.ts';
import type { NamedRow } from '../../session/index.ts';
import { type FormatPiece, PLAIN_CONVERSION } from '../../spec/index.ts';

/** Pieces without a blank between, and the first of their arguments. */
interface Cell {
  readonly pieces: readonly FormatPiece[];
  readonly firstArgument: number;
}

/** For one run: what comes after a head is named by it. */
export function rowNames(): (record: RecordFormat) => NamedRow {
  let names: readonly string[] = [];
  return ({ format, args }) => {
    const cells = cellsOf(format);
    const mayBeHead = args.every(({ type }) => type.kind === 'string');
    return (located, memory, options) => {
      const text = (pieces: readonly FormatPiece[], from: readonly FormatArgument[]): string =>
        decodeText(formatPrintf(pieces.map(withoutPadding), from, memory, options));
      if (mayBeHead) {
        const head = headOf(
          args.length === 0 ? [text(format, [])] : located.map((one) => text([PLAIN_CONVERSION], [one])),
        );
        if (head !== undefined) {
          names = head;
          return '';
        }
      }
      if (names.length < 2 || cells.length < names.length) return undefined;
      const members = names.map((name, index) => {
        // The last column has all that is left.
        const mine = index < names.length - 1 ? [cells[index]!] : cells.slice(index);
        const values = mine.map(({ pieces, firstArgument }) => text(pieces, located.slice(firstArgument)).trim());
        const isText = mine.length > 1 || isTextual(mine[0]!, located);
        return `${jsonString(name)}: ${jsonOf(values.join(' ').trim(), isText)}`;
      });
      return members.join(', ');
    };
  };
}

/** Zeros stay: they are digits behind a point. */
function withoutPadding(piece: FormatPiece): FormatPiece {
  return piece.kind === 'text' || piece.zeroPad ? piece : { ...piece, width: undefined };
}

/** Names of columns, where these are all such: `PID`, `LAT(ms)`, `READ/s`, `ARGS (RET)`. A column that is not asked for is ''. */
function headOf(words: readonly string[]): readonly string[] | undefined {
  const names = words.flatMap((word) => word.split(/ {2,}|\n/)).map((name) => name.trim());
  const shown = names.filter((name) => name !== '');
  return shown.length > 1 &&
    shown.every((name) => /^(?=.*[A-Z])[A-Z\d][A-Z\d_:/ ()%]*[a-z]*(\/s)?\)?%?$|^ms$/.test(name))
    ? shown
    : undefined;
}

function cellsOf(format: readonly FormatPiece[]): readonly Cell[] {
  const cells: { pieces: FormatPiece[]; firstArgument: number }[] = [];
  let next = 0;
  let isOpen = false;
  for (const piece of format) {
    const parts: readonly FormatPiece[] =
      piece.kind === 'text' ? piece.text.split(/(\s+)/).map((text) => ({ kind: 'text', text })) : [piece];
    for (const part of parts) {
      if (part.kind === 'text' && part.text.trim() === '') {
        if (part.text !== '') isOpen = false;
        continue;
      }
      if (!isOpen) cells.push({ pieces: [], firstArgument: next });
      isOpen = true;
      cells.at(-1)!.pieces.push(part);
      if (part.kind === 'conversion') next++;
    }
  }
  // `->` between two columns is neither.
  return cells.filter(({ pieces }) => pieces.some(({ kind }) => kind === 'conversion'));
}

/** Whether what looks like a number is a text that happens to. */
function isTextual({ pieces, firstArgument }: Cell, located: readonly FormatArgument[]): boolean {
  const conversions = pieces.filter(({ kind }) => kind === 'conversion') as Extract<
    FormatPiece,
    { kind: 'conversion' }
  >[];
  return conversions.every(({ conversion }, index) => {
    const kind = located[firstArgument + index]?.field.type.kind;
    return /^[xXcp]|r/.test(conversion) || kind === 'string' || kind === 'buffer';
  });
}

function jsonOf(text: string, isText: boolean): string {
  const isNumber = !isText && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && text.replace(/\D/g, '').length < 16;
  return isNumber ? text : jsonString(text);
}
