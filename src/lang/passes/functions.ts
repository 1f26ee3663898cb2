/** Functions of the script: what they take and give, that they end, and that none calls itself (spec M-45). */
import { findFunction, findValue } from '../builtins/index.ts';
import type { CheckedFunction, ProbeContext, ProbeVariant } from '../checked/index.ts';
import type { Diagnostic } from '../diagnostic/index.ts';
import type { Block, FunctionDefinition, Probe, Script } from '../syntax/index.ts';
import { isWord, printType, sizeOf } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import { inSpace } from './expressions/fields.ts';
import { headOf } from './expressions/own-calls.ts';
import { resolveType } from './expressions/type-syntax.ts';
import { resolveVariables } from './scan/scopes.ts';
import { allNodes } from './scan/walk.ts';
import { Context } from './state/context.ts';
import type { Rules } from './state/context.ts';
import type { FunctionInstance, FunctionState, ScriptState } from './state/script-state.ts';

type Space = ProbeContext['space'];

/** Finds the functions, and resolves the types in their heads: once for each address space that programs read. */
export function declareFunctions(
  script: Script,
  state: ScriptState,
  spaces: ReadonlySet<Space>,
  rules: Rules,
): readonly Diagnostic[] {
  const definitions = script.items.filter((item) => item.kind === 'function');
  for (const definition of definitions) {
    if (!isFreeName(state, definition)) continue;
    const instances = new Map<Space, FunctionInstance>();
    for (const space of spaces.size === 0 ? (['kernel'] as const) : spaces) {
      const instance = makeInstance(definition, space, state, rules);
      if (instance !== undefined) instances.set(space, instance);
    }
    state.functions.set(definition.name, { definition, instances });
  }
  refuseRecursion(state);
  const found = state.diagnostics;
  state.diagnostics = [];
  return found;
}

function isFreeName(state: ScriptState, definition: FunctionDefinition): boolean {
  const { name } = definition;
  const report = (message: string): false => {
    state.diagnostics.push({ severity: 'error', code: 'redeclared', span: headOf(definition), message });
    return false;
  };
  if (state.functions.has(name)) return report(`Function ${name}() was already defined.`);
  if (findFunction(name) !== undefined || findValue(name) !== undefined)
    return report(`${name}() is a function of the language: give yours another name.`);
  return true;
}

function makeInstance(
  definition: FunctionDefinition,
  space: Space,
  state: ScriptState,
  rules: Rules,
): FunctionInstance | undefined {
  const { span, body } = definition;
  const probe: Probe = { kind: 'probe', span, points: [], predicate: undefined, body };
  const scopes = resolveVariables(probe, definition.parameters);
  const variant = functionVariant(space);
  const deadBranches = new Set<Block>();
  const scratch = new Context(state, { probe, variant, scopes, variableTypes: new Map(), deadBranches }, rules);
  const resolve = (type: FunctionDefinition['returnType']): Type | undefined => {
    const found = resolveType(scratch, type);
    return found === undefined ? undefined : inSpace(found, space);
  };
  const result = resolve(definition.returnType);
  const types = definition.parameters.map(({ type }) => resolve(type));
  for (const [i, type] of types.entries()) {
    if (type === undefined || isUsable(type)) continue;
    const { name, span: at } = definition.parameters[i]!;
    scratch.error('type', at, `A value of type '${printType(type)}' can't be passed as ${name}`);
  }
  // A function without instances is not checked any further.
  if (result === undefined) state.diagnostics.push(...scopes.findings.map(({ diagnostic }) => diagnostic));
  if (result === undefined || !types.every((type) => type !== undefined && isUsable(type))) return undefined;
  const variableTypes = new Map<object, Type>();
  for (const [i, parameter] of definition.parameters.entries())
    variableTypes.set(scopes.symbols.get(parameter)!, types[i] as Type);
  return {
    program: {
      probe,
      variant,
      scopes,
      variableTypes: variableTypes as FunctionInstance['program']['variableTypes'],
      deadBranches,
      function: { name: definition.name, result },
    },
    parameters: definition.parameters.map(({ name }, i) => ({ name, type: types[i] as Type })),
    result,
  };
}

function isUsable(type: Type): boolean {
  return isWord(type) || sizeOf(type) > 0;
}

/** A function has no event of its own. */
export function functionVariant(space: Space): ProbeVariant {
  return {
    provider: 'fn',
    phase: 'run',
    programType: 0,
    points: [],
    pointCount: 0,
    filterByPid: false,
    context: {
      space,
      probeName: { kind: 'fixed', name: '' },
      probeType: 'fn',
      args: { error: 'A function has no probe arguments' },
      kernelStack: false,
      userStack: false,
    },
  };
}

// ---- bodies ---------------------------------------------------------------------------------------------

/** One round over all functions. */
export function checkFunctions(state: ScriptState, rules: Rules): readonly CheckedFunction[] {
  return [...state.functions.values()].flatMap((fn) =>
    [...fn.instances].map(([space, instance]) => checkInstance(state, rules, fn, space, instance)),
  );
}

function checkInstance(
  state: ScriptState,
  rules: Rules,
  { definition }: FunctionState,
  space: Space,
  { program, result }: FunctionInstance,
): CheckedFunction {
  const { name, span } = definition;
  const context = new Context(state, program, rules);
  const parameters = definition.parameters.map((parameter) => {
    const symbol = program.scopes.symbols.get(parameter)!;
    const node = context.variable(symbol);
    node.type = program.variableTypes.get(symbol) as Type;
    return node;
  });
  const body = context.block(definition.body);
  if (result.kind !== 'void' && !alwaysReturns(definition.body)) {
    const message = `Function ${name}() must return a value of type '${printType(result)}' on every way to its end`;
    context.error('return', headOf(definition), message);
  }
  return { name, space, span, parameters, result, body, variables: context.finishVariables() };
}

function alwaysReturns(block: Block): boolean {
  return block.statements.some((statement) => {
    switch (statement.kind) {
      case 'return':
        return true;
      case 'expressionStatement':
        return statement.expression.kind === 'call' && statement.expression.name === 'exit';
      case 'if':
        return statement.else !== undefined && alwaysReturns(statement.then) && alwaysReturns(statement.else);
      case 'block':
        return alwaysReturns(statement);
      default:
        return false;
    }
  });
}

// ---- calls among functions ------------------------------------------------------------------------------

/** Programs have no stack to recurse on. */
function refuseRecursion(state: ScriptState): void {
  const done = new Set<string>();
  const visit = (name: string, chain: readonly string[]): void => {
    const fn = state.functions.get(name);
    if (fn === undefined || done.has(name)) return;
    if (chain.includes(name)) {
      const way = [...chain.slice(chain.indexOf(name)), name].join(' > ');
      const message = `Function ${name}() calls itself: ${way}`;
      state.diagnostics.push({
        severity: 'error',
        code: 'recursion',
        span: headOf(fn.definition),
        message,
        hints: ['An eBPF program has no stack for recursion. Use a loop.'],
      });
      done.add(name);
      return;
    }
    for (const node of allNodes(fn.definition.body)) {
      if (node.kind === 'call') visit((node as unknown as { name: string }).name, [...chain, name]);
    }
    done.add(name);
  };
  for (const name of state.functions.keys()) visit(name, []);
}
