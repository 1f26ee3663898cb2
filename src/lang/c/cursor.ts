/** The declarations' tokens with look-ahead, and what may be skipped among them. */
import { CError } from './file.ts';
import { before } from './expression.ts';
import type { Tokens } from './expression.ts';
import { placeOf } from './macro.ts';
import type { CToken } from './token.ts';

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Where tokens come from, after macro expansion. At its end it gives `end` again and again. */
export interface TokenSource {
  next(): CToken;
  /** Without macro expansion. */
  nextRaw(): CToken;
  /** No expansion is under way. */
  readonly atFile: boolean;
}

export class CCursor implements Tokens {
  readonly #source: TokenSource;
  #token: CToken | undefined;
  readonly #ahead: CToken[] = [];

  constructor(source: TokenSource) {
    this.#source = source;
  }

  get token(): CToken {
    return (this.#token ??= this.#source.next());
  }

  peek(): CToken {
    void this.token;
    if (this.#ahead.length === 0) this.#ahead.push(this.#source.next());
    return this.#ahead[0]!;
  }

  advance(): CToken {
    const { token } = this;
    this.#token = this.#ahead.shift();
    return token;
  }

  at(text: string): boolean {
    return this.token.text === text && this.token.kind !== 'string';
  }

  accept(text: string): boolean {
    if (!this.at(text)) return false;
    this.advance();
    return true;
  }

  expect(text: string): CToken {
    if (!this.at(text)) this.fail(`expected '${text}'${before(this.token)}`);
    return this.advance();
  }

  fail(message: string, token = this.token, code = 'c', hints: readonly string[] = []): never {
    throw new CError(message, placeOf(token), code, hints);
  }

  /** From an opening bracket to behind the one that closes it. */
  skipBalanced(): void {
    const open = this.token;
    const closing: string[] = [];
    do {
      const { token } = this;
      if (token.kind === 'end') this.fail(`'${open.text}' is never closed`, open);
      if (token.kind === 'punctuator') {
        if (Object.hasOwn(CLOSING, token.text)) closing.push(CLOSING[token.text]!);
        else if (token.text === closing.at(-1)) closing.pop();
      }
      this.advance();
    } while (closing.length > 0);
  }

  /** The body of a function: its macros mean nothing to us, so they are not expanded. */
  skipBody(): void {
    const open = this.token;
    if (this.#ahead.length > 0 || !this.#source.atFile) return this.skipBalanced();
    let depth = 1;
    while (depth > 0) {
      const token = this.#source.nextRaw();
      if (token.kind === 'end') this.fail("'{' is never closed", open);
      if (token.text === '{' && token.kind === 'punctuator') depth++;
      else if (token.text === '}' && token.kind === 'punctuator') depth--;
    }
    this.#token = undefined;
  }

  /** To one of these at this level of brackets, or the end. */
  skipTo(...texts: readonly string[]): void {
    while (this.token.kind !== 'end' && !texts.includes(this.token.text)) {
      if (this.token.kind === 'punctuator' && Object.hasOwn(CLOSING, this.token.text)) this.skipBalanced();
      else this.advance();
    }
  }
}
