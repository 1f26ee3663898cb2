/** Arithmetic on integers, pointers and literal text (spec T-10 to T-12, T-40, G-48). */
import type { ArithmeticOperator, Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isNatural, isNumber, printType, sizeOf } from '../../types/index.ts';
import type { IntegerType, Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { foldLiterals } from './fold.ts';
import { asInteger, constant, goesUnsigned, isConstant, isLiteral, literal, text, widen, wrap } from './values.ts';

/** Also the second half of `+=` and its like. */
export function calculate(
  context: Context,
  span: Span,
  operator: ast.BinaryOperator,
  left: Expression,
  right: Expression,
): Expression | undefined {
  if (left.kind === 'string' && operator === '+') return addToText(context, span, left, right);
  if (left.type.kind === 'pointer' || right.type.kind === 'pointer')
    return movePointer(context, span, operator, left, right);
  if (!isNumber(left.type) || !isNumber(right.type)) return refuseTypes(context, span, operator, left, right);
  if (isLiteral(left) && isLiteral(right)) {
    const value = foldLiterals(operator, left.value, right.value);
    if (value !== undefined) return literal(span, value);
    return context.error('overflow', span, 'unable to fold literals due to overflow or underflow');
  }
  const divides = operator === '/' || operator === '%';
  if (divides && isConstant(right) && right.value === 0n) {
    return context.error('division-by-zero', span, `${operator === '/' ? 'Division' : 'Modulo'} by zero`);
  }
  const signed = operator === '-' || !resultIsUnsigned(left.type, right.type);
  const node: Expression = {
    kind: 'arithmetic',
    span,
    type: { kind: 'integer', size: 8, signed },
    operator: arithmeticOperator(operator, signed),
    left: asInteger(left, signed),
    right: asInteger(right, signed),
  };
  return foldTyped(node, operator) ?? node;
}

function resultIsUnsigned(left: Type, right: Type): boolean {
  return goesUnsigned(left) && goesUnsigned(right) && !(isNatural(left) && isNatural(right));
}

function arithmeticOperator(operator: ast.BinaryOperator, signed: boolean): ArithmeticOperator {
  switch (operator) {
    case '+':
      return 'add';
    case '-':
      return 'sub';
    case '*':
      return 'mul';
    case '/':
      return signed ? 'sdiv' : 'udiv';
    case '%':
      return signed ? 'smod' : 'umod';
    case '&':
      return 'and';
    case '|':
      return 'or';
    case '^':
      return 'xor';
    case '<<':
      return 'shl';
    default:
      return 'shr';
  }
}

/** Constants with types of their own (sizeof, casts) wrap as at run time. */
function foldTyped(node: Expression & { kind: 'arithmetic' }, operator: ast.BinaryOperator): Expression | undefined {
  if (!isConstant(node.left) || !isConstant(node.right)) return undefined;
  const shifts = operator === '<<' || operator === '>>';
  const value = foldLiterals(operator, node.left.value, shifts ? node.right.value & 63n : node.right.value);
  // Only a value too large for 64 bits is left: the run time wraps it.
  return value === undefined ? undefined : constant(node.span, node.type, wrap(value, node.type as IntegerType));
}

/** Literal text: `"ab" + "cd"` joins, `"hello" + 2` drops characters. */
function addToText(
  context: Context,
  span: Span,
  left: Expression & { kind: 'string' },
  right: Expression,
): Expression | undefined {
  if (right.kind === 'string') return text(span, left.value + right.value);
  if (!isLiteral(right) || right.value < 0n) return refuseTypes(context, span, '+', left, right);
  const rest = left.value.slice(Number(right.value > 100_000n ? 100_000n : right.value));
  if (rest === '') context.warning('empty-string', span, 'Nothing is left of the string literal after the addition.');
  return text(span, rest);
}

function movePointer(
  context: Context,
  span: Span,
  operator: ast.BinaryOperator,
  left: Expression,
  right: Expression,
): Expression | undefined {
  if (left.type.kind === 'pointer' && isNumber(right.type) && (operator === '+' || operator === '-')) {
    return offsetPointer(span, left, right, operator === '+' ? 'add' : 'sub');
  }
  if (right.type.kind === 'pointer' && isNumber(left.type) && operator === '+')
    return offsetPointer(span, right, left, 'add');
  return refuseTypes(context, span, operator, left, right);
}

/** pointer ± index, in units of what it points to (bytes for void). */
export function offsetPointer(span: Span, pointer: Expression, index: Expression, operator: 'add' | 'sub'): Expression {
  const unit = pointer.type.kind === 'pointer' ? sizeOf(pointer.type.to) : 1;
  const size = BigInt(Math.max(1, unit));
  const words = widen(index);
  const bytes: Expression = isConstant(words)
    ? constant(index.span, words.type, wrap(words.value * size, words.type as IntegerType))
    : size === 1n
      ? words
      : {
          kind: 'arithmetic',
          span: index.span,
          type: words.type,
          operator: 'mul',
          left: words,
          right: constant(index.span, words.type, size),
        };
  return { kind: 'arithmetic', span, type: pointer.type, operator, left: pointer, right: bytes };
}

/** E-14: these types don't go with this operator. */
export function refuseTypes(
  context: Context,
  span: Span,
  operator: string,
  left: Expression,
  right: Expression,
): undefined {
  const types = `${printType(left.type)}, ${printType(right.type)}`;
  return context.error('operator', span, `The ${operator} operator can not be used on expressions of types ${types}`);
}
