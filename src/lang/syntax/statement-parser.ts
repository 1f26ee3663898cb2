import type { Span } from '../diagnostic/index.ts';
import type { AssignOperator, Block, Expression, Range, Statement } from './ast.ts';
import { SyntaxFailure } from './cursor.ts';
import { hintAtCall } from './habits.ts';
import { isPunctuator } from './punctuators.ts';
import type { Extras } from './cursor.ts';
import { ExpressionParser, nameHint } from './expression-parser.ts';
import { RESERVED_WORDS } from './token.ts';
import type { Token } from './token.ts';

const ASSIGN_OPERATORS: ReadonlySet<string> = new Set([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '<<=',
  '>>=',
]);
const IMMUTABLE = 'Tuples and records are immutable once created. Assign a new one to the variable or map instead.';
const KEY_HINT = 'A key of several parts is written with commas: @map[a, b].';
const READ_ONLY = 'Traced memory can be read, not written.';
const C_LOOP_HINT = 'Loops are written `for $i : 0..10 { … }`, `for $kv : @map { … }` or `while $i < 10 { … }`.';

/** A statement, or the expression that ends a block without `;`. */
type Part = { readonly statement: Statement } | { readonly value: Expression } | undefined;

export abstract class StatementParser extends ExpressionParser {
  /** Where an item was found inside a block, so that its missing braces are reported once. */
  private missingBraceAt = -1;

  /** A brace too many may then be the one that was missed. */
  get missedBrace(): boolean {
    return this.missingBraceAt >= 0;
  }

  parseBlock(): Block {
    return this.nested(() => this.inPlace('plain', () => this.parseBracedStatements()));
  }

  parseValueBlock(): Block {
    return asValue(this.parseBlock());
  }

  private parseBracedStatements(): Block {
    const open = this.expect('{', this.at('=') ? { hints: ["Use '==' to compare."] } : undefined);
    const statements: Statement[] = [];
    let value: Expression | undefined;
    while (!this.at('}')) {
      if (this.token.kind === 'end' || this.atItemInBlock()) {
        this.reportMissingBrace(open);
        return { kind: 'block', span: this.spanFrom(open.start), statements, value };
      }
      if (this.accept(';')) {
        this.speak();
        continue;
      }
      const part = this.parsePartOrRecover();
      if (part === undefined) continue;
      if ('statement' in part) statements.push(part.statement);
      else value = part.value;
    }
    this.advance();
    this.speak();
    return { kind: 'block', span: this.spanFrom(open.start), statements, value };
  }

  private reportMissingBrace(open: Token): void {
    const reported = this.missingBraceAt === this.token.start;
    this.missingBraceAt = this.token.start;
    if (reported) return;
    const span = { start: open.start, end: open.end };
    this.reportExpected("'}'", { related: [{ span, message: 'This brace is never closed.' }] });
  }

  /** A probe or another item can't stand in a block: a brace is missing before it. */
  private atItemInBlock(): boolean {
    const { kind, text, end } = this.token;
    if (kind !== 'identifier') return false;
    const next = this.peek();
    if (isPunctuator(next, ':') && next.start === end) return !RESERVED_WORDS.has(text);
    if (text === 'macro' || text === 'fn') return next.kind === 'identifier';
    return /^(?:begin|end)$/i.test(text) && (isPunctuator(next, '{') || isPunctuator(next, '/'));
  }

  private parsePartOrRecover(): Part {
    if (this.hushed && this.startsLine()) this.speak();
    const { start } = this.token;
    try {
      return this.parsePart();
    } catch (error) {
      if (!(error instanceof SyntaxFailure)) throw error;
      this.recover(start);
      return undefined;
    }
  }

  /** To where the next statement may begin. An unterminated string ends with its line, and so does its statement. */
  private recover(start: number): void {
    const isOpenString = this.atUnterminatedString();
    if (isOpenString) this.skipOpenString();
    if (!isOpenString || !this.startsLine()) {
      while (
        this.token.kind !== 'end' &&
        !this.at(';') &&
        !this.at('}') &&
        !this.atItemInBlock() &&
        !this.atStatementOnNewLine(start)
      ) {
        if (this.at('{')) this.skipBalanced('{', '}');
        else this.advance();
      }
    }
    // What is missing at the end of the text follows from the mistake that swallowed it.
    if (this.token.kind === 'end') this.missingBraceAt = this.token.start;
    this.speak();
  }

  /** To the end of its line; or, where the next line alone has quotes without a partner, to the end of the text in it. */
  private skipOpenString(): void {
    this.advance();
    const next = /^[^\n]*\n([^\n"]*)"(?=(?:[^\n"]*"[^\n"]*")*[^\n"]*(?:\n|$))/.exec(
      this.text.slice(this.previousEnd, this.previousEnd + 1000),
    );
    if (next !== null) this.moveTo(this.previousEnd + next[0].length);
  }

  private atStatementOnNewLine(start: number): boolean {
    return (
      this.token.start > start &&
      this.startsLine() &&
      /^(?:if|for|while|unroll|let|return|break|continue)$/.test(this.token.text)
    );
  }

  private parsePart(): Part {
    const start = this.token.start;
    switch (this.token.kind === 'identifier' ? this.token.text : '') {
      case 'if':
        return { statement: this.parseIf() };
      case 'for':
        return { statement: this.parseFor() };
      case 'while': {
        this.advance();
        const condition = this.parseHead();
        const body = this.parseBody();
        return { statement: { kind: 'while', span: this.spanFrom(start), condition, body } };
      }
      case 'unroll': {
        this.advance();
        const count = this.parseHead();
        const body = this.parseBody();
        return { statement: { kind: 'unroll', span: this.spanFrom(start), count, body } };
      }
      case 'let':
        return this.simple(this.parseLet());
      case 'break':
      case 'continue': {
        const kind = this.advance().text as 'break' | 'continue';
        return this.simple({ kind, span: this.spanFrom(start) });
      }
      case 'return': {
        this.advance();
        const value = this.at(';') || this.at('}') ? undefined : this.parseExpression();
        return this.simple({ kind: 'return', span: this.spanFrom(start), value });
      }
      case 'import': {
        this.advance();
        const path = this.parseString('path in double quotes');
        return this.simple({ kind: 'importStatement', span: this.spanFrom(start), path });
      }
      case '_':
        if (isPunctuator(this.peek(), '=')) return this.simple(this.parseDiscard());
    }
    if (this.at('{')) return { statement: this.parseBlock() };
    return this.parseExpressionStatement();
  }

  private parseBody(): Block {
    if (startsStatement(this.token)) this.failExpected("'{'", { hints: ['The body stands in braces: { … }.'] });
    return this.parseBlock();
  }

  /**
   * The condition of if and while, the count of unroll. A mistake inside leaves the body readable: what follows
   * its brace is still checked.
   */
  private parseHead(): Expression {
    const start = this.token.start;
    try {
      const head = this.parseHeadExpression();
      if (head.kind === 'record' && head.members.length === 1) this.reportAssignmentInHead(head.members[0]!.span);
      return head;
    } catch (error) {
      if (!(error instanceof SyntaxFailure) || !this.skipToBody()) throw error;
      return { kind: 'integer', span: this.spanFrom(start), value: 0n, text: '0', suffix: '' };
    }
  }

  /** `if (pid = 1)` reads as a record with one member. */
  private reportAssignmentInHead(member: Span): void {
    const name = this.text.slice(member.start, member.end);
    const start = member.start + name.indexOf('=');
    this.report(
      "expected ')'",
      { start, end: start + 1 },
      { hints: ["Use '==' to compare; an assignment is no expression."] },
    );
  }

  /**
   * Whether a block begins before the statement can have ended; then it is at the current token. `open`: how many
   * parentheses are open, inside which a `;` ends nothing.
   */
  protected skipToBody(open = 0): boolean {
    if (this.atUnterminatedString()) return false;
    let parentheses = open;
    for (let token = this.token; token.kind !== 'end'; token = this.peek(token)) {
      if (isPunctuator(token, '{')) {
        this.moveTo(token.start);
        return true;
      }
      if (isPunctuator(token, '(')) parentheses++;
      if (isPunctuator(token, ')')) parentheses--;
      if (isPunctuator(token, '}') || (isPunctuator(token, ';') && parentheses <= 0)) return false;
    }
    return false;
  }

  private parseIf(): Statement {
    const { start } = this.advance();
    const comptime = this.acceptWord('comptime');
    const condition = this.parseHead();
    const then = this.parseBody();
    const otherwise = this.parseElse();
    return { kind: 'if', span: this.spanFrom(start), comptime, condition, then, else: otherwise };
  }

  private parseElse(): Block | undefined {
    if (this.atWord('elif') || this.atWord('elseif') || this.atWord('elsif')) {
      this.report("expected ';'", this.token, { hints: ["Write 'else if'."] });
      this.hush();
    }
    if (!this.acceptWord('else')) return undefined;
    if (!this.atWord('if')) return this.parseBody();
    const { start } = this.token;
    const statement = this.nested(() => this.parseIf());
    return { kind: 'block', span: this.spanFrom(start), statements: [statement], value: undefined };
  }

  private parseFor(): Statement {
    const { start } = this.advance();
    const parenthesised = this.accept('(');
    const variable = this.token;
    if (variable.kind !== 'variable' || !isPunctuator(this.peek(), ':'))
      return this.refuseLoopHead(variable, parenthesised);
    this.advance();
    this.advance();
    const over = this.parseIterable(parenthesised);
    if (parenthesised) this.expect(')');
    const body = this.parseBody();
    const variableSpan = { start: variable.start, end: variable.end };
    return { kind: 'for', span: this.spanFrom(start), variable: variable.text, variableSpan, over, body };
  }

  /** Reports the head, then reads the body of the loop all the same. */
  private refuseLoopHead(variable: Token, parenthesised: boolean): Statement {
    if (variable.kind !== 'variable') this.reportExpected('loop variable', { hints: [C_LOOP_HINT] });
    else {
      this.advance();
      this.reportExpected("':'", { hints: [C_LOOP_HINT] });
    }
    if (!this.skipToBody(parenthesised ? 1 : 0)) throw new SyntaxFailure();
    return this.parseBody();
  }

  private parseIterable(parenthesised: boolean): Expression | Range {
    const start = this.token.start;
    const parse = (): Expression => (parenthesised ? this.parseExpression() : this.parseHeadExpression());
    const from = parse();
    if (!this.accept('..')) return from;
    const to = parse();
    return { kind: 'range', span: this.spanFrom(start), from, to };
  }

  private parseLet(): Statement {
    const { start } = this.advance();
    const name = this.token;
    if (name.kind !== 'variable') this.failExpected('variable', this.letHint(name));
    this.advance();
    const type = this.accept(':') ? this.parseType() : undefined;
    const value = this.accept('=') ? this.parseExpression() : undefined;
    const nameSpan = { start: name.start, end: name.end };
    return { kind: 'let', span: this.spanFrom(start), name: name.text, nameSpan, type, value };
  }

  private letHint(name: Token): Extras | undefined {
    if (name.kind === 'map') return { hints: ['Maps are declared outside of probes: `let @name = hash(100);`.'] };
    if (name.kind === 'identifier') return { hints: [`Variables begin with '$': $${name.text}.`] };
    return undefined;
  }

  private parseDiscard(): Statement {
    const { start } = this.advance();
    this.advance();
    const value = this.parseExpression();
    return { kind: 'discard', span: this.spanFrom(start), value };
  }

  private parseExpressionStatement(): Part {
    const start = this.token.start;
    const expression = this.parseExpression();
    if (this.token.kind === 'punctuator' && ASSIGN_OPERATORS.has(this.token.text)) {
      return this.simple(this.parseAssignment(start, expression));
    }
    if (this.at('}')) return { value: expression };
    return this.simple({ kind: 'expressionStatement', span: this.spanFrom(start), expression });
  }

  private parseAssignment(start: number, target: Expression): Statement {
    const operator = this.advance().text as AssignOperator;
    const value = this.parseExpression();
    const span = this.spanFrom(start);
    this.checkTarget(target, span);
    return { kind: 'assign', span, target, operator, value };
  }

  private checkTarget(target: Expression, assignment: Span): void {
    switch (target.kind) {
      case 'variable':
      case 'map':
        return;
      case 'field':
        if (!target.arrow) return this.report(IMMUTABLE, assignment);
        return this.report('invalid assignment target', target.span, {
          hints: [READ_ONLY],
        });
      case 'index':
        if (target.operand.kind === 'map')
          return this.report('invalid assignment target', target.span, { hints: [KEY_HINT] });
        return this.report('invalid assignment target', target.span, { hints: [READ_ONLY] });
      case 'identifier':
        return this.report('invalid assignment target', target.span, {
          hints: [nameHint(target.name)],
        });
      default:
        return this.report(
          'invalid assignment target',
          target.span,
          target.kind === 'unary' ? { hints: [READ_ONLY] } : {},
        );
    }
  }

  /** Takes the `;` of a statement; before `}` there need not be one. */
  private simple(statement: Statement): Part {
    if (this.accept(';')) this.speak();
    else if (!this.at('}') && this.token.kind !== 'end' && !this.atItemInBlock()) {
      this.reportExpected("';'", this.terminatorHint(statement));
      if (!startsStatement(this.token)) throw new SyntaxFailure();
      this.hush();
    }
    return { statement };
  }

  private terminatorHint(statement: Statement): Extras | undefined {
    if (this.at('{') && statement.kind === 'expressionStatement' && statement.expression.kind === 'call') {
      const hint = hintAtCall(statement.expression.name);
      return hint === undefined ? undefined : { hints: [hint] };
    }
    if (this.at('='))
      return { hints: ['Assignments are statements: one value can be assigned to one place at a time.'] };
    if (this.at(',')) return { hints: ["Statements are separated by ';'."] };
    if (!startsStatement(this.token) || !this.startsLine()) return undefined;
    const line = this.text.slice(0, this.previousEnd).split('\n').length;
    return { hints: [`Line ${line} ends without a ';'.`] };
  }
}

function startsStatement(token: Token): boolean {
  return token.kind === 'variable' || token.kind === 'map' || (token.kind === 'identifier' && token.text !== 'else');
}

/** `block` with its last `if` or block as its value, where that has one. */
function asValue(block: Block): Block {
  const last = block.statements.at(-1);
  if (block.value !== undefined || last === undefined) return block;
  const value = statementValue(last);
  return value === undefined ? block : { ...block, statements: block.statements.slice(0, -1), value };
}

function statementValue(statement: Statement): Expression | undefined {
  if (statement.kind === 'block') {
    const block = asValue(statement);
    return block.value === undefined ? undefined : { kind: 'blockExpression', span: block.span, block };
  }
  if (statement.kind !== 'if' || statement.else === undefined) return undefined;
  const then = asValue(statement.then);
  const otherwise = asValue(statement.else);
  if (then.value === undefined || otherwise.value === undefined) return undefined;
  const { span, comptime, condition } = statement;
  return { kind: 'ifExpression', span, comptime, condition, then, else: otherwise };
}
