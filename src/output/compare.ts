import type { ValueType } from '../spec/index.ts';
import { encodeText } from './byte-string.ts';
import { bufferBytes } from './value-text.ts';
import { readBits, readNumber, textEnd, type ValueBytes } from './value-reader.ts';

/**
 * The order in which keys are shown: numbers by their sign, false before true, strings bytewise, tuples, records
 * and arrays member by member.
 */
export function compareValues(type: ValueType, a: ValueBytes, aOffset: number, b: ValueBytes, bOffset: number): number {
  switch (type.kind) {
    case 'string':
      return compareBytes(stringBytes(a, aOffset, type.size), stringBytes(b, bOffset, type.size));
    case 'buffer':
      return compareBytes(bufferBytes(a, aOffset, type.size), bufferBytes(b, bOffset, type.size));
    case 'symbolic':
      return compareNames(type.names.get(readWord(a, aOffset)), type.names.get(readWord(b, bOffset)));
    case 'tuple':
      return firstDifference(type.elements, (element) =>
        compareValues(element.type, a, aOffset + element.offset, b, bOffset + element.offset),
      );
    case 'record':
      return firstDifference(type.fields, (field) =>
        field.bits === undefined
          ? compareValues(field.type, a, aOffset + field.offset, b, bOffset + field.offset)
          : compareNumbers(
              readBits(field, a.view, aOffset + field.offset),
              readBits(field, b.view, bOffset + field.offset),
            ),
      );
    case 'array':
      return firstDifference({ length: type.count }, (_, index) =>
        compareValues(type.element, a, aOffset + index * type.element.size, b, bOffset + index * type.element.size),
      );
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

function firstDifference<T>(items: ArrayLike<T>, compare: (item: T, index: number) => number): number {
  for (let index = 0; index < items.length; index++) {
    const order = compare(items[index] as T, index);
    if (order !== 0) return order;
  }
  return 0;
}
