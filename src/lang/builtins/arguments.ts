/** Reading the arguments of a call: what must be a literal, a number, a map. */
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import type { MapExpression } from '../passes/expressions/maps.ts';
import { numberHint, textHint } from '../passes/expressions/parameters.ts';
import { isConstant } from '../passes/expressions/values.ts';
import { isNumber, printType } from '../types/index.ts';
import type * as ast from '../syntax/index.ts';
import type { CallNode } from './builtin.ts';

export function argument(call: CallNode, index: number): ast.Expression {
  const node = call.arguments[index];
  if (node === undefined) throw new RangeError(`${call.name}() has no argument ${index}`);
  return node;
}

/** Text known at compile time; `use` says what for. */
export function literalText(context: Context, call: CallNode, index: number, use = ''): string | undefined {
  const node = argument(call, index);
  // Formats may be longer than other strings.
  if (node.kind === 'string') return node.value;
  const value = context.expression(node);
  if (value === undefined) return undefined;
  if (value.kind === 'string') return value.value;
  return context.error(
    'literal',
    call.span,
    `${call.name}() expects a string literal${use} (${printType(value.type)} provided)`,
    { hints: textHint(node) },
  );
}

/** A number known at compile time. */
export function literalNumber(context: Context, call: CallNode, index: number): bigint | undefined {
  const value = context.expression(argument(call, index));
  if (value === undefined) return undefined;
  if (isConstant(value) && isNumber(value.type)) return value.value;
  return context.error(
    'literal',
    call.span,
    `${call.name}() expects an integer literal as argument ${index + 1} (${printType(value.type)} provided)`,
    { hints: numberHint(context, call.arguments[index]) },
  );
}

/** An integer (or what counts as one) of any size. */
export function numberArgument(context: Context, call: CallNode, index: number): Expression | undefined {
  const value = context.expression(argument(call, index));
  if (value === undefined || isNumber(value.type)) return value;
  return context.error(
    'argument-type',
    call.span,
    `${call.name}() expects an integer as argument ${index + 1} (${printType(value.type)} provided)`,
    { hints: numberHint(context, call.arguments[index]) },
  );
}

export function mapArgument(context: Context, call: CallNode, index: number): MapExpression | undefined {
  const node = argument(call, index);
  if (node.kind === 'map') return node;
  return context.error('argument-type', call.span, `${call.name}() expects a map as argument ${index + 1}`);
}
