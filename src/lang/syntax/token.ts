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
  const [kind, length] = measure(text, start);
  return { kind, start, end: start + length, text: text.slice(start, start + length) };
}

function measure(text: string, at: number): [TokenKind, number] {
  const code = text.charCodeAt(at);
  if (isWordStart(code)) return ['identifier', lengthOf(WORD, text, at)];
  if (code >= 0x30 && code <= 0x39) return ['integer', lengthOf(NUMBER, text, at)];
  switch (text[at]) {
    case '$':
      return measureDollar(text, at);
    case '@':
      return ['map', lengthOf(MAP, text, at)];
    case '"':
      return ['string', measureString(text, at)];
    case "'": {
      const length = lengthOf(SINGLE_QUOTED, text, at);
      return length === 0 ? ['invalid', 1] : ['string', length];
    }
  }
  if (text.startsWith('/*', at)) return ['invalid', text.length - at];
  for (const length of [3, 2, 1]) {
    if (at + length <= text.length && PUNCTUATORS.has(text.slice(at, at + length))) return ['punctuator', length];
  }
  return ['invalid', text.codePointAt(at)! > 0xffff ? 2 : 1];
}

function measureDollar(text: string, at: number): [TokenKind, number] {
  const length = lengthOf(DOLLAR, text, at);
  if (length === 0) return ['invalid', 1];
  const next = text.charCodeAt(at + 1);
  if (next === 0x23) return ['parameterCount', length];
  return [isWordStart(next) ? 'variable' : 'positional', length];
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
