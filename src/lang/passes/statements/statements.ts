/** Statements: which rule checks which, branches, loops, and calls that stand alone. */
import { findFunction } from '../../builtins/index.ts';
import { INT64 } from '../../checked/index.ts';
import type { Expression, ScriptMap, Statement } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isNumber, printType } from '../../types/index.ts';
import { callAction } from '../expressions/calls.ts';
import { checkCondition } from '../expressions/operators.ts';
import { convertResult } from '../expressions/own-calls.ts';
import { convert, isConstant } from '../expressions/values.ts';
import type { Context } from '../state/context.ts';
import { checkAssign, checkLet } from './assignments.ts';
import { checkFor, checkUnroll, checkWhile } from './loops.ts';

/** Statements of a block in their own scope; what can't be reached is checked and left out. `isExpansion`: its value is no one's. */
export function checkBlock(context: Context, block: ast.Block, isExpansion = false): readonly Statement[] {
  const result: Statement[] = [];
  const printed = new Set<ScriptMap>();
  let ended: string | undefined;
  let warned = false;
  for (const statement of statementsOf(block, isExpansion)) {
    if (ended !== undefined && !warned) {
      context.warning('unreachable', statement.span, `Unreachable statement after ${ended}.`);
      warned = true;
    }
    const checked = context.statement(statement);
    if (ended !== undefined) continue;
    result.push(...checked.map((made) => markPrinted(made, printed)));
    ended = endOf(checked.at(-1));
  }
  return result;
}

/** A clear behind a print of the same map clears what was printed, not what is counted until it is done. */
function markPrinted(statement: Statement, printed: Set<ScriptMap>): Statement {
  if (statement.kind !== 'emit') return statement;
  const { event } = statement;
  if (event.kind === 'printMap') printed.add(event.map);
  if (event.kind !== 'clearMap' || !printed.delete(event.map)) return statement;
  return { ...statement, event: { ...event, printed: true } };
}

function statementsOf({ statements, value }: ast.Block, isExpansion: boolean): readonly ast.Statement[] {
  if (value === undefined) return statements;
  const last = { kind: 'expressionStatement', span: value.span, expression: value } as const;
  return [...statements, isExpansion ? { ...last, isExpansion } : last];
}

function endOf(statement: Statement | undefined): string | undefined {
  switch (statement?.kind) {
    case 'return':
    case 'break':
    case 'continue':
      return statement.kind;
    case 'emit':
      return statement.event.kind === 'exit' && statement.event.returns ? 'exit()' : undefined;
    default:
      return undefined;
  }
}

export function checkStatement(context: Context, node: ast.Statement): readonly Statement[] {
  switch (node.kind) {
    case 'expressionStatement':
      return checkAlone(context, node.expression, node.span, node.isExpansion === true);
    case 'assign':
      return checkAssign(context, node);
    case 'discard':
      return expressionStatement(context.expression(node.value), node.span);
    case 'let':
      return checkLet(context, node);
    case 'if':
      return checkIf(context, node);
    case 'while':
      return checkWhile(context, node);
    case 'unroll':
      return checkUnroll(context, node);
    case 'block':
      return [{ kind: 'block', span: node.span, statements: checkBlock(context, node) }];
    case 'break':
    case 'continue':
      if (context.loopDepth > 0) return [{ kind: node.kind, span: node.span }];
      context.error('outside-loop', node.span, `'${node.kind}' statement is not allowed in a probe`);
      return [];
    case 'return':
      return checkReturn(context, node);
    case 'for':
      return checkFor(context, node);
    case 'importStatement':
      return [];
  }
}

// ---- expressions that stand alone -----------------------------------------------------------------------

function checkAlone(context: Context, node: ast.Expression, span: Span, isExpansion = false): readonly Statement[] {
  if (node.kind === 'call') {
    const action = callAction(context, node);
    if (action !== undefined) return action;
  }
  if (node.kind === 'conditional' && node.then !== undefined && (isAction(node.then) || isAction(node.else))) {
    return chooseAction(context, node, node.then);
  }
  if (node.kind === 'blockExpression')
    return [{ kind: 'block', span, statements: checkBlock(context, node.block, isExpansion) }];
  if (node.kind === 'ifExpression') return checkIf(context, { ...node, kind: 'if' }, isExpansion);
  const value = context.expression(node);
  if (value !== undefined && value.type.kind !== 'void' && !isExpansion && discardMatters(node))
    context.warning('discarded', node.span, 'Return value discarded.');
  return expressionStatement(value, span);
}

function expressionStatement(expression: Expression | undefined, span: Span): readonly Statement[] {
  return expression === undefined ? [] : [{ kind: 'expression', span, expression }];
}

function discardMatters(node: ast.Expression): boolean {
  if (node.kind === 'call') return node.name !== 'signal' && node.name !== 'signal_thread';
  return node.kind !== 'increment' && node.kind !== 'map';
}

/** A call of a function without value, as branches of `cond ? print(1) : print(2);`. */
function isAction(node: ast.Expression): boolean {
  return node.kind === 'call' && findFunction(node.name)?.action !== undefined;
}

function chooseAction(
  context: Context,
  node: ast.Expression & { readonly kind: 'conditional' },
  then: ast.Expression,
): readonly Statement[] {
  const condition = checkCondition(context, node.condition, node.span);
  const branches = [checkAlone(context, then, then.span), checkAlone(context, node.else, node.else.span)] as const;
  return condition === undefined
    ? []
    : [{ kind: 'if', span: node.span, condition, then: branches[0], else: branches[1] }];
}

// ---- control flow ---------------------------------------------------------------------------------------

function checkIf(
  context: Context,
  node: Omit<ast.Statement & { readonly kind: 'if' }, 'kind'> & { readonly kind: 'if' },
  isExpansion = false,
): readonly Statement[] {
  const condition = checkCondition(context, node.condition, node.span);
  if (node.comptime) return checkComptimeIf(context, node, condition, isExpansion);
  const then = checkBlock(context, node.then, isExpansion);
  const otherwise = node.else === undefined ? [] : checkBlock(context, node.else, isExpansion);
  return condition === undefined ? [] : [{ kind: 'if', span: node.span, condition, then, else: otherwise }];
}

/** The dead branch isn't even checked. */
function checkComptimeIf(
  context: Context,
  node: ast.Statement & { readonly kind: 'if' },
  condition: Expression | undefined,
  isExpansion: boolean,
): readonly Statement[] {
  if (condition === undefined) return [];
  if (!isConstant(condition)) {
    context.error('comptime', node.condition.span, 'Unable to evaluate at compile time.');
    return [];
  }
  const branch = context.liveBranch(node, condition.value !== 0n);
  return branch === undefined
    ? []
    : [{ kind: 'block', span: branch.span, statements: checkBlock(context, branch, isExpansion) }];
}

function checkReturn(context: Context, node: ast.Statement & { readonly kind: 'return' }): readonly Statement[] {
  const { function: fn } = context.program;
  if (fn !== undefined && (node.value === undefined) !== (fn.result.kind === 'void')) {
    const rule =
      fn.result.kind === 'void' ? 'returns nothing' : `must return a value of type '${printType(fn.result)}'`;
    context.error('return', node.span, `Function ${fn.name}() ${rule}`);
    return [];
  }
  if (node.value === undefined) return [{ kind: 'return', span: node.span, value: undefined }];
  const value = context.expression(node.value);
  if (value === undefined) return [];
  if (fn !== undefined) {
    const converted = convertResult(context, value, fn.result, node.value.span, fn.name);
    return converted === undefined ? [] : [{ kind: 'return', span: node.span, value: converted }];
  }
  if (!isNumber(value.type)) {
    context.error('return', node.span, `A probe can only return an integer, not '${printType(value.type)}'`);
    return [];
  }
  const { verdict, provider } = context.program.variant;
  if (verdict !== undefined && provider !== 'iter') {
    context.warning(
      'return',
      node.value.span,
      `A value that is returned has no effect: ${provider} probes look on and change nothing`,
    );
  }
  return [{ kind: 'return', span: node.span, value: convert(value, INT64) }];
}
