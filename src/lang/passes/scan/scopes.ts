/**
 * Which variable each `$name` is. Variables live in the block that first assigns or declares them. Scripts for
 * older tracers, where they lived in the whole probe, work too: a variable that is used outside the block that
 * assigns it first belongs to the probe, with a warning (not one declared by `let`, which is newer than that).
 */
import { nearest, spanOver } from '../../diagnostic/index.ts';
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type { Block, Expression, FunctionDefinition, Probe, Statement, TypeSyntax } from '../../syntax/index.ts';
import { childNodes } from './walk.ts';

export interface VariableSymbol {
  /** With the `$`. */
  readonly name: string;
  /** Where it was first assigned or declared. */
  readonly span: Span;
  readonly declared: boolean;
  readonly type: TypeSyntax | undefined;
  /** Some statement gives it a value. */
  assigned: boolean;
}

export interface ScopeResult {
  /** By node: a variable expression (also as target of an assignment) or a `let` statement. */
  readonly symbols: ReadonlyMap<object, VariableSymbol>;
  readonly findings: readonly ScopeFinding[];
}

/** `within`: the branches of comptime ifs around it, which may turn out to be dead. */
export interface ScopeFinding {
  readonly diagnostic: Diagnostic;
  readonly within: readonly Block[];
}

type Parameters = FunctionDefinition['parameters'];

/** `parameters`: of a function; their symbols are found by their nodes. */
export function resolveVariables(probe: Probe, parameters: Parameters = []): ScopeResult {
  const blockScoped = new ScopeWalk(new Map());
  blockScoped.declareParameters(parameters);
  blockScoped.walkProbe(probe);
  if (blockScoped.escaping.size === 0) return blockScoped.result();
  const hoisted = new ScopeWalk(blockScoped.escaping);
  hoisted.declareParameters(parameters);
  hoisted.walkProbe(probe);
  return hoisted.result();
}

class ScopeWalk {
  /** Names used outside the block that assigns them, with the first such use. */
  readonly escaping = new Map<string, Span>();
  readonly #hoisted: ReadonlyMap<string, Span>;
  readonly #symbols = new Map<object, VariableSymbol>();
  readonly #findings: ScopeFinding[] = [];
  /** Of comptime ifs, around the node in hand. */
  #branches: readonly Block[] = [];
  /** Around declarations. */
  readonly #branchesOf = new Map<VariableSymbol, readonly Block[]>();
  readonly #scopes: Map<string, VariableSymbol>[] = [new Map()];
  /** Implicit variables of blocks that were left. */
  readonly #left = new Map<string, VariableSymbol>();
  /** Variables that such blocks declared. */
  readonly #ended = new Map<string, VariableSymbol>();
  readonly #warned = new Set<VariableSymbol>();

  constructor(hoisted: ReadonlyMap<string, Span>) {
    this.#hoisted = hoisted;
    for (const [name, span] of hoisted) {
      const hints = [`Declare it before that block: let ${shownName(name)};`];
      this.#report(
        'warning',
        'block-scope',
        span,
        `Variable ${shownName(name)} is used outside the block that first assigns it.`,
        { hints },
      );
    }
  }

  result(): ScopeResult {
    for (const symbol of new Set(this.#symbols.values())) {
      this.#branches = this.#branchesOf.get(symbol) ?? [];
      if (symbol.declared && !symbol.assigned)
        this.#report('warning', 'never-assigned', symbol.span, `Variable ${symbol.name} was never assigned to.`);
    }
    return { symbols: this.#symbols, findings: this.#findings };
  }

  declareParameters(parameters: Parameters): void {
    for (const parameter of parameters) {
      const { name, span, type } = parameter;
      const symbol: VariableSymbol = { name, span, declared: true, type, assigned: true };
      this.#currentScope().set(name, symbol);
      this.#symbols.set(parameter, symbol);
    }
  }

  walkProbe(probe: Probe): void {
    if (probe.predicate !== undefined) this.#walk(probe.predicate);
    this.#walk(probe.body);
  }

  #walk(node: object): void {
    const known = node as Statement | Expression;
    switch (known.kind) {
      case 'block':
        return this.#inScope(() => this.#walkChildren(node));
      case 'assign':
        if (known.target.kind !== 'variable') return this.#walkChildren(node);
        this.#walk(known.value);
        if (known.operator !== '=') this.#read(known.target);
        return this.#assign(known.target);
      case 'let':
        if (known.value !== undefined) this.#walk(known.value);
        return this.#declare(known);
      case 'for':
        this.#walk(known.over);
        return this.#inScope(() => {
          this.#declareLoopVariable(known);
          this.#walk(known.body);
        });
      case 'if':
      case 'ifExpression':
        if (!known.comptime) return this.#walkChildren(node);
        this.#walk(known.condition);
        return this.#walkBranches(known.then, known.else);
      case 'increment':
        this.#walkChildren(node);
        if (known.operand.kind === 'variable') {
          const symbol = this.#symbols.get(known.operand);
          if (symbol !== undefined) symbol.assigned = true;
        }
        return;
      case 'call': {
        // find() gives its third argument a value.
        const [map, key, found] = known.arguments;
        if (known.name !== 'find' || found?.kind !== 'variable') return this.#walkChildren(node);
        for (const argument of [map, key]) if (argument !== undefined) this.#walk(argument);
        return this.#assign(found);
      }
      case 'variable':
        return this.#read(known);
      default:
        this.#walkChildren(node);
    }
  }

  #walkChildren(node: object): void {
    for (const child of childNodes(node)) this.#walk(child);
  }

  #walkBranches(...branches: readonly (Block | undefined)[]): void {
    for (const branch of branches) {
      if (branch === undefined) continue;
      const outer = this.#branches;
      this.#branches = [...outer, branch];
      this.#walk(branch);
      this.#branches = outer;
    }
  }

  #inScope(body: () => void): void {
    this.#scopes.push(new Map());
    body();
    for (const [name, symbol] of this.#scopes.pop() ?? [])
      (symbol.declared ? this.#ended : this.#left).set(name, symbol);
  }

  #currentScope(): Map<string, VariableSymbol> {
    return this.#scopes.at(-1) as Map<string, VariableSymbol>;
  }

  #find(name: string): VariableSymbol | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  #assign(target: Expression & { kind: 'variable' }): void {
    let symbol = this.#find(target.name);
    if (symbol === undefined) {
      symbol = { name: shownName(target.name), span: target.span, declared: false, type: undefined, assigned: true };
      const scope = this.#hoisted.has(target.name)
        ? (this.#scopes[0] as Map<string, VariableSymbol>)
        : this.#currentScope();
      scope.set(target.name, symbol);
    }
    symbol.assigned = true;
    this.#symbols.set(target, symbol);
  }

  #declare(statement: Statement & { kind: 'let' }): void {
    const span = spanOver(statement.span, statement.nameSpan);
    const visible = this.#find(statement.name);
    if (visible !== undefined) {
      const message = `Variable ${shownName(statement.name)} was already declared. Variable shadowing is not allowed.`;
      this.#report('error', 'shadowing', span, message, {
        related: [{ span: visible.span, message: 'This is the initial declaration.' }],
      });
      this.#symbols.set(statement, visible);
      return;
    }
    const symbol: VariableSymbol = {
      name: shownName(statement.name),
      span,
      declared: true,
      type: statement.type,
      assigned: statement.value !== undefined,
    };
    this.#branchesOf.set(symbol, this.#branches);
    this.#currentScope().set(statement.name, symbol);
    this.#symbols.set(statement, symbol);
  }

  #declareLoopVariable(loop: Statement & { kind: 'for' }): void {
    const { variable: name, variableSpan: span } = loop;
    const visible = this.#find(name);
    if (visible !== undefined) {
      this.#report('error', 'shadowing', span, `Loop declaration shadows existing variable: ${shownName(name)}`, {
        related: [{ span: visible.span, message: 'This is the initial declaration.' }],
      });
      return;
    }
    const symbol: VariableSymbol = { name: shownName(name), span, declared: true, type: undefined, assigned: true };
    this.#currentScope().set(name, symbol);
    this.#symbols.set(loop, symbol);
  }

  #read(node: Expression & { kind: 'variable' }): void {
    const symbol = this.#find(node.name);
    if (symbol !== undefined) {
      this.#symbols.set(node, symbol);
      if (!symbol.assigned) this.#warnUnassigned(symbol, node.span);
      return;
    }
    if (this.#left.has(node.name)) {
      if (!this.escaping.has(node.name)) this.escaping.set(node.name, node.span);
      return;
    }
    // Without the sigil: it would make short names look alike.
    const name = shownName(node.name);
    const near = nearest(name.slice(1), this.#visibleNames());
    const guess = near === undefined ? undefined : [`Did you mean $${near}?`];
    const hints = this.#ended.has(node.name) ? [`${name} ends with the block that declares it.`] : guess;
    this.#report('error', 'unknown-variable', node.span, `Undefined or undeclared variable: ${name}`, { hints });
  }

  #visibleNames(): string[] {
    return this.#scopes.flatMap((scope) => [...scope.keys()].map((name) => shownName(name).slice(1)));
  }

  #warnUnassigned(symbol: VariableSymbol, span: Span): void {
    if (this.#warned.has(symbol)) return;
    this.#warned.add(symbol);
    this.#report('warning', 'unassigned', span, `Variable used before it was assigned: ${symbol.name}`);
  }

  #report(
    severity: Diagnostic['severity'],
    code: string,
    span: Span,
    message: string,
    more: Pick<Diagnostic, 'hints' | 'related'> = {},
  ): void {
    this.#findings.push({ diagnostic: { severity, code, span, message, ...more }, within: this.#branches });
  }
}

/** Expansions of macros number their own variables: `$x#3`. */
function shownName(name: string): string {
  return name.replace(/#\d+$/, '');
}
