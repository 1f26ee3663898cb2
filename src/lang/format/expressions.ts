/** Expressions and types in canonical spelling: on one line, but for blocks in them. The author's parentheses stay. */
import type { Span } from '../diagnostic/index.ts';
import type { Block, Expression, TypeSyntax } from '../syntax/index.ts';
import { scanToken } from '../syntax/index.ts';
import { quoteString } from './quote.ts';

type IfParts = Extract<Expression, { kind: 'ifExpression' }>;

export abstract class ExpressionFormatter {
  protected readonly text: string;
  /** Blanks before the current line. */
  protected indentation = '';

  constructor(text: string) {
    this.text = text;
  }

  protected abstract block(block: Block): string;
  protected abstract ifChain(node: Omit<IfParts, 'kind'>): string;

  /** `node` with the parentheses around it that are opened between `from` and it. */
  protected expression(node: Expression, from: number): string {
    const count = this.parenthesesBefore(node.span.start, from);
    return '('.repeat(count) + this.bare(node) + ')'.repeat(count);
  }

  protected parenthesesBefore(end: number, from: number): number {
    let count = 0;
    for (let token = scanToken(this.text, from); token.start < end; token = scanToken(this.text, token.end)) {
      if (token.text === '(') count++;
    }
    return count;
  }

  /** Without parentheses around it. */
  protected bare(node: Expression): string {
    const { start } = node.span;
    switch (node.kind) {
      case 'integer':
        return node.text;
      case 'string':
        return quoteString(node.value);
      case 'boolean':
        return String(node.value);
      case 'positional':
      case 'parameterCount':
        return this.slice(node.span);
      case 'variable':
      case 'identifier':
        return node.name;
      case 'map':
        return node.key === undefined
          ? node.name
          : `${node.name}[${this.list(node.key, start + node.name.length + 1)}]`;
      case 'call':
        return `${node.name}(${this.list(node.arguments, this.afterToken(node.nameSpan.end))})`;
      case 'unary':
        return this.prefixed(node.operator, this.expression(node.operand, start + 1));
      case 'increment':
        return node.prefix
          ? this.prefixed(node.operator, this.expression(node.operand, start + 2))
          : this.expression(node.operand, start) + node.operator;
      case 'binary':
        return `${this.expression(node.left, start)} ${node.operator} ${this.expression(node.right, node.operatorSpan.end)}`;
      case 'conditional':
        return this.conditional(node);
      case 'cast':
        return `(${this.type(node.type)})${this.expression(node.operand, node.type.span.end)}`;
      case 'field':
        return `${this.expression(node.operand, start)}.${node.name}`;
      case 'index':
        return `${this.expression(node.operand, start)}[${this.expression(node.index, node.operand.span.end)}]`;
      case 'tuple': {
        const elements = this.list(node.elements, start + 1);
        return node.elements.length === 1 ? `(${elements},)` : `(${elements})`;
      }
      case 'record':
        return `(${node.members.map(({ name, value, span }) => `${name}=${this.expression(value, span.start)}`).join(', ')})`;
      case 'ifExpression':
        return this.ifChain(node);
      case 'blockExpression':
        return this.block(node.block);
      case 'comptime':
        return `comptime ${this.expression(node.operand, start)}`;
      case 'typeExpression':
        return this.type(node.type);
      case 'sizeof':
      case 'typeinfo':
        return `${node.kind}(${this.typeOrExpression(node.operand, this.afterToken(start + node.kind.length))})`;
      case 'offsetof': {
        const operand = this.typeOrExpression(node.operand, this.afterToken(start + node.kind.length));
        return `offsetof(${operand}, ${node.path.join('.')})`;
      }
    }
  }

  private conditional(node: Extract<Expression, { kind: 'conditional' }>): string {
    const condition = this.expression(node.condition, node.span.start);
    if (node.then === undefined) return `${condition} ?: ${this.expression(node.else, node.condition.span.end)}`;
    const then = this.expression(node.then, node.condition.span.end);
    return `${condition} ? ${then} : ${this.expression(node.else, node.then.span.end)}`;
  }

  /** `- -x` must not become `--x`. */
  private prefixed(operator: string, operand: string): string {
    return operator.at(-1) === operand[0] && '+-'.includes(operand[0]!) ? `${operator} ${operand}` : operator + operand;
  }

  protected list(nodes: readonly Expression[], from: number): string {
    return this.items(nodes, from).join(', ');
  }

  protected items(nodes: readonly Expression[], from: number): string[] {
    return nodes.map((node, index) => this.expression(node, nodes[index - 1]?.span.end ?? from));
  }

  // Types

  protected typeOrExpression(node: TypeSyntax | Expression, from: number): string {
    switch (node.kind) {
      case 'named':
      case 'tagged':
      case 'pointer':
      case 'array':
      case 'typeof':
        return this.type(node);
      default:
        return this.expression(node as Expression, from);
    }
  }

  protected type(type: TypeSyntax): string {
    switch (type.kind) {
      case 'named':
      case 'tagged':
        return this.words(type.span);
      case 'pointer':
        return `${this.type(type.to)}*`;
      case 'array': {
        const bracket = this.afterToken(type.element.span.end);
        return `${this.type(type.element)}[${scanToken(this.text, bracket).text}]`;
      }
      case 'tuple':
        return `(${type.elements.map((element) => this.type(element)).join(', ')})`;
      case 'typeof': {
        let word = scanToken(this.text, type.span.start);
        while (word.text !== 'typeof') word = scanToken(this.text, word.end);
        return `typeof(${this.typeOrExpression(type.operand, this.afterToken(word.end))})`;
      }
    }
  }

  private words(span: Span): string {
    const words: string[] = [];
    for (let token = scanToken(this.text, span.start); token.start < span.end; token = scanToken(this.text, token.end))
      words.push(token.text);
    return words.join(' ');
  }

  // Text

  protected slice(span: Span): string {
    return this.text.slice(span.start, span.end);
  }

  /** The end of the token at or after `position`. */
  protected afterToken(position: number): number {
    return scanToken(this.text, position).end;
  }
}
