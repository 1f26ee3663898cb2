/** Tokens by pure functions of text and position: the parser looks ahead and goes back as it likes. */

export type TokenKind =
  | 'identifier'
  | 'variable'
  | 'map'
  | 'positional'
  | 'parameterCount'
  | 'integer'
  /** Also one in single quotes or without its end: `readString` says so. */
  | 'string'
  | 'punctuator'
  | 'invalid'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** As written, quotes included. */
  readonly text: string;
}

export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  (
    'break comptime config continue else enum false fn for if import let macro offsetof return sizeof struct true ' +
    'typeinfo typeof union unroll while'
  ).split(' '),
);

const PUNCTUATORS = new Set(
  (
    '<<= >>= .. -> ++ -- && || == != <= >= << >> += -= *= /= %= &= |= ^= ' +
    '{ } ( ) [ ] , ; : ? . + - * / % & | ^ ~ ! < > ='
  ).split(' '),
);

const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /[0-9]\w*/y;
const DOLLAR = /\$(?:[A-Za-z_]\w*|[0-9]+|#)/y;
const MAP = /@(?:[A-Za-z_]\w*)?/y;
const SINGLE_QUOTED = /'[^'\n;{}]*'/y;

/** Index of the first character at or after `position` that is neither blank nor comment. An endless comment isn't skipped. */
export function skipTrivia(text: string, position: number): number {
  let at = position;
  for (;;) {
    while (isBlank(text.charCodeAt(at))) at++;
    const end = endOfComment(text, at);
    if (end === undefined) return at;
    at = end;
  }
}

/** Blank: what ends an attach point too. */
export function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0a) || code === 0x0d;
}

/** The end of the comment that begins at `at`; undefined when none does, or it has no end. */
export function endOfComment(text: string, at: number): number | undefined {
  if (text.charCodeAt(at) !== 0x2f) return undefined;
  if (text.startsWith('//', at)) {
    const newline = text.indexOf('\n', at);
    return newline === -1 ? text.length : newline;
  }
  if (!text.startsWith('/*', at)) return undefined;
  const close = text.indexOf('*/', at + 2);
  return close === -1 ? undefined : close + 2;
}

/** The token after blanks and comments from `position` on; `end` at the end of the text. */
export function scanToken(text: string, position: number): Token {
  const start = skipTrivia(text, position);
  if (start >= text.length) return { kind: 'end', start, end: start, text: '' };
  const code = text.charCodeAt(start);
  if (isWordStart(code)) return token('identifier', text, start, lengthOf(WORD, text, start));
  if (code >= 0x30 && code <= 0x39) return token('integer', text, start, lengthOf(NUMBER, text, start));
  switch (text[start]) {
    case '$':
      return scanDollar(text, start);
    case '@':
      return token('map', text, start, lengthOf(MAP, text, start));
    case '"':
      return token('string', text, start, measureString(text, start));
    case "'": {
      const length = lengthOf(SINGLE_QUOTED, text, start);
      return length === 0 ? token('invalid', text, start, 1) : token('string', text, start, length);
    }
  }
  if (text.startsWith('/*', start)) return token('invalid', text, start, text.length - start);
  const length = measurePunctuator(text, start);
  if (length > 0) return token('punctuator', text, start, length);
  return token('invalid', text, start, text.codePointAt(start)! > 0xffff ? 2 : 1);
}

function token(kind: TokenKind, text: string, start: number, length: number): Token {
  return { kind, start, end: start + length, text: text.slice(start, start + length) };
}

/** The longest one; 0: none. */
function measurePunctuator(text: string, at: number): number {
  for (let length = 3; length > 0; length--)
    if (at + length <= text.length && PUNCTUATORS.has(text.slice(at, at + length))) return length;
  return 0;
}

function scanDollar(text: string, at: number): Token {
  const length = lengthOf(DOLLAR, text, at);
  if (length === 0) return token('invalid', text, at, 1);
  const next = text.charCodeAt(at + 1);
  if (next === 0x23) return token('parameterCount', text, at, length);
  return token(isWordStart(next) ? 'variable' : 'positional', text, at, length);
}

/** Up to the closing quote, or to the end of the line. */
function measureString(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const character = text[index];
    if (character === '"') return index + 1 - at;
    if (character === '\n') return index - at;
    if (character === '\\' && index + 1 < text.length && text[index + 1] !== '\n') index++;
  }
  return text.length - at;
}

function isWordStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}
