import type { CText } from './ast.ts';
import { isPunctuator } from './punctuators.ts';
import { scanToken, skipTrivia } from './token.ts';
import type { Token } from './token.ts';

export interface ScannedCText {
  readonly declaration: CText;
  /** Undefined: complete. Else the brace that is never closed, or the place of the missing `;`. */
  readonly unclosed: number | undefined;
}

/** Reads a preprocessor line, a struct, union or enum definition, or a typedef; undefined when none begins at `start`. */
export function scanCText(text: string, start: number): ScannedCText | undefined {
  if (text[start] === '#') return scanDirective(text, start);
  const word = scanToken(text, start);
  if (word.kind !== 'identifier') return undefined;
  if (word.text === 'typedef') return scanTypedef(text, word);
  return word.text === 'struct' || word.text === 'union' || word.text === 'enum'
    ? scanDefinition(text, word)
    : undefined;
}

function scanDirective(text: string, start: number): ScannedCText {
  const newline = text.indexOf('\n', start);
  const end = newline === -1 ? text.length : newline;
  return {
    declaration: { kind: 'directive', text: text.slice(start, end).replace(/\r$/, ''), span: { start, end } },
    unclosed: undefined,
  };
}

/** A definition only if, names and balanced `()` and `[]` aside, `{` comes next: else it is something of the script. */
function scanDefinition(text: string, word: Token): ScannedCText | undefined {
  let token = scanToken(text, word.end);
  while (!isPunctuator(token, '{')) {
    if (isPunctuator(token, '(') || isPunctuator(token, '[')) {
      const after = skipBalancedC(text, token.start);
      if (after === undefined) return undefined;
      token = scanToken(text, after);
    } else if (token.kind === 'identifier') token = scanToken(text, token.end);
    else return undefined;
  }
  const end = skipBalancedC(text, token.start);
  if (end === undefined) return definition(text, word.start, text.length, token.start);
  return definition(text, word.start, skipAttributes(text, end), undefined);
}

/** After `__attribute__((…))`, any number of them, and one `;`. */
function skipAttributes(text: string, position: number): number {
  let end = position;
  for (;;) {
    const token = scanToken(text, end);
    if (isPunctuator(token, ';')) return token.end;
    if (token.kind !== 'identifier' || token.text !== '__attribute__') return end;
    const after = skipBalancedC(text, skipTrivia(text, token.end));
    if (after === undefined) return end;
    end = after;
  }
}

function scanTypedef(text: string, word: Token): ScannedCText | undefined {
  const first = scanToken(text, word.end);
  if (first.kind !== 'identifier') return undefined;
  let at = first.start;
  while (at < text.length) {
    const after = skipBalancedC(text, at);
    if (after !== undefined) at = after;
    else if ('{(['.includes(text[at]!)) return definition(text, word.start, text.length, at);
    else if (text[at] === ';') return definition(text, word.start, at + 1, undefined);
    else at = Math.max(skipTrivia(text, at), at + 1);
  }
  return definition(text, word.start, text.length, text.length);
}

function definition(text: string, start: number, end: number, unclosed: number | undefined): ScannedCText {
  return { declaration: { kind: 'definition', text: text.slice(start, end), span: { start, end } }, unclosed };
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

/** After the bracket that closes the one at `start`; undefined when it isn't one or is never closed. Comments, strings and characters are skipped. */
function skipBalancedC(text: string, start: number): number | undefined {
  const open: string[] = [];
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (Object.hasOwn(CLOSING, character)) open.push(CLOSING[character]!);
    else if (character === open.at(-1)) open.pop();
    else if (open.length === 0) return undefined;
    if (open.length === 0) return at + 1;
    if (character === '"' || character === "'") at = skipQuoted(text, at, character);
    else at = character === '/' ? Math.max(skipTrivia(text, at), at + 1) : at + 1;
  }
  return undefined;
}

function skipQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at + 1;
  }
  return start + 1;
}
