/** The preprocessor's tokens of C. */
import type { CFile } from './file.ts';

export type CTokenKind = 'identifier' | 'number' | 'string' | 'character' | 'punctuator' | 'newline' | 'end';

export interface CToken {
  readonly kind: CTokenKind;
  readonly text: string;
  readonly file: CFile;
  readonly start: number;
  readonly end: number;
  /** Blanks or a comment stand before it. */
  readonly spaced: boolean;
  /** The name of a macro in that macro's own expansion: it stays as it is. */
  readonly painted?: boolean;
}

const BLANK = /(?:[^\S\n]|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))*/y;
const NAME = /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /\.?\d(?:[eEpP][+-]|[\w.])*/y;
const STRING = /"(?:\\[^\n]|[^"\\\n])*"/y;
const CHARACTER = /'(?:\\[^\n]|[^'\\\n])*'/y;
const PUNCTUATOR = /\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|##|[^\n]/y;
/** What a line of a skipped group is made of; a comment may hold what looks like a directive. */
const SKIPPED =
  /(?:[^\n"'/]+|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:\\[^\n]|[^"\\\n])*"|'(?:\\[^\n]|[^'\\\n])*'|[^\n])*/y;

export class Lexer {
  readonly file: CFile;
  at = 0;

  constructor(file: CFile) {
    this.file = file;
  }

  /** Newlines are tokens; blanks and comments, also those over several lines, are not. */
  next(): CToken {
    const { text } = this.file;
    const start = this.#afterBlanks();
    const kind = start >= text.length ? 'end' : this.#kindAt(start);
    const end = kind === 'end' ? text.length : this.#endOf(kind, start);
    const spaced = start > this.at;
    this.at = end;
    if (kind === 'identifier' && end - start <= 2) return this.#prefixed(start, end, spaced);
    return { kind, text: text.slice(start, end), file: this.file, start, end, spaced };
  }

  /** A short name, or the prefix of a character or string: `L'x'`. */
  #prefixed(start: number, end: number, spaced: boolean): CToken {
    const { text } = this.file;
    const kind = /^(?:L|U|u8?)$/.test(text.slice(start, end)) ? this.#kindAt(end) : 'identifier';
    if (kind === 'string' || kind === 'character') this.at = this.#endOf(kind, end);
    const isPrefix = this.at > end;
    const own = { file: this.file, start, end: this.at, spaced, text: text.slice(isPrefix ? end : start, this.at) };
    return { ...own, kind: isPrefix ? kind : 'identifier' };
  }

  /** The first code unit of the next token, which is not read; NaN at the end. */
  nextCode(): number {
    this.at = this.#afterBlanks();
    return this.file.text.charCodeAt(this.at);
  }

  #afterBlanks(): number {
    return startsBlank(this.file.text.charCodeAt(this.at)) ? this.#end(BLANK, this.at) : this.at;
  }

  /** The rest of the line as text, up to its newline. */
  restOfLine(): string {
    const newline = this.file.text.indexOf('\n', this.at);
    const end = newline < 0 ? this.file.text.length : newline;
    const rest = this.file.text.slice(this.at, end);
    this.at = end;
    return rest;
  }

  /** To the newline that ends this line. */
  skipLine(): void {
    this.at = this.#end(SKIPPED, this.at);
  }

  #end(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    return pattern.test(this.file.text) ? pattern.lastIndex : at;
  }

  #kindAt(at: number): CTokenKind {
    const { text } = this.file;
    const code = text.charCodeAt(at);
    if (code === 10) return 'newline';
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36 || code >= 128)
      return 'identifier';
    if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) return 'number';
    if (code === 34 && this.#end(STRING, at) > at) return 'string';
    if (code === 39 && this.#end(CHARACTER, at) > at) return 'character';
    return 'punctuator';
  }

  #endOf(kind: CTokenKind, at: number): number {
    switch (kind) {
      case 'identifier':
        return this.#end(NAME, at);
      case 'number':
        return this.#end(NUMBER, at);
      case 'string':
        return this.#end(STRING, at);
      case 'character':
        return this.#end(CHARACTER, at);
      case 'punctuator':
        return this.#end(PUNCTUATOR, at);
      default:
        return at + 1;
    }
  }
}

/** A blank, or what may begin a comment. */
function startsBlank(code: number): boolean {
  return code === 32 || code === 47 || (code < 32 && code !== 10) || code >= 128;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** All tokens of a text that is no file, without newlines. */
export function tokenize(file: CFile): CToken[] {
  const lexer = new Lexer(file);
  const tokens: CToken[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next())
    if (token.kind !== 'newline') tokens.push(token);
  return tokens;
}
