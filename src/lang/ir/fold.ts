/** Arithmetic of the target on constants, 64 bits wide. Constants are kept as signed 64-bit values. */
import type { BinaryOp, CompareOp } from './ir.ts';

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Undefined where the target's result must not be assumed (division by zero is the caller's to handle). */
export function foldBinary(operator: BinaryOp, left: bigint, right: bigint): bigint | undefined {
  switch (operator) {
    case 'add':
      return signed(left + right);
    case 'sub':
      return signed(left - right);
    case 'mul':
      return signed(left * right);
    case 'udiv':
      return right === 0n ? undefined : signed(unsigned(left) / unsigned(right));
    case 'umod':
      return right === 0n ? undefined : signed(unsigned(left) % unsigned(right));
    case 'sdiv':
      return right === 0n ? undefined : signed(signed(left) / signed(right));
    case 'smod':
      return right === 0n ? undefined : signed(signed(left) % signed(right));
    case 'and':
      return signed(left & right);
    case 'or':
      return signed(left | right);
    case 'xor':
      return signed(left ^ right);
    case 'shl':
      return signed(left << (right & 63n));
    case 'lshr':
      return signed(unsigned(left) >> (right & 63n));
    case 'ashr':
      return signed(signed(left) >> (right & 63n));
  }
}

export function foldCompare(operator: CompareOp, left: bigint, right: bigint): boolean {
  switch (operator) {
    case 'eq':
      return signed(left) === signed(right);
    case 'ne':
      return signed(left) !== signed(right);
    case 'ult':
      return unsigned(left) < unsigned(right);
    case 'ule':
      return unsigned(left) <= unsigned(right);
    case 'ugt':
      return unsigned(left) > unsigned(right);
    case 'uge':
      return unsigned(left) >= unsigned(right);
    case 'slt':
      return signed(left) < signed(right);
    case 'sle':
      return signed(left) <= signed(right);
    case 'sgt':
      return signed(left) > signed(right);
    case 'sge':
      return signed(left) >= signed(right);
    case 'set':
      return (left & right) !== 0n;
  }
}

export function foldExtend(value: bigint, sizeBytes: number, isSigned: boolean): bigint {
  return isSigned ? BigInt.asIntN(sizeBytes * 8, value) : BigInt.asUintN(sizeBytes * 8, value);
}
