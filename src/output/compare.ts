import type { NamedValueField, ValueType } from '../spec/index.ts';
import { encodeText } from './byte-string.ts';
import { bufferBytes } from './value-text.ts';
import { readBits, readNumber, textEnd, type ValueBytes } from './value-reader.ts';

/**
 * The order in which keys are shown: numbers by their sign, false before true, strings bytewise, tuples, records
 * and arrays member by member.
 */
export function compareValues(type: ValueType, a: ValueBytes, aOffset: number, b: ValueBytes, bOffset: number): number {
  switch (type.kind) {
    case 'integer':
    case 'enum':
      return compareIntegers(type.size, type.signed, a.view, aOffset, b.view, bOffset);
    case 'string':
      return compareBytes(stringBytes(a, aOffset, type.size), stringBytes(b, bOffset, type.size));
    case 'buffer':
      return compareBytes(bufferBytes(a, aOffset, type.size), bufferBytes(b, bOffset, type.size));
    case 'symbolic':
      return compareNames(type.names.get(readWord(a, aOffset)), type.names.get(readWord(b, bOffset)));
    case 'tuple':
      for (const element of type.elements) {
        const order = compareValues(element.type, a, aOffset + element.offset, b, bOffset + element.offset);
        if (order !== 0) return order;
      }
      return 0;
    case 'record':
      for (const field of type.fields) {
        const order = compareFields(field, a, aOffset + field.offset, b, bOffset + field.offset);
        if (order !== 0) return order;
      }
      return 0;
    case 'array':
      for (let at = 0; at < type.count * type.element.size; at += type.element.size) {
        const order = compareValues(type.element, a, aOffset + at, b, bOffset + at);
        if (order !== 0) return order;
      }
      return 0;
    default:
      return compareWords(type, a, aOffset, b, bOffset);
  }
}

/** Names stand for texts of the script, and so come in their order. */
function compareNames(a = '', b = ''): number {
  const [left, right] = [encodeText(a), encodeText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function readWord({ view }: ValueBytes, offset: number): bigint {
  return view.getBigUint64(offset, true);
}

function compareFields(field: NamedValueField, a: ValueBytes, aOffset: number, b: ValueBytes, bOffset: number): number {
  if (field.bits === undefined) return compareValues(field.type, a, aOffset, b, bOffset);
  return compareNumbers(readBits(field, a.view, aOffset), readBits(field, b.view, bOffset));
}

/** In halves of 32 bits, as large maps are many comparisons and BigInts slow. */
function compareIntegers(
  size: number,
  signed: boolean,
  a: DataView,
  aOffset: number,
  b: DataView,
  bOffset: number,
): number {
  switch (size) {
    case 1:
      return signed ? a.getInt8(aOffset) - b.getInt8(bOffset) : a.getUint8(aOffset) - b.getUint8(bOffset);
    case 2:
      return signed
        ? a.getInt16(aOffset, true) - b.getInt16(bOffset, true)
        : a.getUint16(aOffset, true) - b.getUint16(bOffset, true);
    case 4:
      return signed
        ? a.getInt32(aOffset, true) - b.getInt32(bOffset, true)
        : a.getUint32(aOffset, true) - b.getUint32(bOffset, true);
    default: {
      const high = signed
        ? a.getInt32(aOffset + 4, true) - b.getInt32(bOffset + 4, true)
        : a.getUint32(aOffset + 4, true) - b.getUint32(bOffset + 4, true);
      return high === 0 ? a.getUint32(aOffset, true) - b.getUint32(bOffset, true) : high;
    }
  }
}

export function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareWords(type: ValueType, a: ValueBytes, aOffset: number, b: ValueBytes, bOffset: number): number {
  const left = readNumber(type, a.view, aOffset);
  const right = readNumber(type, b.view, bOffset);
  if (left !== undefined && right !== undefined) {
    if (left !== right || type.size <= 8) return compareNumbers(left, right);
  }
  return compareBytes(a.bytes.subarray(aOffset, aOffset + type.size), b.bytes.subarray(bOffset, bOffset + type.size));
}

function stringBytes({ bytes }: ValueBytes, offset: number, size: number): Uint8Array {
  return bytes.subarray(offset, textEnd(bytes, offset, offset + size));
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
