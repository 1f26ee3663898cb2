/** Operators: which rule checks which, logic and conditions (spec G-49). */
import type { Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isCondition, isNumber, printType } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { calculate, refuseTypes } from './arithmetic.ts';
import { compare } from './comparison.ts';
import { foldLiterals } from './fold.ts';
import { presenceOf } from './packet.ts';
import { asInteger, BOOL, boolean, convert, isConstant, isLiteral, literal, widen } from './values.ts';

type Binary = ast.Expression & { readonly kind: 'binary' };

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

export function checkBinary(context: Context, node: Binary): Expression | undefined {
  if (node.operator === '&&' || node.operator === '||') return checkLogical(context, node, node.operator);
  const left = context.expression(node.left);
  const right = context.expression(node.right);
  if (left === undefined || right === undefined) return undefined;
  if (COMPARISONS.has(node.operator)) return compare(context, node, left, right);
  return calculate(context, node.span, node.operator, left, right);
}

function checkLogical(context: Context, node: Binary, operator: '&&' | '||'): Expression | undefined {
  const [left, right] = [node.left, node.right].map((each) => presenceIn(context, each));
  if (left === undefined || right === undefined) return undefined;
  if (!isCondition(left.type) || !isCondition(right.type))
    return refuseTypes(context, node.span, operator, left, right);
  const l = convert(left, BOOL);
  const r = convert(right, BOOL);
  if (isConstant(l) && isConstant(r)) {
    return boolean(node.span, operator === '&&' ? l.value !== 0n && r.value !== 0n : l.value !== 0n || r.value !== 0n);
  }
  return {
    kind: 'logical',
    span: node.span,
    type: BOOL,
    operator: operator === '&&' ? 'and' : 'or',
    left: l,
    right: r,
  };
}

/** An operand of logic. */
function presenceIn(context: Context, node: ast.Expression): Expression | undefined {
  const value = context.expression(node);
  return value === undefined ? undefined : presenceOf(value);
}

export function checkUnary(
  context: Context,
  node: ast.Expression & { readonly kind: 'unary' },
): Expression | undefined {
  const operand = context.expression(node.operand);
  if (operand === undefined) return undefined;
  if (node.operator === '!') return checkNot(context, node.span, presenceOf(operand));
  if (!isNumber(operand.type)) {
    return context.error(
      'operator',
      node.span,
      `The ${node.operator} operator can not be used on expressions of type ${printType(operand.type)}`,
    );
  }
  if (node.operator === '-') return negate(context, node.span, operand);
  if (isLiteral(operand)) return literal(node.span, BigInt.asUintN(64, ~operand.value));
  const wide = widen(operand);
  return { kind: 'unary', span: node.span, type: wide.type, operator: 'not', operand: wide };
}

function negate(context: Context, span: Span, operand: Expression): Expression | undefined {
  if (!isLiteral(operand)) {
    return {
      kind: 'unary',
      span,
      type: { kind: 'integer', size: 8, signed: true },
      operator: 'neg',
      operand: asInteger(operand, true),
    };
  }
  const value = foldLiterals('-', 0n, operand.value);
  return value === undefined
    ? context.error('overflow', span, 'unable to fold literals due to overflow or underflow')
    : literal(span, value);
}

function checkNot(context: Context, span: Span, operand: Expression): Expression | undefined {
  if (!isCondition(operand.type)) {
    return context.error(
      'operator',
      span,
      `The ! operator can not be used on expressions of type ${printType(operand.type)}`,
    );
  }
  const value = convert(operand, BOOL);
  return isConstant(value)
    ? boolean(span, value.value === 0n)
    : { kind: 'unary', span, type: BOOL, operator: 'logicalNot', operand: value };
}

/** The head of if, ?: or while, or a predicate, as a bool. `span`: the whole construct. */
export function checkCondition(context: Context, node: ast.Expression, span: Span): Expression | undefined {
  const value = context.expression(node);
  if (value === undefined) return undefined;
  return conditionOf(context, value, span);
}

export function conditionOf(context: Context, given: Expression, span: Span): Expression | undefined {
  const value = presenceOf(given);
  if (isCondition(value.type)) return convert(value, BOOL);
  const { kind } = value.type;
  return context.error(
    'condition',
    span,
    `Invalid condition: ${kind === 'string' || kind === 'tuple' ? kind : printType(value.type)}`,
  );
}
