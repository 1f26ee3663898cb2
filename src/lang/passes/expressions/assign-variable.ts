/** Values that variables take (spec T-18, T-19, M-23). */
import type { Expression, Statement } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import { commonType, isNumber, printType, sameType, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { VariableSymbol } from '../scan/scopes.ts';
import type { Context } from '../state/context.ts';
import { warnOfSign } from './maps.ts';
import { convert, isLiteral, wrap } from './values.ts';

export function assignVariable(
  context: Context,
  symbol: VariableSymbol,
  value: Expression,
  span: Span,
): readonly Statement[] {
  const { script, program } = context;
  if (value.type.kind === 'none' || value.type.kind === 'void') {
    context.error(
      'type-mismatch',
      span,
      `A value of type '${printType(value.type)}' cannot be assigned to a variable.`,
    );
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
    if (
      from.kind === 'integer' &&
      (from.size > type.size || from.signed !== type.signed) &&
      !(from.size < type.size && !from.signed)
    ) {
      context.warning(
        'implicit-cast',
        span,
        `Expression of type: ${printType(from)} being cast to type: ${printType(type)}. The value may be truncated.`,
      );
    }
    return true;
  }
  const grows = type.kind === 'string' && from.kind === 'string' && from.size <= type.size;
  const points = type.kind === 'pointer' && (from.kind === 'pointer' || isNumber(from));
  if (grows || points || fitsInside(type, from) || (type.kind === 'bool' && isNumber(from) && !isLiteral(value)))
    return true;
  context.error('type-mismatch', span, types);
  return false;
}

/** A tuple or record of members that the declared ones hold. */
function fitsInside(type: Type, from: Type): boolean {
  if (type.kind !== 'tuple' && type.kind !== 'record') return false;
  const joined = commonType(type, from);
  return joined !== undefined && sameType(withoutLiterals(joined), type);
}
