/** Casts (spec T-30, T-31). */
import type { Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isNumber, printType, sameType, sizeOf } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { resolveType } from './type-syntax.ts';
import { boolean, convert, isLiteral } from './values.ts';

export function checkCast(context: Context, node: ast.Expression & { readonly kind: 'cast' }): Expression | undefined {
  const type = resolveType(context, node.type);
  const operand = context.expression(node.operand);
  if (type === undefined || operand === undefined) return undefined;
  if (type.kind === 'record' && (isNumber(operand.type) || operand.type.kind === 'pointer')) {
    // Old scripts name the struct that they mean a pointer to.
    context.warning(
      'cast',
      node.span,
      `Cast of '${printType(operand.type)}' to '${printType(type)}' is read as a cast to '${printType(type)} *'`,
    );
    return castTo(context, node.span, operand, { kind: 'pointer', to: type, space: 'none' });
  }
  return castTo(context, node.span, operand, type);
}

export function castTo(context: Context, span: Span, operand: Expression, type: Type): Expression | undefined {
  const from = operand.type;
  if (sameType(from, type) && !isLiteral(operand) && from.kind !== 'pointer') {
    // Casting an aggregation says that its number is wanted.
    if (operand.kind !== 'aggregationRead')
      context.warning('unnecessary-cast', span, `Unnecessary cast: expression is already of type: ${printType(type)}`);
    return operand;
  }
  if (type.kind === 'pointer') return castToPointer(context, span, operand, type);
  if (type.kind === 'enum') return castToEnum(context, span, operand, type);
  if (operand.kind === 'string' && type.kind === 'bool') return boolean(span, operand.value !== '');
  if (!canCast(from, type)) return refuse(context, span, from, type);
  return relocated(convert(operand, type), span);
}

function relocated(node: Expression, span: Span): Expression {
  return { ...node, span };
}

function refuse(context: Context, span: Span, from: Type, to: Type): undefined {
  return context.error('cast', span, `Cannot cast from "${printType(from)}" to "${printType(to)}"`);
}

function canCast(from: Type, to: Type): boolean {
  switch (to.kind) {
    case 'integer':
      return (
        isNumber(from) ||
        from.kind === 'pointer' ||
        from.kind === 'ksym' ||
        from.kind === 'username' ||
        (from.kind === 'array' && holdsIntegers(from) && sizeOf(from) === to.size)
      );
    case 'bool':
      return isNumber(from) || from.kind === 'pointer';
    case 'string':
      return from.kind === 'string' && from.size <= to.size;
    case 'array':
      return canCastToArray(from, to);
    case 'username':
    case 'ksym':
      return isNumber(from);
    case 'tuple':
      return (
        from.kind === 'tuple' &&
        from.elements.length === to.elements.length &&
        from.elements.every((element, index) => castsMember(element, to.elements[index] as Type))
      );
    default:
      return false;
  }
}

function castsMember(from: Type, to: Type): boolean {
  return sameType(from, to) || canCast(from, to);
}

function holdsIntegers(type: Type & { kind: 'array' }): boolean {
  return type.element.kind === 'integer' || type.element.kind === 'bool';
}

/** A number's bytes, up to 8, padded with zeros; a string's bytes. */
function canCastToArray(from: Type, to: Type & { kind: 'array' }): boolean {
  if (!holdsIntegers(to)) return false;
  if (isNumber(from)) return sizeOf(to) <= 8 && sizeOf(from) <= 8;
  return from.kind === 'string' && to.element.kind === 'integer' && to.element.size === 1 && from.size <= to.count;
}

/** The pointer is of the space of what it was made from; a plain number is an address of the probe's. */
function castToPointer(
  context: Context,
  span: Span,
  operand: Expression,
  type: Type & { kind: 'pointer' },
): Expression | undefined {
  const from = operand.type;
  if (!isNumber(from) && from.kind !== 'pointer' && from.kind !== 'ksym') return refuse(context, span, from, type);
  const space =
    type.space !== 'none' ? type.space : from.kind === 'pointer' && from.space !== 'none' ? from.space : context.space;
  const wanted: Type = { ...type, space };
  if (operand.kind === 'constant')
    return { kind: 'constant', span, type: wanted, value: BigInt.asUintN(64, operand.value) };
  return { kind: 'convert', span, type: wanted, operand };
}

function castToEnum(
  context: Context,
  span: Span,
  operand: Expression,
  type: Type & { kind: 'enum' },
): Expression | undefined {
  if (!isNumber(operand.type)) return refuse(context, span, operand.type, type);
  if (isLiteral(operand) && !type.names.has(operand.value)) {
    return context.error('cast', span, `Enum: ${type.name} doesn't contain a variant with value ${operand.value}`);
  }
  return relocated(convert(operand, type), span);
}
