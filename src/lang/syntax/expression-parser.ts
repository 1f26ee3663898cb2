import type { Span } from '../diagnostic/index.ts';
import type { BinaryOperator, Block, Expression } from './ast.ts';
import { BINARY_LEVELS } from './operators.ts';
import { SyntaxFailure } from './cursor.ts';
import type { Extras } from './cursor.ts';
import { isPunctuator } from './punctuators.ts';
import { readString } from './literal.ts';
import { RESERVED_WORDS } from './token.ts';
import type { Token } from './token.ts';
import { startsOperand, TypeParser } from './type-parser.ts';

const LEVEL_OF_OPERATOR = new Map<string, number>(
  BINARY_LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)),
);

/**
 * Where an expression stands. In the head of if, while, for, unroll without parentheses `{` begins the body; in a
 * predicate besides `/` before `{` ends it. Inside any bracket both are ordinary again.
 */
type Place = 'plain' | 'head' | 'predicate';

export abstract class ExpressionParser extends TypeParser {
  private place: Place = 'plain';

  abstract parseBlock(): Block;
  /** A block whose last statement gives its value where it can. */
  abstract parseValueBlock(): Block;

  parseExpression(): Expression {
    return this.nested(() => this.parseConditional());
  }

  parseHeadExpression(): Expression {
    return this.inPlace('head', () => this.parseExpression());
  }

  parsePredicateExpression(): Expression {
    return this.inPlace('predicate', () => this.parseExpression());
  }

  inPlace<T>(place: Place, parse: () => T): T {
    const outer = this.place;
    this.place = place;
    try {
      return parse();
    } finally {
      this.place = outer;
    }
  }

  private plainExpression(): Expression {
    return this.inPlace('plain', () => this.parseExpression());
  }

  private parseConditional(): Expression {
    const start = this.token.start;
    const condition = this.parseBinary(0);
    if (!this.accept('?')) return condition;
    const then = this.at(':') ? undefined : this.parseExpression();
    this.expect(':');
    const otherwise = this.parseExpression();
    return { kind: 'conditional', span: this.spanFrom(start), condition, then, else: otherwise };
  }

  private parseBinary(weakest: number): Expression {
    const start = this.token.start;
    let left = this.parseUnary();
    for (;;) {
      const level = this.token.kind === 'punctuator' ? LEVEL_OF_OPERATOR.get(this.token.text) : undefined;
      if (level === undefined || level < weakest || this.atPredicateEnd()) return left;
      const operator = this.advance();
      const right = this.parseBinary(level + 1);
      left = {
        kind: 'binary',
        span: this.spanFrom(start),
        operator: operator.text as BinaryOperator,
        operatorSpan: { start: operator.start, end: operator.end },
        left,
        right,
      };
    }
  }

  /** `/` directly before `{`. */
  private atPredicateEnd(): boolean {
    return this.place === 'predicate' && this.at('/') && isPunctuator(this.peek(), '{');
  }

  private parseUnary(): Expression {
    const { kind, start, text } = this.token;
    if (kind === 'identifier' && text === 'comptime') {
      this.advance();
      const operand = this.nested(() => this.parseUnary());
      return { kind: 'comptime', span: this.spanFrom(start), operand };
    }
    if (kind !== 'punctuator') return this.parsePostfix();
    switch (text) {
      case '-':
      case '!':
      case '~':
      case '*':
      case '&': {
        this.advance();
        const operand = this.nested(() => this.parseUnary());
        if (text === '&' && !isPlace(operand))
          this.report("'&' can only be applied to a variable or a map", this.spanFrom(start));
        return { kind: 'unary', span: this.spanFrom(start), operator: text, operand };
      }
      case '++':
      case '--': {
        this.advance();
        const operand = this.nested(() => this.parseUnary());
        return this.increment(text, true, operand, this.spanFrom(start));
      }
      case '(':
        if (this.atCast()) return this.parseCast();
    }
    return this.parsePostfix();
  }

  private parseCast(): Expression {
    const { start } = this.advance();
    const type = this.inPlace('plain', () => this.parseType());
    this.expect(')');
    const operand = this.nested(() => this.parseUnary());
    return { kind: 'cast', span: this.spanFrom(start), type, operand };
  }

  private increment(operator: '++' | '--', prefix: boolean, operand: Expression, span: Span): Expression {
    if (!isPlace(operand)) {
      const hints = operand.kind === 'identifier' ? [nameHint(operand.name)] : [];
      this.report(`'${operator}' can only be applied to a variable or a map`, span, { hints });
    }
    return { kind: 'increment', span, operator, prefix, operand };
  }

  private parsePostfix(): Expression {
    const start = this.token.start;
    let operand = this.parsePrimary();
    for (;;) {
      if (this.at('.') || this.at('->')) operand = this.parseField(operand, start);
      else if (this.accept('[')) {
        const index = this.plainExpression();
        this.expectClosing(']');
        operand = { kind: 'index', span: this.spanFrom(start), operand, index };
      } else if (this.at('++') || this.at('--')) {
        const operator = this.advance().text as '++' | '--';
        operand = this.increment(operator, false, operand, this.spanFrom(start));
      } else return operand;
    }
  }

  private parseField(operand: Expression, start: number): Expression {
    const arrow = this.advance().text === '->';
    const name = this.token;
    if (name.kind === 'integer') {
      if (operand.kind === 'integer') {
        const hints = ['There are only integers: use a smaller unit, such as 1500us for 1.5ms.'];
        this.fail('floating-point numbers are not supported', { start, end: name.end }, { hints });
      }
      if (!/^(?:0|[1-9][0-9]*)$/.test(name.text)) this.failExpected('field name');
    } else if (name.kind !== 'identifier') {
      this.failExpected(
        'field name',
        this.at('>') && !arrow ? { hints: ["Members are written with '.' or '->'."] } : undefined,
      );
    }
    this.advance();
    return {
      kind: 'field',
      span: this.spanFrom(start),
      arrow,
      operand,
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
    };
  }

  private parsePrimary(): Expression {
    const token = this.token;
    switch (token.kind) {
      case 'integer': {
        this.advance();
        return { kind: 'integer', span: this.spanFrom(token.start), text: token.text, ...this.readIntegerToken(token) };
      }
      case 'string': {
        const value = this.parseString();
        return { kind: 'string', span: this.spanFrom(token.start), value };
      }
      case 'variable':
        this.advance();
        return { kind: 'variable', span: this.spanFrom(token.start), name: token.text };
      case 'positional':
        this.advance();
        return { kind: 'positional', span: this.spanFrom(token.start), index: this.readPositional(token) };
      case 'parameterCount':
        this.advance();
        return { kind: 'parameterCount', span: this.spanFrom(token.start) };
      case 'map':
        return this.parseMap();
      case 'identifier':
        return this.parseWord();
      default:
        if (this.at('(')) return this.parseParenthesised();
        if (this.at('{') && this.place === 'plain') return this.parseBlockExpression();
        return this.failExpected('expression', this.at('{') ? { hints: ['The condition is missing.'] } : undefined);
    }
  }

  private readPositional(token: Token): number {
    const index = Number(token.text.slice(1));
    if (index === 0) this.report('positional parameters begin with $1', token);
    return index;
  }

  /** The value of a string token; its mistakes are reported. */
  parseString(what = 'string'): string {
    if (this.token.kind !== 'string') this.failExpected(what);
    const token = this.token;
    const { value, mistake } = readString(token.text);
    if (token.text.startsWith("'")) {
      const text = `"${token.text.slice(1, -1)}"`;
      const hint = text.length === 3 ? `Write ${text}, or ${text}[0] for its code.` : `Write ${text}.`;
      this.report(`strings stand in double quotes`, token, { hints: [hint] });
    } else if (mistake !== undefined) {
      const span = { start: token.start + mistake.from, end: token.start + mistake.to };
      if (mistake.to === token.text.length && mistake.from === 0) this.fail(mistake.message, span);
      this.report(mistake.message, span, mistake.message.startsWith('invalid') ? { hints: ESCAPE_HINTS } : {});
    }
    this.advance();
    return value;
  }

  private parseMap(): Expression {
    const token = this.advance();
    let key: Expression[] | undefined;
    if (this.accept('[')) {
      key = [this.plainExpression()];
      while (this.accept(',')) key.push(this.plainExpression());
      this.expectClosing(']');
    }
    return { kind: 'map', span: this.spanFrom(token.start), name: token.text, key };
  }

  private parseWord(): Expression {
    const token = this.token;
    const { start } = token;
    switch (token.text) {
      case 'true':
      case 'false':
        this.advance();
        return { kind: 'boolean', span: this.spanFrom(start), value: token.text === 'true' };
      case 'if':
        return this.parseIfExpression();
      case 'sizeof':
      case 'typeinfo': {
        this.advance();
        this.expect('(');
        const operand = this.inPlace('plain', () => this.parseTypeOrExpression());
        this.expect(')');
        return { kind: token.text, span: this.spanFrom(start), operand };
      }
      case 'offsetof':
        return this.parseOffsetof();
    }
    if (this.atTypeWord()) {
      const type = this.inPlace('plain', () => this.parseType());
      return { kind: 'typeExpression', span: this.spanFrom(start), type };
    }
    // The settings as a value: the word is reserved only for the block at the head of a script.
    if (RESERVED_WORDS.has(token.text) && token.text !== 'config') {
      return this.failExpected('expression', { hints: [`'${token.text}' is a reserved word.`] });
    }
    this.advance();
    if (this.at('(')) return this.parseCall(token);
    return { kind: 'identifier', span: this.spanFrom(start), name: token.text };
  }

  private parseCall(name: Token): Expression {
    this.advance();
    const list: Expression[] = [];
    while (!this.at(')')) {
      list.push(this.atTypeArgument() ? this.parseTypeArgument() : this.plainExpression());
      if (!this.accept(',')) break;
      if (this.at(')')) this.failExpected('expression');
    }
    this.expectClosing(')', this.argumentHint());
    return {
      kind: 'call',
      span: this.spanFrom(name.start),
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
      arguments: list,
    };
  }

  private argumentHint(): Extras | undefined {
    const joinsText = this.token.kind === 'string' && this.text[this.previousEnd - 1] === '"';
    return startsOperand(this.token) && !joinsText ? { hints: ["Arguments are separated by ','."] } : undefined;
  }

  private parseTypeArgument(): Expression {
    const { start } = this.token;
    const type = this.inPlace('plain', () => this.parseType());
    return { kind: 'typeExpression', span: this.spanFrom(start), type };
  }

  private parseOffsetof(): Expression {
    const { start } = this.advance();
    this.expect('(');
    const operand = this.inPlace('plain', () => this.parseTypeOrExpression());
    this.expect(',');
    const path: string[] = [];
    do {
      if (this.token.kind !== 'identifier') this.failExpected('field name');
      path.push(this.advance().text);
    } while (this.accept('.'));
    this.expect(')');
    return { kind: 'offsetof', span: this.spanFrom(start), operand, path };
  }

  /** Grouping, tuple or record. */
  private parseParenthesised(): Expression {
    const { start } = this.advance();
    if (this.token.kind === 'identifier' && isPunctuator(this.peek(), '=')) return this.parseRecord(start);
    if (this.accept(')')) return { kind: 'tuple', span: this.spanFrom(start), elements: [] };
    const first = this.plainExpression();
    if (!this.at(',')) {
      this.expectClosing(')');
      return first;
    }
    const elements = [first];
    while (this.accept(',') && !this.at(')')) elements.push(this.plainExpression());
    this.expectClosing(')');
    return { kind: 'tuple', span: this.spanFrom(start), elements };
  }

  private parseRecord(start: number): Expression {
    const members: { name: string; value: Expression; span: Span }[] = [];
    const names = new Set<string>();
    while (this.token.kind === 'identifier') {
      const name = this.advance();
      if (names.has(name.text)) this.report(`duplicate member '${name.text}'`, name);
      names.add(name.text);
      this.expect('=');
      const value = this.plainExpression();
      members.push({ name: name.text, value, span: this.spanFrom(name.start) });
      if (!this.accept(',')) break;
    }
    this.expectClosing(')');
    return { kind: 'record', span: this.spanFrom(start), members };
  }

  /** A bracket of another kind in its place is taken for it, so that what follows is still understood. */
  private expectClosing(bracket: ')' | ']', extras?: Extras): void {
    if (this.accept(bracket)) return;
    if (bracket === ')' && this.at('=') && this.text[this.token.end] !== '>')
      this.failExpected("')'", { hints: ["Use '==' to compare; an assignment is no expression."] });
    const { token } = this;
    this.reportExpected(`'${bracket}'`, extras);
    if (!isPunctuator(token, '}') && !isPunctuator(token, ']') && !isPunctuator(token, ')')) throw new SyntaxFailure();
    if (isPunctuator(token, '}') && !continuesStatement(this.peek())) throw new SyntaxFailure();
    this.advance();
    this.hush();
  }

  private parseBlockExpression(): Expression {
    const { start } = this.token;
    const block = this.nested(() => this.parseValueBlock());
    return { kind: 'blockExpression', span: this.spanFrom(start), block };
  }

  private parseIfExpression(): Expression {
    const { start } = this.advance();
    const comptime = this.acceptWord('comptime');
    const condition = this.parseHeadExpression();
    const then = this.parseValueBlock();
    let otherwise: Block | undefined;
    if (this.acceptWord('else')) otherwise = this.atWord('if') ? this.parseElseIfExpression() : this.parseValueBlock();
    return { kind: 'ifExpression', span: this.spanFrom(start), comptime, condition, then, else: otherwise };
  }

  /** `else if` is `else { if … }`. */
  private parseElseIfExpression(): Block {
    const { start } = this.token;
    const value = this.nested(() => this.parseIfExpression());
    return { kind: 'block', span: this.spanFrom(start), statements: [], value };
  }
}

const ESCAPE_HINTS = ['Escapes are \\n \\t \\r \\" \\\\, octal \\101 and hexadecimal \\x41.'];

export function nameHint(name: string): string {
  return `Variables begin with '$' and maps with '@': $${name} or @${name}.`;
}

/** What follows a bracket inside a statement, and hardly a block. */
function continuesStatement(token: Token): boolean {
  return token.kind === 'punctuator' && !['}', '{', '@', '('].includes(token.text);
}

/** Has an address and can be counted up: a variable or a map. */
function isPlace(expression: Expression): boolean {
  return expression.kind === 'variable' || expression.kind === 'map';
}
