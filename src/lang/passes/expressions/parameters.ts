/** Positional parameters: numbers where they look like one, else text (spec T-70 to T-72). */
import type { Expression } from '../../checked/index.ts';
import { readOutsideInteger } from '../../syntax/index.ts';
import type * as ast from '../../syntax/index.ts';
import type { Context } from '../state/context.ts';
import { literal, text } from './values.ts';

export function checkPositional(
  context: Context,
  node: ast.Expression & { readonly kind: 'positional' },
): Expression | undefined {
  const given = context.script.options.positional[node.index - 1];
  if (given === undefined || given === '') {
    context.warning('missing-parameter', node.span, `Positional parameter $${node.index} is empty or not provided.`);
    return literal(node.span, 0n);
  }
  const value = readOutsideInteger(given);
  return value === undefined ? text(node.span, given) : literal(node.span, value);
}

/** Hints, where text is wanted and a parameter that looks like a number is given. */
export function textHint(...operands: readonly (ast.Expression | undefined)[]): readonly string[] | undefined {
  const parameter = operands.find((operand) => operand?.kind === 'positional');
  return parameter === undefined ? undefined : [`str($${parameter.index}) is the parameter's text.`];
}

/** Hints, where a number is wanted and a parameter that is none is given. */
export function numberHint(context: Context, operand: ast.Expression | undefined): readonly string[] | undefined {
  if (operand?.kind !== 'positional') return undefined;
  return [`The parameter $${operand.index} is no number: ${context.script.options.positional[operand.index - 1]}`];
}
