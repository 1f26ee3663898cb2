/** Types that C, the kernel or debug information declare, as types of the language. */
import type { EnumType, Field, IntegerType, RecordType, Type } from './type.ts';

function wordSize(size: number): IntegerType['size'] {
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

/** Of any number of bytes. The only 128-bit integers of the language are pairs of words. */
export function integerOf(size: number, signed: boolean): Type {
  if (size === 16) return { kind: 'array', element: { kind: 'integer', size: 8, signed: false }, count: 2 };
  return { kind: 'integer', size: wordSize(size), signed };
}

interface DeclaredEnum {
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
}

/** Of constants with one value the first gives it its name. */
export function enumOf(
  { name, size, signed }: DeclaredEnum,
  values: Iterable<{ readonly name: string; readonly value: bigint }>,
): EnumType {
  const names = new Map<bigint, string>();
  for (const each of values) if (!names.has(each.value)) names.set(each.value, each.name);
  return { kind: 'enum', name, size: wordSize(size), signed, names };
}

/** Plain characters are a string. */
export function arrayOf(count: number, ofCharacters: boolean, element: () => Type): Type {
  if (ofCharacters && count > 0) return { kind: 'string', size: count, exact: true };
  return { kind: 'array', element: element(), count };
}

/** The fields are read when one is asked for. */
export function recordOf(
  { tag, name, size }: { readonly tag: 'struct' | 'union'; readonly name: string; readonly size: number },
  readFields: () => readonly Field[],
): RecordType {
  let fields: readonly Field[] | undefined;
  const all = (): readonly Field[] => (fields ??= readFields());
  return { kind: 'record', tag, name, sizeBytes: size, fields: all, field: (wanted) => findField(all(), wanted) };
}

/** Without bits it is no bit-field. */
export function fieldOf(
  {
    name,
    bitOffset,
    bitSize = 0,
  }: { readonly name: string; readonly bitOffset: number; readonly bitSize?: number | undefined },
  type: Type,
): Field {
  if (bitSize === 0) return { name, type, offset: bitOffset / 8 };
  return { name, ...placeBits(type, bitOffset, bitSize) };
}

/** The aligned integer that holds the bits; a wider, unaligned one for bits of a packed struct that cross its border. */
export function placeBits(type: Type, bitOffset: number, bitSize: number): Omit<Field, 'name'> {
  const size = type.kind === 'integer' || type.kind === 'enum' ? type.size : 1;
  const offset = Math.floor(bitOffset / (size * 8)) * size;
  const bits = { offset: bitOffset - offset * 8, size: bitSize };
  if (bits.offset + bitSize <= size * 8) return { type, offset, bits };
  const start = Math.floor(bitOffset / 8);
  const needed = Math.ceil((bitOffset - start * 8 + bitSize) / 8);
  const wide: Type = {
    kind: 'integer',
    size: ([1, 2, 4, 8] as const).find((bytes) => bytes >= needed) ?? 8,
    signed: 'signed' in type && type.signed,
  };
  return { type: wide, offset: start, bits: { offset: bitOffset - start * 8, size: bitSize } };
}

/** Named first, then inside anonymous members. */
export function findField(fields: readonly Field[], name: string): Field | undefined {
  for (const field of fields) {
    if (field.name === name && name !== '') return field;
  }
  for (const field of fields) {
    if (field.name !== '' || field.type.kind !== 'record') continue;
    const inner = field.type.field(name);
    if (inner !== undefined) return { ...inner, offset: field.offset + inner.offset };
  }
  return undefined;
}
