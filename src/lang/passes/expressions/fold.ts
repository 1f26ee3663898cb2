/** Arithmetic on constants at compile time (spec G-48): literals of scripts, and constant expressions of C. */
import type { BinaryOperator } from '../../syntax/index.ts';

const UINT64_MAX = (1n << 64n) - 1n;
const INT64_MIN = -(1n << 63n);

/** What the literals give, in unlimited integers; undefined: overflow, underflow or division by zero. */
export function foldLiterals(operator: BinaryOperator, left: bigint, right: bigint): bigint | undefined {
  const value = calculate(operator, left, right);
  return value === undefined || value < INT64_MIN || value > UINT64_MAX ? undefined : value;
}

/** In unlimited integers; undefined: a division by zero, a shift by less than 0 or more than 63 bits, or no arithmetic. */
export function calculate(operator: BinaryOperator, left: bigint, right: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0n ? undefined : left / right;
    case '%':
      return right === 0n ? undefined : left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return right < 0n || right > 63n ? undefined : left << right;
    case '>>':
      return right < 0n || right > 63n ? undefined : BigInt.asUintN(64, left) >> right;
    default:
      return undefined;
  }
}

/** Comparison of two values that are already in one type. */
export function foldComparison(operator: BinaryOperator, left: bigint, right: bigint): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
