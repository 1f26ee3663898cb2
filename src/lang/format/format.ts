/** The canonical layout of a script: `--fmt`. Made from the tree, so that text of the same meaning and comments gives the same. */
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import type {
  Block,
  Config,
  Expression,
  FunctionDefinition,
  Item,
  Macro,
  MapDeclaration,
  Probe,
  Script,
  Statement,
} from '../syntax/index.ts';
import { parse, scanToken } from '../syntax/index.ts';
import { Comments } from './comments.ts';
import { ExpressionFormatter } from './expressions.ts';
import { quoteString } from './quote.ts';
import { layOut } from './wrap.ts';

export interface FormatResult {
  /** Ends with a newline. Undefined: the text is no script, and the diagnostics say why. */
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formatting the result again changes nothing, and its tree is the same, but that `->` is written `.`. */
export function formatScript(source: SourceFile): FormatResult {
  const { script, diagnostics } = parse(source, { positional: [] });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (script === undefined) return { text: undefined, diagnostics: errors };
  return { text: new ScriptFormatter(source.text, script).format(), diagnostics: errors };
}

const INDENT = '  ';

/** What stands on lines of its own: its place in the old text, and the new one. */
interface Unit {
  readonly span: Span;
  readonly print: () => string;
}

class ScriptFormatter extends ExpressionFormatter {
  private readonly script: Script;
  private readonly comments: Comments;

  constructor(text: string, script: Script) {
    super(text);
    this.script = script;
    const points = script.items.flatMap((item) => (item.kind === 'probe' ? item.points.map(({ span }) => span) : []));
    this.comments = new Comments(text, [...script.declarations.map(({ span }) => span), ...points]);
  }

  format(): string {
    const { declarations, config, imports, items } = this.script;
    const units: Unit[] = [
      ...declarations.map(({ span, text }) => ({ span, print: () => text.trimEnd() })),
      ...(config === undefined ? [] : [{ span: config.span, print: () => this.config(config) }]),
      ...imports.map(({ span, path }) => ({ span, print: () => `import ${quoteString(path)};` })),
      ...items.map((item) => ({ span: item.span, print: () => this.item(item) })),
    ].sort((a, b) => a.span.start - b.span.start);
    const shebang = /^\ufeff?(#![^\n]*)?/.exec(this.text)![1];
    const lines = [
      ...(shebang === undefined ? [] : [shebang.trimEnd()]),
      ...this.lines(units, { start: shebang?.length ?? 0, end: this.text.length }, 'besideComments'),
    ];
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  // Lines

  /**
   * The units with the comments around them. One blank line stays where the old text had some: between all, or only
   * beside comments.
   */
  private lines(units: readonly Unit[], region: Span, blankLines: 'all' | 'besideComments'): string[] {
    const lines: string[] = [];
    let previous: { readonly end: number; readonly isComment: boolean } | undefined;
    const add = (start: number, end: number, isComment: boolean, text: string): void => {
      const mayPart = blankLines === 'all' || isComment || previous?.isComment === true;
      if (previous !== undefined && mayPart && this.hasBlankLine(previous.end, start)) lines.push('');
      lines.push(text);
      previous = { end, isComment };
    };
    const addComments = (start: number, end: number): void => {
      for (const { span, lines: own } of this.comments.take(start, end))
        add(span.start, span.end, true, own.map((line) => this.indentation + line).join(`\n`));
    };
    for (const [index, { span, print }] of units.entries()) {
      addComments(region.start, span.start);
      const text = this.indentation + print();
      const inside = this.comments.take(span.start, span.end).flatMap((comment) => comment.lines);
      const end = units[index + 1]?.span.start ?? region.end;
      const trailing = this.takeTrailing(span.end, end);
      const all = [...inside.map((line) => this.indentation + line), text + trailing.text];
      add(span.start, Math.max(span.end, trailing.end), false, all.join('\n'));
    }
    addComments(region.start, region.end);
    return lines;
  }

  /** Comments behind a unit on its last line. */
  private takeTrailing(start: number, end: number): { readonly text: string; readonly end: number } {
    const newline = this.text.indexOf('\n', start);
    const lineEnd = Math.min(newline === -1 ? this.text.length : newline, end);
    const found = this.comments.peek(start, lineEnd);
    if (found.length === 0 || !found.every((comment) => comment.endsLine && comment.lines.length === 1))
      return { text: '', end: start };
    this.comments.take(start, lineEnd);
    return { text: ` ${found.map(({ lines }) => lines[0]).join(' ')}`, end: found.at(-1)!.span.end };
  }

  private hasBlankLine(start: number, end: number): boolean {
    return /\n[ \t\r]*\n/.test(this.text.slice(start, end));
  }

  private indented<T>(print: () => T): T {
    const outer = this.indentation;
    this.indentation = outer + INDENT;
    try {
      return print();
    } finally {
      this.indentation = outer;
    }
  }

  private braced(units: readonly Unit[], region: Span): string {
    const lines = this.indented(() => this.lines(units, region, 'all'));
    return lines.length === 0 ? '{}' : ['{', ...lines, `${this.indentation}}`].join('\n');
  }

  // Items

  private config({ span, settings }: Config): string {
    const open = this.text.indexOf('{', span.start);
    const units = settings.map((setting) => ({
      span: setting.span,
      print: () => {
        const { key, value } = setting;
        const equals = this.afterToken(scanToken(this.text, setting.span.start).end);
        const written = value.kind === 'string' ? quoteString(value.text) : scanToken(this.text, equals).text;
        return `${key} = ${written};`;
      },
    }));
    return `config = ${this.braced(units, { start: open + 1, end: span.end - 1 })}`;
  }

  private item(item: Item): string {
    switch (item.kind) {
      case 'probe':
        return this.probe(item);
      case 'macro':
        return this.macro(item);
      case 'function':
        return this.function(item);
      case 'mapDeclaration':
        return this.mapDeclaration(item);
    }
  }

  private probe({ points, predicate, body }: Probe): string {
    const heads = points.map(({ span }) => this.slice(span)).join(',\n');
    const condition = predicate === undefined ? '' : `\n${this.predicate(predicate, points.at(-1)!.span.end)}`;
    return `${heads}${condition}\n${this.block(body)}`;
  }

  /** A blank keeps its slashes from becoming a comment. */
  private predicate(predicate: Expression, from: number): string {
    const text = this.expression(predicate, this.afterSlash(from));
    return layOut(text.startsWith('*') ? '/ ' : '/', text, '/', '');
  }

  private afterSlash(from: number): number {
    let token = scanToken(this.text, from);
    while (!token.text.startsWith('/')) token = scanToken(this.text, token.end);
    return token.start + 1;
  }

  private macro({ name, parameters, body }: Macro): string {
    return `macro ${name}(${parameters.map((parameter) => parameter.name).join(', ')})\n${this.block(body)}`;
  }

  private function({ name, parameters, returnType, body }: FunctionDefinition): string {
    const list = parameters.map((parameter) => `${parameter.name} : ${this.type(parameter.type)}`).join(', ');
    return `fn ${name}(${list}) : ${this.type(returnType)}\n${this.block(body)}`;
  }

  private mapDeclaration({ span, map, type }: MapDeclaration): string {
    let count = scanToken(this.text, span.start);
    while (count.kind !== 'integer') count = scanToken(this.text, count.end);
    return `let ${map} = ${type}(${count.text});`;
  }

  // Statements

  protected block({ span, statements, value }: Block): string {
    const region = { start: span.start + 1, end: span.end - 1 };
    const units = statements.map((statement) => ({ span: statement.span, print: () => this.statement(statement) }));
    if (value !== undefined) {
      const from = statements.at(-1)?.span.end ?? region.start;
      units.push({ span: value.span, print: () => this.wrapped(value, '', from, '') });
    }
    return this.braced(units, region);
  }

  private statement(statement: Statement): string {
    const { start } = statement.span;
    switch (statement.kind) {
      case 'expressionStatement':
        return this.wrapped(statement.expression, '', start, ';');
      case 'assign': {
        const target = this.expression(statement.target, start);
        return this.wrapped(statement.value, `${target} ${statement.operator} `, statement.target.span.end, ';');
      }
      case 'discard':
        return this.wrapped(statement.value, '_ = ', start, ';');
      case 'let':
        return this.let(statement);
      case 'if':
        return this.ifChain(statement);
      case 'while':
        return `${this.head('while', statement.condition)} ${this.block(statement.body)}`;
      case 'for':
        return `for ${statement.variable} : ${this.iterable(statement)} ${this.block(statement.body)}`;
      case 'unroll':
        return `unroll (${this.bare(statement.count)}) ${this.block(statement.body)}`;
      case 'block':
        return this.block(statement);
      case 'break':
      case 'continue':
        return `${statement.kind};`;
      case 'return':
        return statement.value === undefined ? 'return;' : this.wrapped(statement.value, 'return ', start, ';');
      case 'importStatement':
        return `import ${quoteString(statement.path)};`;
    }
  }

  private let({ name, nameSpan, type, value }: Extract<Statement, { kind: 'let' }>): string {
    const head = `let ${name}${type === undefined ? '' : ` : ${this.type(type)}`}`;
    return value === undefined
      ? `${head};`
      : this.wrapped(value, `${head} = `, type === undefined ? nameSpan.end : type.span.end, ';');
  }

  protected ifChain(node: { comptime: boolean; condition: Expression; then: Block; else: Block | undefined }): string {
    const head = `${this.head(node.comptime ? 'if comptime' : 'if', node.condition)} ${this.block(node.then)}`;
    if (node.else === undefined) return head;
    const { span, statements, value } = node.else;
    const only = value ?? statements[0];
    const isElseIf = this.text[span.start] !== '{' && (only?.kind === 'if' || only?.kind === 'ifExpression');
    return `${head} else ${isElseIf ? this.ifChain(only) : this.block(node.else)}`;
  }

  private head(word: string, condition: Expression): string {
    return layOut(`${word} (`, this.bare(condition), ')', this.indentation);
  }

  private iterable({ over, variableSpan }: Extract<Statement, { kind: 'for' }>): string {
    const colon = this.afterToken(variableSpan.end);
    if (over.kind !== 'range') return this.bound(over, colon);
    return `${this.bound(over.from, colon)}..${this.bound(over.to, over.from.span.end)}`;
  }

  /** What is no single operand stands in parentheses. */
  private bound(node: Expression, from: number): string {
    const isOperand = OPERANDS.has(node.kind) || this.parenthesesBefore(node.span.start, from) > 0;
    const text = this.expression(node, from);
    return isOperand ? text : `(${text})`;
  }

  // Long lines

  private wrapped(node: Expression, before: string, from: number, after: string): string {
    return layOut(before, this.expression(node, from), after, this.indentation);
  }
}

const OPERANDS: ReadonlySet<Expression['kind']> = new Set([
  'integer',
  'positional',
  'parameterCount',
  'variable',
  'identifier',
  'map',
  'call',
  'field',
  'index',
  'sizeof',
  'offsetof',
  'tuple',
]);
