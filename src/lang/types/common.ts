/**
 * How types combine (spec T-10, T-18): the type that holds the values of two others. Literals have types of
 * their own kind, that bend to the type they meet; `withoutLiterals` turns them into plain ones.
 */
import { makeRecord } from './layout.ts';
import type { IntegerType, Type } from './type.ts';

/** Type of a literal or of what was folded from literals. A natural one bends to an unsigned type. */
export interface LiteralInteger extends IntegerType {
  readonly literal: 'natural' | 'negative';
}

const INT64_MAX = (1n << 63n) - 1n;

export function isLiteralType(type: Type): type is LiteralInteger {
  return type.kind === 'integer' && 'literal' in type;
}

export function isNatural(type: Type): boolean {
  return isLiteralType(type) && type.literal === 'natural';
}

/** The smallest signed type that holds the value; above the largest of them, uint64. */
export function literalType(value: bigint): LiteralInteger {
  const literal = value < 0n ? 'negative' : 'natural';
  if (value > INT64_MAX) return { kind: 'integer', size: 8, signed: false, literal };
  return { kind: 'integer', size: signedSize(value), signed: true, literal };
}

function signedSize(value: bigint): IntegerType['size'] {
  for (const size of [1, 2, 4] as const) if (BigInt.asIntN(size * 8, value) === value) return size;
  return 8;
}

/** The same type without the mark of a literal, also inside tuples and records. */
export function withoutLiterals(type: Type): Type {
  if (isLiteralType(type)) return { kind: 'integer', size: type.size, signed: type.signed };
  if (type.kind === 'tuple') return { kind: 'tuple', elements: type.elements.map(withoutLiterals) };
  if (type.kind === 'record' && type.tag === 'record') {
    return makeRecord(type.fields().map((field) => ({ name: field.name, type: withoutLiterals(field.type) })));
  }
  return type;
}

/** Equal in all that tells values apart; marks of literals, address spaces and fixed truncation of strings don't. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'integer':
      return b.kind === 'integer' && a.size === b.size && a.signed === b.signed;
    case 'string':
    case 'buffer':
      return 'size' in b && a.size === b.size;
    case 'pointer':
      return b.kind === 'pointer' && samePointee(a.to, b.to);
    case 'array':
      return b.kind === 'array' && a.count === b.count && sameType(a.element, b.element);
    case 'tuple':
      return (
        b.kind === 'tuple' &&
        a.elements.length === b.elements.length &&
        a.elements.every((element, index) => sameType(element, b.elements[index] as Type))
      );
    case 'record':
      return b.kind === 'record' && sameRecord(a, b);
    case 'enum':
      return b.kind === 'enum' && a.name === b.name && a.size === b.size;
    case 'stack':
      return (
        b.kind === 'stack' && a.space === b.space && a.mode === b.mode && a.limit === b.limit && a.unwound === b.unwound
      );
    case 'timestamp':
      return b.kind === 'timestamp' && a.format === b.format;
    case 'cgroupPath':
      return b.kind === 'cgroupPath' && a.filter === b.filter;
    case 'symbolic':
      return b.kind === 'symbolic' && a.names === b.names;
    default:
      return true;
  }
}

/** Whether types that are the same have the marks in common, too, that `sameType` leaves out. */
export function sameMarks(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind === 'integer')
    return (isLiteralType(a) ? a.literal : undefined) === (isLiteralType(b) ? b.literal : undefined);
  if (a.kind === 'string') return b.kind === 'string' && a.exact === b.exact;
  if (a.kind === 'pointer') return b.kind === 'pointer' && a.space === b.space && a.opaque === b.opaque;
  if (a.kind === 'tuple')
    return b.kind === 'tuple' && a.elements.every((element, index) => sameMarks(element, b.elements[index] as Type));
  if (a.kind === 'record' && a.tag === 'record' && b.kind === 'record') {
    const others = b.fields();
    return a.fields().every((field, index) => sameMarks(field.type, others[index]?.type as Type));
  }
  return true;
}

/** Pointers to structs are compared by name: two look-ups of one struct give two objects. */
function samePointee(a: Type, b: Type): boolean {
  if (a.kind === 'record' && b.kind === 'record' && a.name !== '') return a.tag === b.tag && a.name === b.name;
  return sameType(a, b);
}

function sameRecord(a: Type & { kind: 'record' }, b: Type & { kind: 'record' }): boolean {
  if (a.tag !== b.tag || a.sizeBytes !== b.sizeBytes || a.name !== b.name) return false;
  if (a.tag !== 'record' && a.name !== '') return true;
  const left = a.fields();
  const right = b.fields();
  return (
    left.length === right.length &&
    left.every((field, index) => {
      const other = right[index];
      return other !== undefined && field.name === other.name && sameType(field.type, other.type);
    })
  );
}

/** The type that holds values of both; undefined where there is none. */
export function commonType(a: Type, b: Type): Type | undefined {
  if (a.kind === 'integer' && b.kind === 'integer') return commonInteger(a, b);
  if (a.kind === 'string' && b.kind === 'string') return commonString(a, b);
  if (a.kind === 'buffer' && b.kind === 'buffer') return a.size >= b.size ? a : b;
  if (a.kind === 'tuple' && b.kind === 'tuple') return commonTuple(a, b);
  if (a.kind === 'record' && b.kind === 'record' && a.tag === 'record' && b.tag === 'record') return commonRecord(a, b);
  if (a.kind === 'pointer' && b.kind === 'pointer') return commonPointer(a, b);
  if (a.kind === 'symbolic' && b.kind === 'symbolic') {
    return a.names === b.names ? a : { kind: 'symbolic', names: new Map([...a.names, ...b.names]) };
  }
  if (a.kind === 'bool' && isNatural(b)) return undefined;
  if (a.kind === 'enum' && b.kind === 'integer')
    return commonInteger({ kind: 'integer', size: a.size, signed: a.signed }, b);
  if (a.kind === 'integer' && b.kind === 'enum')
    return commonInteger(a, { kind: 'integer', size: b.size, signed: b.signed });
  return sameType(a, b) ? a : undefined;
}

/** Same sign: the wider. Mixed: the signed one where strictly wider, else signed of twice the unsigned width, at most 64 bits. */
export function commonInteger(a: IntegerType, b: IntegerType): IntegerType {
  const size = Math.max(a.size, b.size) as IntegerType['size'];
  if (isLiteralType(a) && isLiteralType(b)) return commonLiteral(a, b, size);
  if (isNatural(a) && !b.signed) return { kind: 'integer', size, signed: false };
  if (isNatural(b) && !a.signed) return { kind: 'integer', size, signed: false };
  if (a.signed === b.signed) return { kind: 'integer', size, signed: a.signed };
  const signed = a.signed ? a : b;
  const unsigned = a.signed ? b : a;
  if (signed.size > unsigned.size) return { kind: 'integer', size: signed.size, signed: true };
  return { kind: 'integer', size: Math.min(8, unsigned.size * 2) as IntegerType['size'], signed: true };
}

function commonLiteral(a: LiteralInteger, b: LiteralInteger, size: IntegerType['size']): IntegerType {
  const natural = a.literal === 'natural' && b.literal === 'natural';
  const signed = natural ? a.signed && b.signed : true;
  const type: LiteralInteger = { kind: 'integer', size, signed, literal: natural ? 'natural' : 'negative' };
  return type;
}

function commonString(a: Type & { kind: 'string' }, b: Type & { kind: 'string' }): Type {
  const size = Math.max(a.size, b.size);
  // A char[N] fits into a larger string together with a NUL; a shorter string in a char[N] has its own.
  const exact = [a, b].some((type) => type.size === size && type.exact === true);
  return exact ? { kind: 'string', size, exact } : { kind: 'string', size };
}

function commonTuple(a: Type & { kind: 'tuple' }, b: Type & { kind: 'tuple' }): Type | undefined {
  if (a.elements.length !== b.elements.length) return undefined;
  const elements = a.elements.map((element, index) => commonType(element, b.elements[index] as Type));
  return elements.every((element) => element !== undefined) ? { kind: 'tuple', elements } : undefined;
}

/** The same names in any order; the first one's order stays. */
function commonRecord(a: Type & { kind: 'record' }, b: Type & { kind: 'record' }): Type | undefined {
  const members: { name: string; type: Type }[] = [];
  if (a.fields().length !== b.fields().length) return undefined;
  for (const field of a.fields()) {
    const other = b.field(field.name);
    const type = other === undefined ? undefined : commonType(field.type, other.type);
    if (type === undefined) return undefined;
    members.push({ name: field.name, type });
  }
  return makeRecord(members);
}

function commonPointer(a: Type & { kind: 'pointer' }, b: Type & { kind: 'pointer' }): Type | undefined {
  if (!samePointee(a.to, b.to)) return undefined;
  return a.space === 'none' ? b : a;
}

/** Can be the condition of if, ?:, &&, || and !. */
export function isCondition(type: Type): boolean {
  return type.kind === 'integer' || type.kind === 'bool' || type.kind === 'pointer' || type.kind === 'enum';
}

/** A type's values are numbers for operators. */
export function isNumber(type: Type): boolean {
  return type.kind === 'integer' || type.kind === 'bool' || type.kind === 'enum';
}
