/** The checker at work in one program: what every rule needs, and the ways to report what is wrong. */
import { UINT64 } from '../../checked/index.ts';
import type { Expression, PacketLoad, Statement } from '../../checked/index.ts';
import type { AddressSpace } from '../../types/index.ts';
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { ProgramState, ScriptState, VariableNode } from './script-state.ts';
import type { VariableSymbol } from '../scan/scopes.ts';

/** The rules that call each other; given to the context so that their files need not import one another. */
export interface Rules {
  expression(context: Context, node: ast.Expression): Expression | undefined;
  block(context: Context, block: ast.Block): readonly Statement[];
  statement(context: Context, node: ast.Statement): readonly Statement[];
}

export type More = Pick<Diagnostic, 'hints' | 'related'>;

/** One program in one round. A result of `undefined` means: wrong or not known yet, and already reported where it is wrong. */
export class Context {
  readonly script: ScriptState;
  readonly program: ProgramState;
  readonly #rules: Rules;
  /** What the program asks of its packet so far. */
  packet: PacketLoad | undefined;
  /** Loops around the statement in hand. */
  loopDepth = 0;
  readonly #variables = new Map<VariableSymbol, VariableNode>();
  readonly #temporaries: VariableNode[] = [];

  constructor(script: ScriptState, program: ProgramState, rules: Rules) {
    this.script = script;
    this.program = program;
    this.#rules = rules;
  }

  /** Where memory lies that a plain number points to. */
  get space(): 'kernel' | 'user' {
    return this.program.variant.context.space;
  }

  expression(node: ast.Expression): Expression | undefined {
    const found = this.#rules.expression(this, node);
    if (found !== undefined) this.script.options.observe?.(node, found.type);
    return found;
  }

  block(block: ast.Block): readonly Statement[] {
    return this.#rules.block(this, block);
  }

  statement(node: ast.Statement): readonly Statement[] {
    return this.#rules.statement(this, node);
  }

  /** Of a comptime if: the branch to check. The other one is dead. */
  liveBranch(
    node: { readonly then: ast.Block; readonly else: ast.Block | undefined },
    holds: boolean,
  ): ast.Block | undefined {
    const { deadBranches } = this.program;
    const [live, dead] = holds ? [node.then, node.else] : [node.else, node.then];
    if (live !== undefined) deadBranches.delete(live);
    if (dead !== undefined) deadBranches.add(dead);
    return live;
  }

  error(code: string, span: Span, message: string, more: More = {}): undefined {
    this.script.diagnostics.push({ severity: 'error', code, span, message, ...more });
    return undefined;
  }

  warning(code: string, span: Span, message: string, more: More = {}): void {
    this.script.diagnostics.push({ severity: 'warning', code, span, message, ...more });
  }

  /** The type of a variable so far; who found none is asked again when there is one. */
  typeOf(symbol: VariableSymbol): Type | undefined {
    const type = this.program.variableTypes.get(symbol);
    if (type === undefined) this.script.progress.variableReadTooEarly(symbol);
    return type;
  }

  /** The node that all uses of a variable share. */
  variable(symbol: VariableSymbol): VariableNode {
    let variable = this.#variables.get(symbol);
    if (variable === undefined) {
      variable = { id: this.#nextId(), name: symbol.name, type: UINT64 };
      this.#variables.set(symbol, variable);
    }
    return variable;
  }

  /** A variable of the checker's own. */
  temporary(type: Type): VariableNode {
    const variable = { id: this.#nextId(), name: `$_${this.#nextId()}`, type };
    this.#temporaries.push(variable);
    return variable;
  }

  variables(): readonly (readonly [VariableSymbol | undefined, VariableNode])[] {
    return [...this.#variables, ...this.#temporaries.map((variable) => [undefined, variable] as const)];
  }

  /** All variables, in the nodes that the tree shares, with the types found so far. */
  finishVariables(): readonly VariableNode[] {
    return this.variables().map(([symbol, node]) => {
      const type = symbol === undefined ? undefined : this.program.variableTypes.get(symbol);
      if (type !== undefined) node.type = withoutLiterals(type);
      return node;
    });
  }

  #nextId(): number {
    return this.#variables.size + this.#temporaries.length;
  }

  /** The space to read through a pointer: its own, else the probe's. */
  spaceOf(space: AddressSpace): 'kernel' | 'user' {
    return space === 'none' ? this.space : space;
  }
}
