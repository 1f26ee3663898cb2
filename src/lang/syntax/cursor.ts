import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import { hintAtHabit, hintsAtCharacter } from './habits.ts';
import { isUnterminated } from './literal.ts';
import { isPunctuator, isWord } from './punctuators.ts';
import { scanToken } from './token.ts';
import type { Token } from './token.ts';

/** Unwinds to the nearest place where parsing can go on. Its diagnostic is already reported. Never leaves this folder. */
export class SyntaxFailure extends Error {}

export interface Extras {
  readonly hints?: readonly string[];
  readonly related?: Diagnostic['related'];
}

/** After so many mistakes the rest is noise. */
const MOST_ERRORS = 20;
/** Blocks, parentheses and operators in each other: far above any script, far below the end of the stack. */
const DEEPEST = 200;

/** The parser's place in the text, its look-ahead, and its reports. */
export class Cursor {
  readonly source: SourceFile;
  readonly text: string;
  readonly diagnostics: Diagnostic[] = [];
  token: Token;
  /** End of the last token taken. */
  previousEnd = 0;
  /** The last token taken, if the place was not changed since. */
  private previous: Token | undefined;
  /** Errors are not reported while the token at which the last one was is still near: they would only follow from it. */
  private quiet = false;
  private depth = 0;
  private errorCount = 0;

  constructor(source: SourceFile) {
    this.source = source;
    this.text = source.text;
    this.token = scanToken(source.text, 0);
  }

  // Tokens

  advance(): Token {
    const token = this.token;
    this.previous = token;
    this.previousEnd = token.end;
    this.token = scanToken(this.text, token.end);
    return token;
  }

  /** The token after the current one, or after `token`. */
  peek(token: Token = this.token): Token {
    return scanToken(this.text, token.end);
  }

  /** Goes on at `position`, which need not be the start of a token. */
  moveTo(position: number): void {
    this.previous = undefined;
    this.previousEnd = position;
    this.token = scanToken(this.text, position);
  }

  at(punctuator: string): boolean {
    return isPunctuator(this.token, punctuator);
  }

  atWord(word: string): boolean {
    return isWord(this.token, word);
  }

  accept(punctuator: string): boolean {
    const here = this.at(punctuator);
    if (here) this.advance();
    return here;
  }

  acceptWord(word: string): boolean {
    const here = this.atWord(word);
    if (here) this.advance();
    return here;
  }

  expect(punctuator: string, extras?: Extras): Token {
    if (!this.at(punctuator)) this.failExpected(`'${punctuator}'`, extras);
    return this.advance();
  }

  spanFrom(start: number): Span {
    return { start, end: Math.max(this.previousEnd, start) };
  }

  atUnterminatedString(): boolean {
    return this.token.kind === 'string' && isUnterminated(this.token.text);
  }

  /** Whether the current token stands on a later line than the one before it. */
  startsLine(): boolean {
    return this.text.slice(this.previousEnd, this.token.start).includes('\n');
  }

  // Reports

  report(message: string, span: Span, extras: Extras = {}): void {
    if (this.quiet) return;
    const last = ++this.errorCount === MOST_ERRORS;
    const hints = last ? [...(extras.hints ?? []), 'The script was not read any further.'] : extras.hints;
    const { start, end } = span;
    this.add({
      severity: 'error',
      code: 'syntax',
      message: `syntax: ${message}`,
      span: { start, end },
      related: extras.related,
      hints,
    });
    if (last) throw new TooManyErrors();
  }

  add(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic);
  }

  fail(message: string, span: Span, extras?: Extras): never {
    this.report(message, span, extras);
    throw new SyntaxFailure();
  }

  /** Reports that `what` should stand where the current token is, or what is wrong with that token itself. */
  reportExpected(what: string, extras?: Extras): void {
    const problem = problemOf(this.token);
    if (problem === undefined) this.report(`expected ${what}`, this.placeOfToken(), extras ?? this.hint());
    else this.report(problem.message, this.token, { hints: problem.hints });
  }

  failExpected(what: string, extras?: Extras): never {
    this.reportExpected(what, extras);
    throw new SyntaxFailure();
  }

  private hint(): Extras | undefined {
    const hint = hintAtHabit(this.previous, this.token, this.peek());
    return hint === undefined ? undefined : { hints: [hint] };
  }

  /** The end of a text with line breaks is the end of its last line that says something. */
  private placeOfToken(): Span {
    if (this.token.kind !== 'end') return this.token;
    const newline = this.text.slice(this.previousEnd, this.token.start).search(/\r?\n/);
    const end = newline === -1 ? this.token.start : this.previousEnd + newline;
    return { start: end, end };
  }

  /** Until `speak`, reports are dropped: the text is known to be wrong already. */
  hush(): void {
    this.quiet = true;
  }

  speak(): void {
    this.quiet = false;
  }

  get hushed(): boolean {
    return this.quiet;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.depth >= DEEPEST) {
      this.report(`nested too deeply (more than ${DEEPEST} levels)`, this.token);
      throw new TooManyErrors();
    }
    this.depth++;
    try {
      return parse();
    } finally {
      this.depth--;
    }
  }

  // Recovery

  /** From the brace at the current token to after its closing one, or to the end. */
  skipBalanced(open: string, close: string): void {
    let level = 0;
    while (this.token.kind !== 'end') {
      if (this.at(open)) level++;
      if (this.at(close)) level--;
      this.advance();
      if (level <= 0) return;
    }
  }
}

/** Ends the whole parse. */
export class TooManyErrors extends Error {}

function problemOf(token: Token): { readonly message: string; readonly hints: readonly string[] } | undefined {
  if (token.kind !== 'invalid') return undefined;
  if (token.text.startsWith('/*')) return { message: 'unterminated comment', hints: [] };
  if (token.text === '$') return { message: "expected a name or a number after '$'", hints: [] };
  return { message: `invalid character ${describeCharacter(token.text)}`, hints: hintsAtCharacter(token.text) };
}

function describeCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code >= 0xdc80 && code <= 0xdcff) return `byte 0x${(code - 0xdc00).toString(16)}`;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return `0x${code.toString(16).padStart(2, '0')}`;
  return `'${character}'`;
}
