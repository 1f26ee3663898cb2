/** Statements: assignments, branches, loops, and calls that stand alone. */
import { INT64 } from '../checked/index.ts';
import type { Expression, Statement } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type * as ast from '../syntax/index.ts';
import { isNumber, isWord, printAggregation, printType, sameType, withoutLiterals } from '../types/index.ts';
import type { IntegerType, Type } from '../types/index.ts';
import { findFunction } from '../builtins/index.ts';
import type { CallNode } from '../builtins/index.ts';
import { callAction, resolveFunction } from './calls.ts';
import type { Context } from './context.ts';
import { aggregateInto, assignMap, unreadable, warnOfSign } from './maps.ts';
import { calculate, checkCondition } from './operators.ts';
import { refuse } from './refusals.ts';
import type { VariableSymbol } from './scopes.ts';
import { resolveType } from './type-syntax.ts';
import { constant, convert, isConstant, isLiteral, text, wrap } from './values.ts';

const MAX_UNROLL = 100n;

/** Statements of a block in their own scope; what can't be reached is checked and left out. */
export function checkBlock(context: Context, block: ast.Block): readonly Statement[] {
  const result: Statement[] = [];
  let ended: string | undefined;
  let warned = false;
  for (const statement of statementsOf(block)) {
    if (ended !== undefined && !warned) {
      context.warning('unreachable', statement.span, `Unreachable statement after ${ended}.`);
      warned = true;
    }
    const checked = context.statement(statement);
    if (ended !== undefined) continue;
    result.push(...checked);
    ended = endOf(checked.at(-1));
  }
  return result;
}

function statementsOf(block: ast.Block): readonly ast.Statement[] {
  if (block.value === undefined) return block.statements;
  return [...block.statements, { kind: 'expressionStatement', span: block.value.span, expression: block.value }];
}

function endOf(statement: Statement | undefined): string | undefined {
  switch (statement?.kind) {
    case 'return':
    case 'break':
    case 'continue':
      return statement.kind;
    case 'emit':
      return statement.event.kind === 'exit' ? 'exit()' : undefined;
    default:
      return undefined;
  }
}

export function checkStatement(context: Context, node: ast.Statement): readonly Statement[] {
  switch (node.kind) {
    case 'expressionStatement':
      return checkAlone(context, node.expression, node.span);
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
      refuse(context, 'for', node.span);
      return [];
    case 'importStatement':
      refuse(context, 'import', node.span);
      return [];
  }
}

// ---- expressions that stand alone -----------------------------------------------------------------------

function checkAlone(context: Context, node: ast.Expression, span: Span): readonly Statement[] {
  if (node.kind === 'call') {
    const action = callAction(context, node);
    if (action !== undefined) return action;
  }
  if (node.kind === 'conditional' && node.then !== undefined && (isAction(node.then) || isAction(node.else))) {
    return chooseAction(context, node, node.then);
  }
  if (node.kind === 'blockExpression') return [{ kind: 'block', span, statements: checkBlock(context, node.block) }];
  if (node.kind === 'ifExpression') return checkIf(context, { ...node, kind: 'if' });
  const value = context.expression(node);
  if (value !== undefined && discardMatters(node)) context.warning('discarded', node.span, 'Return value discarded.');
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

function chooseAction(context: Context, node: ast.Expression & { readonly kind: 'conditional' }, then: ast.Expression): readonly Statement[] {
  const condition = checkCondition(context, node.condition, node.span);
  const branches = [checkAlone(context, then, then.span), checkAlone(context, node.else, node.else.span)] as const;
  return condition === undefined ? [] : [{ kind: 'if', span: node.span, condition, then: branches[0], else: branches[1] }];
}

// ---- assignment -----------------------------------------------------------------------------------------

type Assign = ast.Statement & { readonly kind: 'assign' };

function checkAssign(context: Context, node: Assign): readonly Statement[] {
  const { target, value } = node;
  if (target.kind !== 'map' && target.kind !== 'variable') {
    context.error('assign', node.span, 'invalid assignment target');
    return [];
  }
  if (value.kind === 'call' && findFunction(value.name)?.aggregation !== undefined && node.operator === '=' && target.kind === 'map') {
    return checkAggregate(context, node, target, value);
  }
  const unusable = unreadable(context, value);
  if (unusable !== undefined) {
    const where = target.kind === 'map' ? 'one map to another' : 'a scratch variable';
    const verb = target.kind === 'map' ? `Map value '${printAggregation(unusable)}' cannot be assigned from` : `Value '${printAggregation(unusable)}' cannot be assigned to`;
    context.error('aggregation', node.span, `${verb} ${where}.`);
    return [];
  }
  const checked = node.operator === '=' ? context.expression(value) : checkCompound(context, node);
  if (target.kind === 'map') {
    if (checked !== undefined) return assignMap(context, target, checked, value, node.span);
    return [];
  }
  const symbol = context.program.scopes.symbols.get(target);
  return symbol === undefined || checked === undefined ? [] : assignVariable(context, symbol, checked, node.span);
}

/** `$x += v` is `$x = $x + v`. */
function checkCompound(context: Context, node: Assign): Expression | undefined {
  const operator = node.operator.slice(0, -1) as ast.BinaryOperator;
  const left = compoundTarget(context, node.target);
  const right = context.expression(node.value);
  return left === undefined || right === undefined ? undefined : calculate(context, node.span, operator, left, right);
}

/** A map that nothing else gives a type counts from zero. */
function compoundTarget(context: Context, target: ast.Expression): Expression | undefined {
  const value = context.expression(target);
  if (value !== undefined || target.kind !== 'map') return value;
  const map = context.script.maps.get(target.name);
  return map !== undefined && map.value === undefined && map.aggregation === undefined && map.keyed === (target.key !== undefined)
    ? constant(target.span, { kind: 'integer', size: 8, signed: true, literal: 'natural' } as IntegerType, 0n)
    : undefined;
}

function checkAggregate(context: Context, node: Assign, target: ast.Expression & { readonly kind: 'map' }, call: CallNode): readonly Statement[] {
  const use = resolveFunction(context, call)?.aggregation?.(context, call);
  if (use === undefined) return [];
  return aggregateInto(context, target, use.aggregation, use.value, use.bending, { statement: node.span, call: call.span });
}

function assignVariable(context: Context, symbol: VariableSymbol, value: Expression, span: Span): readonly Statement[] {
  const { script, program } = context;
  if (value.type.kind === 'none' || value.type.kind === 'void') {
    context.error('type-mismatch', span, `A value of type '${printType(value.type)}' cannot be assigned to a variable.`);
    return [];
  }
  const known = program.variableTypes.get(symbol);
  if (symbol.type !== undefined) {
    if (known === undefined || !fitsDeclared(context, symbol, known, value, span)) return [];
  } else if (!script.joinVariable(program, symbol, value.type)) {
    const types = `trying to assign value of type '${printType(value.type)}' when variable already has a type '${printType(known as Type)}'`;
    context.error('type-mismatch', span, `Type mismatch for ${symbol.name}: ${types}`);
    return [];
  }
  const type = program.variableTypes.get(symbol) as Type;
  if (symbol.type === undefined) warnOfSign(context, type, value, span);
  return [{ kind: 'assignVariable', span, variable: context.variable(symbol), value: convert(value, type) }];
}

/** A declared type doesn't widen (spec T-19). */
function fitsDeclared(context: Context, symbol: VariableSymbol, type: Type, value: Expression, span: Span): boolean {
  const from = value.type;
  if (sameType(from, type)) return true;
  const types = `Type mismatch for ${symbol.name}: trying to assign value of type '${printType(from)}' when variable already has a type '${printType(type)}'`;
  if (type.kind === 'integer' && isNumber(from)) {
    if (isLiteral(value)) {
      if (wrap(value.value, type) === value.value) return true;
      context.error('type-mismatch', span, types);
      return false;
    }
    if (from.kind === 'integer' && (from.size > type.size || from.signed !== type.signed) && !(from.size < type.size && !from.signed)) {
      context.warning('implicit-cast', span, `Expression of type: ${printType(from)} being cast to type: ${printType(type)}. The value may be truncated.`);
    }
    return true;
  }
  const grows = type.kind === 'string' && from.kind === 'string' && from.size <= type.size;
  const points = type.kind === 'pointer' && (from.kind === 'pointer' || isNumber(from));
  if (grows || points || (type.kind === 'bool' && isNumber(from) && !isLiteral(value))) return true;
  context.error('type-mismatch', span, types);
  return false;
}

function checkLet(context: Context, node: ast.Statement & { readonly kind: 'let' }): readonly Statement[] {
  const symbol = context.program.scopes.symbols.get(node);
  if (symbol === undefined) return [];
  declareType(context, symbol);
  const target: ast.Expression = { kind: 'variable', span: node.nameSpan, name: node.name };
  if (node.value !== undefined) {
    const value = checkLetValue(context, node, node.value, target);
    return value === undefined ? [] : assignVariable(context, symbol, value, node.span);
  }
  const type = context.program.variableTypes.get(symbol);
  // Each pass through the block begins with zero. Other values in memory are zero where lowering makes room.
  if (type === undefined || (!isWord(type) && type.kind !== 'string')) return [];
  const value = type.kind === 'string' ? convert(text(node.span, ''), type) : constant(node.span, withoutLiterals(type), 0n);
  return [{ kind: 'assignVariable', span: node.span, variable: context.variable(symbol), value }];
}

function checkLetValue(context: Context, node: ast.Statement & { readonly kind: 'let' }, value: ast.Expression, target: ast.Expression): Expression | undefined {
  const unusable = unreadable(context, value);
  if (unusable === undefined) return context.expression(value);
  return context.error('aggregation', { start: node.span.start, end: Math.max(node.span.end, target.span.end) }, `Value '${printAggregation(unusable)}' cannot be assigned to a scratch variable.`);
}

/** The type that stands in a `let`, or the one of a variable that nothing is assigned to. */
function declareType(context: Context, symbol: VariableSymbol): void {
  const types = context.program.variableTypes;
  if (types.has(symbol) && symbol.type === undefined) return;
  const type = symbol.type === undefined ? (symbol.assigned ? undefined : INT64) : resolveType(context, symbol.type);
  if (type === undefined || types.has(symbol)) return;
  types.set(symbol, type.kind === 'pointer' && type.space === 'none' ? { ...type, space: context.space } : type);
  context.script.changed = true;
}

// ---- control flow ---------------------------------------------------------------------------------------

function checkIf(context: Context, node: Omit<ast.Statement & { readonly kind: 'if' }, 'kind'> & { readonly kind: 'if' }): readonly Statement[] {
  const condition = checkCondition(context, node.condition, node.span);
  if (node.comptime) return checkComptimeIf(context, node, condition);
  const then = checkBlock(context, node.then);
  const otherwise = node.else === undefined ? [] : checkBlock(context, node.else);
  return condition === undefined ? [] : [{ kind: 'if', span: node.span, condition, then, else: otherwise }];
}

/** The dead branch isn't even checked. */
function checkComptimeIf(context: Context, node: ast.Statement & { readonly kind: 'if' }, condition: Expression | undefined): readonly Statement[] {
  if (condition === undefined) return [];
  if (!isConstant(condition)) {
    context.error('comptime', node.condition.span, 'Unable to evaluate at compile time.');
    return [];
  }
  const branch = condition.value === 0n ? node.else : node.then;
  return branch === undefined ? [] : [{ kind: 'block', span: branch.span, statements: checkBlock(context, branch) }];
}

function checkWhile(context: Context, node: ast.Statement & { readonly kind: 'while' }): readonly Statement[] {
  context.warning('deprecated', { start: node.span.start, end: node.condition.span.end }, 'While loops are deprecated in favour of for loops; the kernel must be able to see that they end.');
  const condition = checkCondition(context, node.condition, node.span);
  const body = inLoop(context, node.body);
  return condition === undefined ? [] : [{ kind: 'while', span: node.span, condition, body }];
}

function checkUnroll(context: Context, node: ast.Statement & { readonly kind: 'unroll' }): readonly Statement[] {
  const count = context.expression(node.count);
  const body = inLoop(context, node.body);
  if (count === undefined) return [];
  const problem = unrollProblem(count);
  if (problem !== undefined) {
    context.error('unroll', node.span, problem);
    return [];
  }
  return [{ kind: 'unroll', span: node.span, count: Number((count as Expression & { kind: 'constant' }).value), body }];
}

function unrollProblem(count: Expression): string | undefined {
  if (!isConstant(count) || !isNumber(count.type)) return 'unroll expects a literal or another compile-time integer';
  if (count.value > MAX_UNROLL) return `unroll maximum value is ${MAX_UNROLL}`;
  return count.value < 1n ? 'unroll minimum value is 1' : undefined;
}

function inLoop(context: Context, body: ast.Block): readonly Statement[] {
  context.loopDepth++;
  const statements = checkBlock(context, body);
  context.loopDepth--;
  return statements;
}

function checkReturn(context: Context, node: ast.Statement & { readonly kind: 'return' }): readonly Statement[] {
  if (node.value === undefined) return [{ kind: 'return', span: node.span, value: undefined }];
  const value = context.expression(node.value);
  if (value === undefined) return [];
  if (!isNumber(value.type)) {
    context.error('return', node.span, `A probe can only return an integer, not '${printType(value.type)}'`);
    return [];
  }
  return [{ kind: 'return', span: node.span, value: convert(value, INT64) }];
}

