/**
 * Messages that point at a place in a script: the one shape that compile-time diagnostics and run-time
 * warnings share. Spans are half-open ranges of UTF-16 code unit indices in the script's text.
 */

/** A script's text with the name that messages give it (`stdin` for -e and standard input). */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

export interface TextSpan {
  readonly start: number;
  readonly end: number;
  /** The text that the indices are for; undefined: the script's own. */
  readonly source?: SourceText;
  /** In the body of a macro: the call that it was expanded for, which may stand in another macro. */
  readonly expandedFrom?: TextSpan;
}

/** Both from 1. A column is a character (code point); a tab is one. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface LocatedOptions {
  /** Paint the first line: red for ERROR and BUG, yellow for WARNING. */
  readonly colour?: boolean;
  /** Lines that stand between the first line and the source text. */
  readonly details?: readonly string[];
}

const COLOUR_OF_LEVEL: Readonly<Record<string, string>> = { ERROR: '\x1b[31m', BUG: '\x1b[31m', WARNING: '\x1b[33m' };
const TAB = '    ';

/**
 * `name:line:from-to: LEVEL: text`, the source line and its underline; for a span over several lines
 * `name:first-last: LEVEL: text` and those lines. The calls follow that a place in a macro was expanded for. Ends with a newline.
 */
export function renderLocated(
  script: SourceText,
  span: TextSpan,
  level: string,
  text: string,
  options: LocatedOptions = {},
): string {
  const { colour } = options;
  return renderEntry(script, span, level, text, options) + renderExpansion(script, span, level, { colour });
}

/** The calls of macros around a place, from the innermost out, each as an entry of its own. Empty outside of macros. */
export function renderExpansion(
  script: SourceText,
  span: TextSpan,
  level: string,
  options: Pick<LocatedOptions, 'colour'> = {},
): string {
  let entries = '';
  for (let call = span.expandedFrom; call !== undefined; call = call.expandedFrom)
    entries += renderEntry(script, call, level, 'expanded from', options);
  return entries;
}

function renderEntry(script: SourceText, span: TextSpan, level: string, text: string, options: LocatedOptions): string {
  const source = span.source ?? script;
  const first = positionAt(source.text, span.start);
  const last = endPosition(source.text, span, first);
  const place = formatPlace(source.name, first, last);
  const head = paint(`${place}: ${level}: ${text}`, level, options.colour === true);
  const quoted =
    first.line === last.line
      ? quoteUnderlined(lineAt(source.text, first.line), first.column, last.column)
      : quoteLines(source.text, first.line, last.line);
  return [head, ...(options.details ?? []), ...quoted, ''].join('\n');
}

/** Only the first line of `renderLocated`, without a newline. */
export function renderPlace(script: SourceText, span: TextSpan): string {
  const source = span.source ?? script;
  const first = positionAt(source.text, span.start);
  return formatPlace(source.name, first, endPosition(source.text, span, first));
}

/** Position of a code unit index; an index past the end counts as the end. */
export function positionAt(text: string, index: number): TextPosition {
  const end = Math.min(Math.max(index, 0), text.length);
  const lineStart = text.lastIndexOf('\n', end - 1) + 1;
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < lineStart; at = text.indexOf('\n', at + 1)) line++;
  return { line: end === 0 ? 1 : line, column: characterCount(text.slice(end === 0 ? 0 : lineStart, end)) + 1 };
}

/** Paints a whole message line in the colour of its level. */
export function paint(line: string, level: string, colour: boolean): string {
  const code = COLOUR_OF_LEVEL[level];
  return colour && code !== undefined ? `${code}${line}\x1b[0m` : line;
}

/** The column after the span's last character; for an empty span its start. */
function endPosition(text: string, span: TextSpan, first: TextPosition): TextPosition {
  if (span.end <= span.start || span.start >= text.length) return first;
  const last = positionAt(text, Math.min(span.end, text.length) - 1);
  return { line: last.line, column: last.column + 1 };
}

function formatPlace(name: string, first: TextPosition, last: TextPosition): string {
  if (first.line !== last.line) return `${name}:${first.line}-${last.line}`;
  return `${name}:${first.line}:${first.column}-${last.column}`;
}

function lineAt(text: string, line: number): string {
  return visible(text.split('\n', line)[line - 1] ?? '');
}

/** A line without its end. Control characters must not reach a terminal; each is replaced by one, so columns stay right. */
function visible(line: string): string {
  return line.replace(/\r$/, '').replace(/(?!\t)\p{Cc}/gu, '\ufffd');
}

function quoteLines(text: string, first: number, last: number): string[] {
  const shown = Math.min(last, first + MOST_LINES - 1);
  const lines = text
    .split('\n', shown)
    .slice(first - 1)
    .map((line) => cut(visible(line)).replaceAll('\t', TAB));
  return shown < last ? [...lines, '…'] : lines;
}

/** More lines of a place, or more characters of a line, say nothing more: generated text can have any number. */
const MOST_LINES = 50;
const MOST_COLUMNS = 400;
const COLUMNS_BEFORE = 100;

function cut(line: string): string {
  return line.length <= MOST_COLUMNS ? line : `${line.slice(0, MOST_COLUMNS)}…`;
}

/** Of a long line, what is around the place. */
function quoteUnderlined(whole: string, first: number, last: number): string[] {
  const characters = whole.length <= MOST_COLUMNS ? undefined : Array.from(whole);
  const skipped = characters === undefined ? 0 : Math.max(0, Math.min(first - COLUMNS_BEFORE, characters.length) - 1);
  if (characters === undefined) return quoteWhole(whole, first, last);
  const part = characters.slice(skipped, skipped + MOST_COLUMNS).join('');
  const before = skipped === 0 ? '' : '…';
  const after = skipped + MOST_COLUMNS < characters.length ? '…' : '';
  const shift = skipped - before.length;
  return quoteWhole(before + part + after, first - shift, Math.min(last - shift, MOST_COLUMNS + 2));
}

function quoteWhole(line: string, from: number, to: number): string[] {
  let underline = '';
  let column = 1;
  for (const character of line) {
    if (column >= to) break;
    const mark = column < from ? ' ' : '~';
    underline += character === '\t' ? mark.repeat(TAB.length) : mark;
    column++;
  }
  return [line.replaceAll('\t', TAB), underline];
}

function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
