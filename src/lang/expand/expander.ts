/**
 * Macros, replaced by their bodies before anything is checked (spec 1.9). A call becomes a block expression of its
 * own copy of the body, in which parameters are what was passed, and other variables have names that nothing else has.
 * Places in the copy lie in the macro and remember the call.
 */
import type { Diagnostic, Span } from '../diagnostic/index.ts';
import type { Expression, Macro, Statement, TypeSyntax } from '../syntax/index.ts';
import { copyTree, isSpan } from './clone.ts';
import { type Definition, placeIn, signatureOf } from './definitions.ts';

/** How names are looked up. */
export interface MacroNames {
  /**
   * Macros that a call in the script may mean, best first: the first list with a match wins. Where `count` is given, those
   * with another number of parameters may be left out.
   */
  readonly find: (name: string, inLibrary: boolean, count?: number) => readonly (readonly Definition[])[];
  /** Whether a name means something else where no macro matches. */
  readonly isBuiltin: (name: string) => boolean;
}

/** The body in hand. */
interface Expansion {
  readonly definition: Definition;
  /** By name, `$`, `@` and all. */
  readonly bindings: ReadonlyMap<string, Expression>;
  /** Makes the body's own variables different from all others. */
  readonly number: number;
  readonly place: (span: Span) => Span;
  readonly caller: Expansion | undefined;
}

type Argument = Macro['parameters'][number];

/** Far above what scripts need; keeps macros that call others twice, over many levels, from never ending. */
const MOST_EXPANSIONS = 20_000;
/** Far below the end of the stack. */
const DEEPEST = 100;

export class Expander {
  readonly diagnostics: Diagnostic[] = [];
  readonly #names: MacroNames;
  readonly #expanded = new WeakSet<Expression>();
  #count = 0;

  constructor(names: MacroNames) {
    this.#names = names;
  }

  get expansions(): number {
    return this.#count;
  }

  /** The same tree where nothing in it is a macro. */
  expand<T extends object>(tree: T): T {
    return this.#transform(tree, undefined) as T;
  }

  #transform(value: unknown, inside: Expansion | undefined): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return this.#transformList(value, inside);
    if (isSpan(value)) return inside === undefined ? value : inside.place(value);
    const node = value as Expression | Statement | TypeSyntax;
    switch (node.kind) {
      case 'call':
        return this.#call(node, inside);
      case 'identifier':
        return this.#identifier(node, inside);
      case 'variable':
        return inside === undefined ? node : this.#variable(node, inside);
      case 'map':
        return this.#map(node, inside);
      case 'let':
        return inside === undefined
          ? this.#children(node, inside)
          : { ...this.#children(node, inside), name: nameIn(inside, node.name) };
      case 'for':
        return inside === undefined
          ? this.#children(node, inside)
          : { ...this.#children(node, inside), variable: nameIn(inside, node.variable) };
      case 'expressionStatement':
        return this.#statement(node, inside);
      case 'typeof':
      case 'sizeof':
      case 'typeinfo':
      case 'offsetof':
        return { ...this.#children(node, inside), operand: this.#operand(node.operand, inside) };
      case 'named':
        return this.#type(node, inside);
      default:
        return this.#children(node, inside);
    }
  }

  #transformList(list: readonly unknown[], inside: Expansion | undefined): readonly unknown[] {
    let changed = false;
    const result = list.map((item) => {
      const transformed = this.#transform(item, inside);
      changed ||= transformed !== item;
      return transformed;
    });
    return changed ? result : list;
  }

  #children<T extends object>(node: T, inside: Expansion | undefined): T {
    let copy: Record<string, unknown> | undefined = inside === undefined ? undefined : {};
    for (const key in node) {
      const value: unknown = node[key];
      const transformed = typeof value === 'object' ? this.#transform(value, inside) : value;
      if (copy === undefined && transformed !== value) copy = { ...(node as Record<string, unknown>) };
      if (copy !== undefined) copy[key] = transformed;
    }
    return (copy ?? node) as T;
  }

  // ---- names ------------------------------------------------------------------------------------------------

  #variable(node: Expression & { kind: 'variable' }, inside: Expansion): Expression {
    return { ...node, name: nameIn(inside, node.name), span: inside.place(node.span) };
  }

  #map(node: Expression & { kind: 'map' }, inside: Expansion | undefined): Expression {
    const copy = this.#children(node, inside);
    const bound = inside?.bindings.get(node.name);
    return bound?.kind === 'map' ? { ...copy, name: bound.name } : copy;
  }

  #identifier(node: Expression & { kind: 'identifier' }, inside: Expansion | undefined): Expression {
    const bound = inside?.bindings.get(node.name);
    if (bound !== undefined) return copyTree(bound);
    const definition = this.#match(node.name, [], inside);
    if (definition !== undefined) return this.#apply(definition, [], node.span, inside);
    if (this.#takesArguments(node.name, inside)) this.#noMatch(node.name, node.span, inside);
    return this.#children(node, inside);
  }

  /** A macro's name alone, that is no macro without parameters nor anything else. */
  #takesArguments(name: string, inside: Expansion | undefined): boolean {
    return !this.#names.isBuiltin(name) && this.#candidates(name, inside).length > 0;
  }

  #call(node: Expression & { kind: 'call' }, inside: Expansion | undefined): Expression {
    const copy = this.#children(node, inside);
    const definition = this.#match(node.name, copy.arguments, inside);
    if (definition !== undefined) return this.#apply(definition, copy.arguments, node.span, inside);
    if (!this.#names.isBuiltin(node.name) && this.#candidates(node.name, inside).length > 0)
      this.#noMatch(node.name, node.span, inside);
    return copy;
  }

  /** A macro called for what it does: its value is not missed. */
  #statement(node: Statement & { kind: 'expressionStatement' }, inside: Expansion | undefined): Statement {
    const copy = this.#children(node, inside);
    return this.#expanded.has(copy.expression) ? { ...copy, isExpansion: true } : copy;
  }

  // ---- types ------------------------------------------------------------------------------------------------

  /** Of sizeof and its like: a plain name reads as a type, but may be a parameter or a macro. */
  #operand(node: TypeSyntax | Expression, inside: Expansion | undefined): TypeSyntax | Expression {
    if (node.kind !== 'named') return this.#transform(node, inside) as TypeSyntax | Expression;
    const bound = inside?.bindings.get(node.name);
    if (bound !== undefined) return asOperand(copyTree(bound));
    const definition = this.#match(node.name, [], inside);
    if (definition !== undefined) return this.#apply(definition, [], node.span, inside);
    return this.#children(node, inside);
  }

  #type(node: TypeSyntax & { kind: 'named' }, inside: Expansion | undefined): TypeSyntax {
    const bound = inside?.bindings.get(node.name);
    if (bound === undefined || inside === undefined) return this.#children(node, inside);
    if (bound.kind === 'typeExpression') return copyTree(bound.type);
    if (bound.kind === 'identifier') return { kind: 'named', name: bound.name, span: bound.span };
    return { kind: 'typeof', operand: copyTree(bound), span: inside.place(node.span) };
  }

  // ---- calls ------------------------------------------------------------------------------------------------

  #candidates(name: string, inside: Expansion | undefined): readonly Definition[] {
    return this.#names.find(name, inside?.definition.isLibrary === true).flat();
  }

  #match(name: string, given: readonly Expression[], inside: Expansion | undefined): Definition | undefined {
    for (const definitions of this.#names.find(name, inside?.definition.isLibrary === true, given.length)) {
      let best: Definition | undefined;
      for (const definition of definitions) {
        if (!accepts(definition.macro, given)) continue;
        if (best === undefined || precision(definition.macro) > precision(best.macro)) best = definition;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #apply(definition: Definition, given: readonly Expression[], call: Span, caller: Expansion | undefined): Expression {
    const from = caller === undefined ? call : caller.place(call);
    const { macro, source } = definition;
    if (this.#isRefused(definition, from, caller)) return { kind: 'boolean', span: from, value: false };
    const place = ({ start, end }: Span): Span => ({ start, end, source, expandedFrom: from });
    const bindings = new Map(macro.parameters.map(({ name }, index) => [name, given[index]!] as const));
    const inside: Expansion = { definition, bindings, number: ++this.#count, place, caller };
    const result = this.#bodyOf(macro, inside);
    this.#expanded.add(result);
    return result;
  }

  /** Without statements the value alone: it stays a literal, a type or a place where it is one. */
  #bodyOf({ name, body }: Macro, inside: Expansion): Expression {
    if (body.statements.length === 0 && body.value !== undefined)
      return this.#transform(body.value, inside) as Expression;
    return { kind: 'blockExpression', span: inside.place(body.span), block: this.#children(body, inside), macro: name };
  }

  /** Endless or too many. */
  #isRefused(definition: Definition, from: Span, caller: Expansion | undefined): boolean {
    const chain = [definition.macro.name];
    for (let at = caller; at !== undefined; at = at.caller) {
      chain.unshift(at.definition.macro.name);
      if (at.definition !== definition) continue;
      this.#report('recursive-macro', from, `Macro ${definition.macro.name} calls itself: ${chain.join(' > ')}`);
      return true;
    }
    if (chain.length > DEEPEST) {
      this.#report('macro', from, `Macros call each other more than ${DEEPEST} levels deep.`);
      return true;
    }
    if (this.#count < MOST_EXPANSIONS) return false;
    if (this.#count++ === MOST_EXPANSIONS)
      this.#report('macro', from, `Macros are expanded more than ${MOST_EXPANSIONS} times.`);
    return true;
  }

  #noMatch(name: string, span: Span, inside: Expansion | undefined): void {
    const related = this.#candidates(name, inside).map((definition) => ({
      span: placeIn(definition, definition.macro.nameSpan),
      message: `${signatureOf(definition.macro)} is defined here.`,
    }));
    const message = `Call to ${name}() has arguments that do not match any definition.`;
    this.#report('macro-arguments', inside === undefined ? span : inside.place(span), message, { related });
  }

  #report(code: string, span: Span, message: string, more: Pick<Diagnostic, 'related'> = {}): void {
    this.diagnostics.push({ severity: 'error', code, span, message, ...more });
  }
}

/** The caller's variable for a parameter, one of this expansion alone for any other. */
function nameIn(inside: Expansion, name: string): string {
  const bound = inside.bindings.get(name);
  return bound?.kind === 'variable' ? bound.name : `${name}#${inside.number}`;
}

function asOperand(bound: Expression): TypeSyntax | Expression {
  if (bound.kind === 'typeExpression') return bound.type;
  if (bound.kind === 'index' && bound.operand.kind === 'identifier' && bound.index.kind === 'integer') {
    // `name[N]` is an array type here, as it is where it stands in sizeof() itself.
    const { operand, index, span } = bound;
    return {
      kind: 'array',
      element: { kind: 'named', name: operand.name, span: operand.span },
      count: index.value,
      span,
    };
  }
  return bound.kind === 'identifier' ? { kind: 'named', name: bound.name, span: bound.span } : bound;
}

function accepts({ parameters }: Macro, given: readonly Expression[]): boolean {
  return parameters.length === given.length && parameters.every((parameter, index) => takes(parameter, given[index]!));
}

function takes(parameter: Argument, given: Expression): boolean {
  switch (parameter.kind) {
    case 'variable':
      return given.kind === 'variable';
    case 'map':
      return given.kind === 'map' && given.key === undefined;
    case 'expression':
      return true;
  }
}

/** A variable or a map is more than any expression. */
function precision({ parameters }: Macro): number {
  return parameters.filter(({ kind }) => kind !== 'expression').length;
}
