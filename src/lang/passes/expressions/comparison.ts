/** Comparison: of words in their common type, of text up to its NUL, of values in memory (spec T-13, T-47, T-51, T-62). */
import type { CompareOperator, Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import {
  commonInteger,
  commonType,
  isCondition,
  isLiteralType,
  isNumber,
  printType,
  sameType,
  sizeOf,
} from '../../types/index.ts';
import type { IntegerType, Type } from '../../types/index.ts';
import { addressValue, parseAddress } from '../../builtins/address-bytes.ts';
import type { Context } from '../state/context.ts';
import { refuseTypes } from './arithmetic.ts';
import { foldComparison } from './fold.ts';
import { textHint } from './parameters.ts';
import { asInteger, BOOL, boolean, constant, convert, isConstant, isLiteral, isSigned, text } from './values.ts';

type Binary = ast.Expression & { readonly kind: 'binary' };

/** E-13, E-14, E-16: what can be compared, and as what. */
export function compare(context: Context, node: Binary, left: Expression, right: Expression): Expression | undefined {
  const { operator, span } = node;
  if (left.kind === 'string' && right.kind === 'string' && isEquality(operator)) {
    return boolean(span, foldComparison(operator, left.value === right.value ? 0n : 1n, 0n));
  }
  if (left.type.kind === 'symbolic' && right.kind === 'string')
    return compareName(context, span, operator, left, right.value);
  if (right.type.kind === 'symbolic' && left.kind === 'string')
    return compareName(context, span, operator, right, left.value);
  if (isWordForCompare(left.type) && isWordForCompare(right.type) && wordsCompare(left.type, right.type))
    return compareWords(context, node, left, right);
  if (isEquality(operator)) {
    if (left.type.kind === 'string' && right.type.kind === 'string') {
      return { kind: 'compareStrings', span, type: BOOL, operator: equality(operator), left, right };
    }
    const [l, r] = [asAddress(left, right), asAddress(right, left)];
    const common = memoryType(l.type, r.type);
    if (common !== undefined) {
      return {
        kind: 'compareMemory',
        span,
        type: BOOL,
        operator: equality(operator),
        left: inLayout(l, common),
        right: inLayout(r, common),
      };
    }
  } else if (left.type.kind === right.type.kind && !isWordForCompare(left.type))
    return refuseTypes(context, span, operator, left, right);
  return mismatch(context, node, left, right);
}

function mismatch(context: Context, node: Binary, left: Expression, right: Expression): undefined {
  const names = [printType(left.type), printType(right.type)];
  return context.error(
    'type-mismatch',
    node.span,
    `Type mismatch for '${node.operator}': comparing ${names[0]} with ${names[1]}`,
    {
      related: [
        { span: left.span, message: `left (${names[0]})` },
        { span: right.span, message: `right (${names[1]})` },
      ],
      hints: textHint(node.left, node.right) ?? literalHint(node, left, right),
    },
  );
}

function isWritten({ kind }: ast.Expression): boolean {
  return kind === 'integer' || kind === 'string';
}

/** Text is written with quotes, a number without. */
function literalHint({ left, right }: Binary, ...types: readonly Expression[]): readonly string[] | undefined {
  if (isWritten(left) && isWritten(right)) return undefined;
  const strings = types.some(({ type }) => type.kind === 'string');
  for (const operand of [left, right]) {
    if (operand.kind === 'integer' && strings) return [`Text is compared with text: "${operand.text}".`];
    if (operand.kind === 'string' && /^[0-9]+$/.test(operand.value))
      return [`A number is compared with a number: ${operand.value}.`];
  }
  const pointer = types.some(({ type }) => type.kind === 'pointer' || (type.kind === 'integer' && type.size === 8));
  return strings && pointer ? ['str() reads the text that a pointer leads to.'] : undefined;
}

function isEquality(operator: ast.BinaryOperator): boolean {
  return operator === '==' || operator === '!=';
}

function equality(operator: ast.BinaryOperator): 'eq' | 'ne' {
  return operator === '==' ? 'eq' : 'ne';
}

function isWordForCompare(type: Type): boolean {
  return (
    isCondition(type) ||
    type.kind === 'ksym' ||
    type.kind === 'symbolic' ||
    type.kind === 'timestamp' ||
    type.kind === 'cgroupPath' ||
    type.kind === 'username'
  );
}

function wordsCompare(left: Type, right: Type): boolean {
  return (
    (isCondition(left) && isCondition(right)) ||
    left.kind === right.kind ||
    (left.kind === 'ksym' && isNumber(right)) ||
    (isNumber(left) && right.kind === 'ksym')
  );
}

/** A literal text beside a network address, where it is one too. */
function asAddress(value: Expression, other: Expression): Expression {
  if (value.kind !== 'string' || other.type.kind !== 'inet') return value;
  const bytes = parseAddress(value.value);
  return bytes === undefined ? value : addressValue(value.span, bytes);
}

/** Arrays are compared by their bytes, whatever the sign of their elements. */
function inLayout(value: Expression, type: Type): Expression {
  return type.kind === 'array' ? value : convert(value, type);
}

/** Arrays of equal element size and length, tuples and records that unify. */
function memoryType(left: Type, right: Type): Type | undefined {
  if (left.kind === 'array' && right.kind === 'array') {
    return left.count === right.count && sizeOf(left.element) === sizeOf(right.element) ? left : undefined;
  }
  if ((left.kind === 'inet' || left.kind === 'macaddr') && left.kind === right.kind) return left;
  if (left.kind !== right.kind || (left.kind !== 'tuple' && left.kind !== 'record')) return undefined;
  return commonType(left, right);
}

function compareWords(context: Context, node: Binary, left: Expression, right: Expression): Expression {
  const { operator, span } = node;
  warnOfTypes(context, node, left, right);
  const signed = comparesSigned(left.type, right.type);
  const l = asInteger(left, signed);
  const r = asInteger(right, signed);
  if (isConstant(l) && isConstant(r)) {
    const exact = isLiteral(left) && isLiteral(right);
    return boolean(
      span,
      exact ? foldComparison(operator, left.value, right.value) : foldComparison(operator, l.value, r.value),
    );
  }
  return { kind: 'compare', span, type: BOOL, operator: compareOperator(operator, signed), left: l, right: r };
}

function comparesSigned(left: Type, right: Type): boolean {
  return commonInteger(integerFor(left), integerFor(right)).signed;
}

/** The integer that a word compares as. bool bends as a natural literal does. */
function integerFor(type: Type): IntegerType {
  if (type.kind === 'integer') return type;
  if (type.kind === 'enum') return { kind: 'integer', size: type.size, signed: type.signed };
  if (type.kind === 'bool') return { kind: 'integer', size: 1, signed: false };
  return { kind: 'integer', size: 8, signed: false };
}

function warnOfTypes(context: Context, node: Binary, left: Expression, right: Expression): void {
  const l = left.type;
  const r = right.type;
  if (l.kind === 'pointer' && r.kind === 'pointer' && !sameType(l, r)) {
    context.warning(
      'pointer-types',
      node.span,
      `Comparison of different pointer types: ${printType(l)} with ${printType(r)}`,
    );
  }
  if (l.kind !== 'integer' || r.kind !== 'integer' || isLiteralType(l) || isLiteralType(r)) return;
  if (isSigned(l) !== isSigned(r)) {
    context.warning(
      'signedness',
      node.span,
      `Comparison of integers of different signs: ${printType(l)} and ${printType(r)} can lead to undefined behavior`,
    );
  }
}

function compareOperator(operator: ast.BinaryOperator, signed: boolean): CompareOperator {
  switch (operator) {
    case '==':
      return 'eq';
    case '!=':
      return 'ne';
    case '<':
      return signed ? 'slt' : 'ult';
    case '<=':
      return signed ? 'sle' : 'ule';
    case '>':
      return signed ? 'sgt' : 'ugt';
    default:
      return signed ? 'sge' : 'uge';
  }
}

/** A name that is known by number is compared by number. */
function compareName(
  context: Context,
  span: Span,
  operator: ast.BinaryOperator,
  value: Expression,
  name: string,
): Expression | undefined {
  if (!isEquality(operator)) return refuseTypes(context, span, operator, value, text(span, name));
  const number = context.script.probeNames.number(name);
  if (number === undefined) return boolean(span, operator === '!=');
  return {
    kind: 'compare',
    span,
    type: BOOL,
    operator: equality(operator),
    left: value,
    right: constant(span, value.type, number),
  };
}
