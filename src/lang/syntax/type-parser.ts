import type { Expression, TypeSyntax } from './ast.ts';
import { isValueName } from './core-builtins.ts';
import { Cursor } from './cursor.ts';
import { isPunctuator } from './punctuators.ts';
import { readInteger } from './literal.ts';
import { RESERVED_WORDS } from './token.ts';
import type { Token } from './token.ts';

const TAGS: ReadonlySet<string> = new Set(['struct', 'union', 'enum']);
/** Words that C joins to one type name. */
const C_WORDS: ReadonlySet<string> = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char', 'double', 'float']);
const QUALIFIERS: ReadonlySet<string> = new Set(['const', 'volatile']);

/** In tokens; more than any typeof operand has. */
const FARTHEST_LOOK_AHEAD = 500;

/** Types, and telling them from expressions by looking ahead. */
export abstract class TypeParser extends Cursor {
  abstract parseExpression(): Expression;

  parseType(): TypeSyntax {
    return this.nested(() => {
      const start = this.token.start;
      while (this.atQualifier()) this.advance();
      let type = this.parseBaseType(start);
      for (;;) {
        while (this.atQualifier()) this.advance();
        if (this.accept('*')) type = { kind: 'pointer', to: type, span: this.spanFrom(start) };
        else if (this.accept('[')) {
          const count = this.expectInteger('array size');
          this.expect(']');
          type = { kind: 'array', element: type, count, span: this.spanFrom(start) };
        } else return type;
      }
    });
  }

  private parseBaseType(start: number): TypeSyntax {
    const { text } = this.token;
    if (this.token.kind === 'identifier' && TAGS.has(text)) {
      this.advance();
      const name = this.expectName('name of a type').text;
      return { kind: 'tagged', tag: text as 'struct' | 'union' | 'enum', name, span: this.spanFrom(start) };
    }
    if (this.acceptWord('typeof')) return this.parseTypeof(start);
    if (this.accept('(')) return this.parseTupleType(start);
    const words = [this.expectName('type').text];
    while (C_WORDS.has(words[0]!) && this.token.kind === 'identifier' && C_WORDS.has(this.token.text)) {
      words.push(this.advance().text);
    }
    return { kind: 'named', name: words.join(' '), span: this.spanFrom(start) };
  }

  private parseTypeof(start: number): TypeSyntax {
    this.expect('(');
    const operand = this.parseTypeOrExpression();
    this.expect(')');
    return { kind: 'typeof', operand, span: this.spanFrom(start) };
  }

  private parseTupleType(start: number): TypeSyntax {
    const elements: TypeSyntax[] = [];
    while (!this.at(')')) {
      elements.push(this.parseType());
      if (!this.accept(',')) break;
    }
    this.expect(')');
    return { kind: 'tuple', elements, span: this.spanFrom(start) };
  }

  private atQualifier(): boolean {
    return this.token.kind === 'identifier' && QUALIFIERS.has(this.token.text);
  }

  /** Operand of sizeof, typeof, …: `name[N]` is an array type there, a plain name a type. */
  parseTypeOrExpression(): TypeSyntax | Expression {
    return this.atTypeOperand() ? this.parseType() : this.parseExpression();
  }

  private atTypeOperand(): boolean {
    const end = this.endOfTypeAt(this.token);
    return end !== undefined && (isPunctuator(end, ')') || isPunctuator(end, ','));
  }

  /** Whether `(` at the current token begins a cast. */
  atCast(): boolean {
    const inner = this.peek();
    const end = this.endOfTypeAt(inner);
    if (end === undefined || !isPunctuator(end, ')')) return false;
    return TAGS.has(inner.text) || isPunctuator(this.peek(inner), '*') || startsOperand(this.peek(end));
  }

  /** Whether an argument begins here that can only be a type: `uint64 *`, `unsigned long`. */
  atTypeArgument(): boolean {
    if (this.token.kind !== 'identifier') return false;
    const next = this.peek();
    if (!isPunctuator(next, '*') && !(next.kind === 'identifier' && C_WORDS.has(this.token.text))) return false;
    const end = this.endOfTypeAt(this.token);
    return end !== undefined && (isPunctuator(end, ')') || isPunctuator(end, ','));
  }

  /** Whether the current token begins `struct x`, `union x`, `enum x` or typeof. */
  atTypeWord(): boolean {
    return this.token.kind === 'identifier' && (TAGS.has(this.token.text) || this.token.text === 'typeof');
  }

  /** The token after what may be a type from `token` on; undefined: it is none. */
  private endOfTypeAt(token: Token): Token | undefined {
    if (token.kind !== 'identifier') return undefined;
    const next = this.peek(token);
    if (QUALIFIERS.has(token.text) && next.kind === 'identifier') return this.endOfTypeAt(next);
    if (TAGS.has(token.text)) return next.kind === 'identifier' ? this.skipModifiers(this.peek(next)) : undefined;
    if (token.text === 'typeof') return this.skipModifiers(this.tokenAfterParentheses(next));
    if (RESERVED_WORDS.has(token.text) || isValueName(token.text)) return undefined;
    let after = next;
    while (C_WORDS.has(token.text) && after.kind === 'identifier' && C_WORDS.has(after.text)) after = this.peek(after);
    return this.skipModifiers(after);
  }

  /** The token after the `)` that closes `open`; undefined when there is none in reach. */
  private tokenAfterParentheses(open: Token): Token | undefined {
    if (!isPunctuator(open, '(')) return undefined;
    let level = 0;
    let token = open;
    for (let count = 0; count < FARTHEST_LOOK_AHEAD && token.kind !== 'end'; count++) {
      if (isPunctuator(token, '(')) level++;
      if (isPunctuator(token, ')')) level--;
      token = this.peek(token);
      if (level === 0) return token;
    }
    return undefined;
  }

  private skipModifiers(token: Token | undefined): Token | undefined {
    let next = token;
    for (;;) {
      if (next === undefined) return undefined;
      while (next.kind === 'identifier' && QUALIFIERS.has(next.text)) next = this.peek(next);
      if (isPunctuator(next, '*')) next = this.peek(next);
      else if (isPunctuator(next, '[')) {
        const count = this.peek(next);
        const close = this.peek(count);
        if (count.kind !== 'integer' || !isPunctuator(close, ']')) return undefined;
        next = this.peek(close);
      } else return next;
    }
  }

  // Leaves that types share with everything else

  expectName(what: string): Token {
    if (this.token.kind !== 'identifier' || RESERVED_WORDS.has(this.token.text)) {
      const hints = this.token.kind === 'identifier' ? [`'${this.token.text}' is a reserved word.`] : [];
      this.failExpected(what, { hints });
    }
    return this.advance();
  }

  expectInteger(what: string): bigint {
    if (this.token.kind !== 'integer') this.failExpected(what);
    return this.readIntegerToken(this.advance()).value;
  }

  readIntegerToken(token: Token): { readonly value: bigint; readonly suffix: string } {
    const reading = readInteger(token.text);
    if ('value' in reading) return reading;
    this.report(reading.error, token, reading.hint === undefined ? {} : { hints: [reading.hint] });
    return { value: 0n, suffix: '' };
  }
}

/** What may follow the `)` of a cast to a plain name. */
export function startsOperand(token: Token): boolean {
  switch (token.kind) {
    case 'identifier':
      return token.text !== 'and' && token.text !== 'or';
    case 'integer':
    case 'string':
    case 'variable':
    case 'map':
    case 'positional':
    case 'parameterCount':
      return true;
    case 'punctuator':
      return ['(', '-', '--', '++', '!', '~', '*', '&'].includes(token.text);
    default:
      return false;
  }
}
