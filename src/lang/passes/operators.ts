/** Operators: typing rules T-10 to T-18, T-40, T-47, T-51 and G-48, G-49. */
import type { ArithmeticOperator, CompareOperator, Expression } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type * as ast from '../syntax/index.ts';
import { commonInteger, commonType, isCondition, isLiteralType, isNatural, isNumber, printType, sameType, sizeOf } from '../types/index.ts';
import type { IntegerType, Type } from '../types/index.ts';
import type { Context } from './context.ts';
import { foldComparison, foldLiterals } from './fold.ts';
import { asInteger, BOOL, boolean, constant, convert, goesUnsigned, isConstant, isLiteral, isSigned, literal, text, widen, wrap } from './values.ts';

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
  const left = context.expression(node.left);
  const right = context.expression(node.right);
  if (left === undefined || right === undefined) return undefined;
  if (!isCondition(left.type) || !isCondition(right.type)) return refuse(context, node.span, operator, left, right);
  const l = convert(left, BOOL);
  const r = convert(right, BOOL);
  if (isConstant(l) && isConstant(r)) {
    return boolean(node.span, operator === '&&' ? l.value !== 0n && r.value !== 0n : l.value !== 0n || r.value !== 0n);
  }
  return { kind: 'logical', span: node.span, type: BOOL, operator: operator === '&&' ? 'and' : 'or', left: l, right: r };
}

function refuse(context: Context, span: Span, operator: string, left: Expression, right: Expression): undefined {
  const types = `${printType(left.type)}, ${printType(right.type)}`;
  return context.error('operator', span, `The ${operator} operator can not be used on expressions of types ${types}`);
}

// ---- arithmetic ---------------------------------------------------------------------------------------

/** Also the second half of `+=` and its like. */
export function calculate(context: Context, span: Span, operator: ast.BinaryOperator, left: Expression, right: Expression): Expression | undefined {
  if (left.kind === 'string' && operator === '+') return addToText(context, span, left, right);
  if (left.type.kind === 'pointer' || right.type.kind === 'pointer') return movePointer(context, span, operator, left, right);
  if (!isNumber(left.type) || !isNumber(right.type)) return refuse(context, span, operator, left, right);
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
function addToText(context: Context, span: Span, left: Expression & { kind: 'string' }, right: Expression): Expression | undefined {
  if (right.kind === 'string') return text(span, left.value + right.value);
  if (!isLiteral(right) || right.value < 0n) return refuse(context, span, '+', left, right);
  const rest = left.value.slice(Number(right.value > 100_000n ? 100_000n : right.value));
  if (rest === '') context.warning('empty-string', span, 'Nothing is left of the string literal after the addition.');
  return text(span, rest);
}

function movePointer(context: Context, span: Span, operator: ast.BinaryOperator, left: Expression, right: Expression): Expression | undefined {
  if (left.type.kind === 'pointer' && isNumber(right.type) && (operator === '+' || operator === '-')) {
    return offsetPointer(span, left, right, operator === '+' ? 'add' : 'sub');
  }
  if (right.type.kind === 'pointer' && isNumber(left.type) && operator === '+') return offsetPointer(span, right, left, 'add');
  return refuse(context, span, operator, left, right);
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
      : { kind: 'arithmetic', span: index.span, type: words.type, operator: 'mul', left: words, right: constant(index.span, words.type, size) };
  return { kind: 'arithmetic', span, type: pointer.type, operator, left: pointer, right: bytes };
}

// ---- comparison ---------------------------------------------------------------------------------------

function compare(context: Context, node: Binary, left: Expression, right: Expression): Expression | undefined {
  const { operator, span } = node;
  if (left.kind === 'string' && right.kind === 'string' && isEquality(operator)) {
    return boolean(span, foldComparison(operator, left.value === right.value ? 0n : 1n, 0n));
  }
  if (left.type.kind === 'symbolic' && right.kind === 'string') return compareName(context, span, operator, left, right.value);
  if (right.type.kind === 'symbolic' && left.kind === 'string') return compareName(context, span, operator, right, left.value);
  if (isWordForCompare(left.type) && isWordForCompare(right.type) && wordsCompare(left.type, right.type)) return compareWords(context, node, left, right);
  if (isEquality(operator)) {
    if (left.type.kind === 'string' && right.type.kind === 'string') {
      return { kind: 'compareStrings', span, type: BOOL, operator: equality(operator), left, right };
    }
    const common = memoryType(left.type, right.type);
    if (common !== undefined) {
      return { kind: 'compareMemory', span, type: BOOL, operator: equality(operator), left: inLayout(left, common), right: inLayout(right, common) };
    }
  } else if (left.type.kind === right.type.kind && !isWordForCompare(left.type)) return refuse(context, span, operator, left, right);
  return mismatch(context, node, left, right);
}

function mismatch(context: Context, node: Binary, left: Expression, right: Expression): undefined {
  const names = [printType(left.type), printType(right.type)];
  return context.error('type-mismatch', node.span, `Type mismatch for '${node.operator}': comparing ${names[0]} with ${names[1]}`, {
    related: [
      { span: left.span, message: `left (${names[0]})` },
      { span: right.span, message: `right (${names[1]})` },
    ],
  });
}

function isEquality(operator: ast.BinaryOperator): boolean {
  return operator === '==' || operator === '!=';
}

function equality(operator: ast.BinaryOperator): 'eq' | 'ne' {
  return operator === '==' ? 'eq' : 'ne';
}

function isWordForCompare(type: Type): boolean {
  return isCondition(type) || type.kind === 'ksym' || type.kind === 'symbolic' || type.kind === 'timestamp' || type.kind === 'username';
}

function wordsCompare(left: Type, right: Type): boolean {
  return (isCondition(left) && isCondition(right)) || left.kind === right.kind || (left.kind === 'ksym' && isNumber(right)) || (isNumber(left) && right.kind === 'ksym');
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
    return boolean(span, exact ? foldComparison(operator, left.value, right.value) : foldComparison(operator, l.value, r.value));
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
    context.warning('pointer-types', node.span, `Comparison of different pointer types: ${printType(l)} with ${printType(r)}`);
  }
  if (l.kind !== 'integer' || r.kind !== 'integer' || isLiteralType(l) || isLiteralType(r)) return;
  if (isSigned(l) !== isSigned(r)) {
    context.warning('signedness', node.span, `Comparison of integers of different signs: ${printType(l)} and ${printType(r)} can lead to undefined behavior`);
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
function compareName(context: Context, span: Span, operator: ast.BinaryOperator, value: Expression, name: string): Expression | undefined {
  if (!isEquality(operator)) return refuse(context, span, operator, value, text(span, name));
  const number = context.script.probeNames.number(name);
  if (number === undefined) return boolean(span, operator === '!=');
  return { kind: 'compare', span, type: BOOL, operator: equality(operator), left: value, right: constant(span, value.type, number) };
}

// ---- unary, ++ and conditions ---------------------------------------------------------------------------

export function checkUnary(context: Context, node: ast.Expression & { readonly kind: 'unary' }): Expression | undefined {
  const operand = context.expression(node.operand);
  if (operand === undefined) return undefined;
  if (node.operator === '!') return checkNot(context, node.span, operand);
  if (!isNumber(operand.type)) {
    return context.error('operator', node.span, `The ${node.operator} operator can not be used on expressions of type ${printType(operand.type)}`);
  }
  if (node.operator === '-') return negate(context, node.span, operand);
  if (isLiteral(operand)) return literal(node.span, BigInt.asUintN(64, ~operand.value));
  const wide = widen(operand);
  return { kind: 'unary', span: node.span, type: wide.type, operator: 'not', operand: wide };
}

function negate(context: Context, span: Span, operand: Expression): Expression | undefined {
  if (!isLiteral(operand)) {
    return { kind: 'unary', span, type: { kind: 'integer', size: 8, signed: true }, operator: 'neg', operand: asInteger(operand, true) };
  }
  const value = foldLiterals('-', 0n, operand.value);
  return value === undefined ? context.error('overflow', span, 'unable to fold literals due to overflow or underflow') : literal(span, value);
}

function checkNot(context: Context, span: Span, operand: Expression): Expression | undefined {
  if (!isCondition(operand.type)) {
    return context.error('operator', span, `The ! operator can not be used on expressions of type ${printType(operand.type)}`);
  }
  const value = convert(operand, BOOL);
  return isConstant(value) ? boolean(span, value.value === 0n) : { kind: 'unary', span, type: BOOL, operator: 'logicalNot', operand: value };
}

/** The head of if, ?: or while, or a predicate, as a bool. `span`: the whole construct. */
export function checkCondition(context: Context, node: ast.Expression, span: Span): Expression | undefined {
  const value = context.expression(node);
  if (value === undefined) return undefined;
  return conditionOf(context, value, span);
}

export function conditionOf(context: Context, value: Expression, span: Span): Expression | undefined {
  if (isCondition(value.type)) return convert(value, BOOL);
  const { kind } = value.type;
  return context.error('condition', span, `Invalid condition: ${kind === 'string' || kind === 'tuple' ? kind : printType(value.type)}`);
}
