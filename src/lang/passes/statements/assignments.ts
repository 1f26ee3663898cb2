/** Assignments to maps and scratch variables, and declarations of the latter (spec T-18, T-19, M-08 to M-10, M-20 to M-24). */
import { findFunction } from '../../builtins/index.ts';
import type { CallNode } from '../../builtins/index.ts';
import { INT64 } from '../../checked/index.ts';
import type { Expression, Statement } from '../../checked/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isWord, literalType, printAggregation, withoutLiterals } from '../../types/index.ts';
import { calculate } from '../expressions/arithmetic.ts';
import { resolveFunction } from '../expressions/calls.ts';
import { aggregateInto, assignMap, unreadable } from '../expressions/maps.ts';
import { assignVariable } from '../expressions/assign-variable.ts';
import { resolveType } from '../expressions/type-syntax.ts';
import { constant, convert, text } from '../expressions/values.ts';
import type { VariableSymbol } from '../scan/scopes.ts';
import type { Context } from '../state/context.ts';

type Assign = ast.Statement & { readonly kind: 'assign' };

export function checkAssign(context: Context, node: Assign): readonly Statement[] {
  const { target, value } = node;
  if (target.kind !== 'map' && target.kind !== 'variable') {
    context.error('assign', node.span, 'invalid assignment target');
    return [];
  }
  if (
    value.kind === 'call' &&
    findFunction(value.name)?.aggregation !== undefined &&
    node.operator === '=' &&
    target.kind === 'map'
  ) {
    return checkAggregate(context, node, target, value);
  }
  const unusable = unreadable(context, value);
  if (unusable !== undefined) {
    const where = target.kind === 'map' ? 'one map to another' : 'a scratch variable';
    const verb =
      target.kind === 'map'
        ? `Map value '${printAggregation(unusable)}' cannot be assigned from`
        : `Value '${printAggregation(unusable)}' cannot be assigned to`;
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
  return map !== undefined &&
    map.value === undefined &&
    map.aggregation === undefined &&
    map.keyed === (target.key !== undefined)
    ? constant(target.span, literalType(0n), 0n)
    : undefined;
}

function checkAggregate(
  context: Context,
  node: Assign,
  target: ast.Expression & { readonly kind: 'map' },
  call: CallNode,
): readonly Statement[] {
  const use = resolveFunction(context, call)?.aggregation?.(context, call);
  if (use === undefined) return [];
  return aggregateInto(context, target, use.aggregation, use.value, use.bending, {
    statement: node.span,
    call: call.span,
  });
}

export function checkLet(context: Context, node: ast.Statement & { readonly kind: 'let' }): readonly Statement[] {
  const symbol = context.program.scopes.symbols.get(node);
  if (symbol === undefined) return [];
  declareType(context, symbol);
  if (node.value !== undefined) {
    const value = checkLetValue(context, node, node.value);
    return value === undefined ? [] : assignVariable(context, symbol, value, node.span);
  }
  const type = context.typeOf(symbol);
  // Each pass through the block begins with zero. Other values in memory are zero where lowering makes room.
  if (type === undefined || (!isWord(type) && type.kind !== 'string')) return [];
  const value =
    type.kind === 'string' ? convert(text(node.span, ''), type) : constant(node.span, withoutLiterals(type), 0n);
  return [{ kind: 'assignVariable', span: node.span, variable: context.variable(symbol), value }];
}

function checkLetValue(
  context: Context,
  node: ast.Statement & { readonly kind: 'let' },
  value: ast.Expression,
): Expression | undefined {
  const unusable = unreadable(context, value);
  if (unusable === undefined) return context.expression(value);
  return context.error(
    'aggregation',
    node.span,
    `Value '${printAggregation(unusable)}' cannot be assigned to a scratch variable.`,
  );
}

/** The type that stands in a `let`, or the one of a variable that nothing is assigned to. */
function declareType(context: Context, symbol: VariableSymbol): void {
  const types = context.program.variableTypes;
  if (types.has(symbol) && symbol.type === undefined) return;
  const type = symbol.type === undefined ? (symbol.assigned ? undefined : INT64) : resolveType(context, symbol.type);
  if (type === undefined || types.has(symbol)) return;
  const placed: typeof type =
    type.kind === 'pointer' && type.space === 'none' ? { ...type, space: context.space } : type;
  context.script.setVariable(context.program, symbol, placed);
}
