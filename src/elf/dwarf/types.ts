/** Types that debug information describes, as plain data; what is inside of records is read when it is asked for. */
import { FormatError } from '../../base/index.ts';
import type { DebugMember, DebugRecord, DebugType } from '../../spec/index.ts';
import { Attribute, Encoding, PASS_BY_REFERENCE, Tag } from './constants.ts';
import { type Entry, numberOf, type Reference, textOf } from './unit.ts';

/** The entry that one of an entry's attributes names; undefined: it is in a file that isn't here. */
export type FindEntry = (from: Entry, reference: Reference) => Entry | undefined;

/** Qualifiers and typedefs around a type; more are taken for damage, and may go in a circle. */
const deepestType = 100;
const mostMembers = 100_000;

/** The type that an attribute of the entry names; void where there is none. */
export function typeOf(entry: Entry, find: FindEntry, depth = 0): DebugType {
  if (!entry.attributes.has(Attribute.Type)) return { kind: 'void' };
  const target = typeEntry(entry, find);
  return target === undefined ? { kind: 'unknown', size: 0 } : convert(target, find, depth);
}

function typeEntry(entry: Entry, find: FindEntry): Entry | undefined {
  const reference = entry.attributes.get(Attribute.Type);
  return reference?.kind === 'reference' ? find(entry, reference) : undefined;
}

function convert(entry: Entry, find: FindEntry, depth: number): DebugType {
  if (depth > deepestType) throw new FormatError('.debug_info', entry.offset, 'a type that does not end');
  const size = numberOf(entry, Attribute.ByteSize) ?? 0;
  switch (entry.tag) {
    case Tag.BaseType:
      return baseType(entry, size);
    case Tag.PointerType:
    case Tag.ReferenceType:
    case Tag.RvalueReferenceType:
      return { kind: 'pointer', size: size || entry.unit.addressSize, to: () => typeOf(entry, find) };
    case Tag.Typedef:
    case Tag.ConstType:
    case Tag.VolatileType:
    case Tag.RestrictType:
    case Tag.AtomicType:
    case Tag.ImmutableType:
      return typeOf(entry, find, depth + 1);
    case Tag.StructureType:
    case Tag.ClassType:
    case Tag.UnionType:
      return record(entry, find, size);
    case Tag.EnumerationType:
      return enumeration(entry, find, size, depth);
    case Tag.ArrayType:
      return array(entry, find, depth);
    default:
      return { kind: 'unknown', size };
  }
}

function baseType(entry: Entry, size: number): DebugType {
  switch (numberOf(entry, Attribute.Encoding)) {
    case Encoding.Boolean:
      return { kind: 'bool', size };
    case Encoding.Float:
      return { kind: 'float', size };
    case Encoding.Signed:
      return { kind: 'integer', size, signed: true, isChar: false };
    case Encoding.SignedChar:
      return { kind: 'integer', size, signed: true, isChar: true };
    case Encoding.UnsignedChar:
      // Plain char, where it has no sign (arm64), has this name; unsigned char is a number.
      return { kind: 'integer', size, signed: false, isChar: textOf(entry, Attribute.Name) === 'char' };
    case Encoding.Unsigned:
    case Encoding.Utf:
      return { kind: 'integer', size, signed: false, isChar: false };
    default:
      return { kind: 'unknown', size };
  }
}

/** A declaration alone has nothing inside. */
function record(entry: Entry, find: FindEntry, size: number): DebugRecord {
  let members: readonly DebugMember[] | undefined;
  return {
    kind: 'record',
    tag: entry.tag === Tag.UnionType ? 'union' : 'struct',
    name: textOf(entry, Attribute.Name) ?? '',
    size,
    isPassedByReference: numberOf(entry, Attribute.CallingConvention) === PASS_BY_REFERENCE,
    members: () => (members ??= readMembers(entry, find)),
  };
}

function readMembers(entry: Entry, find: FindEntry): DebugMember[] {
  const members: DebugMember[] = [];
  for (const child of entry.unit.children(entry)) {
    if (child.tag !== Tag.Member && child.tag !== Tag.Inheritance) continue;
    const location = child.attributes.get(Attribute.MemberLocation);
    const isUnion = entry.tag === Tag.UnionType;
    // Static members of classes have no place; virtual bases have one that must be computed.
    const hasPlace = location !== undefined || child.attributes.has(Attribute.DataBitOffset) || isUnion;
    if (!hasPlace || child.attributes.has(Attribute.Declaration)) continue;
    if (location !== undefined && location.kind !== 'number') continue;
    if (members.length >= mostMembers) throw new FormatError('.debug_info', child.offset, 'too many members');
    const name = child.tag === Tag.Inheritance ? '' : (textOf(child, Attribute.Name) ?? '');
    members.push({ name, type: typeOf(child, find), ...placeOf(child, Number(location?.value ?? 0n), find) });
  }
  return members;
}

/** DWARF 3 counts the bits of a little-endian bit-field from the far end of the integer that holds them. */
function placeOf(
  member: Entry,
  bytes: number,
  find: FindEntry,
): { readonly bitOffset: number; readonly bitSize: number } {
  const bitSize = numberOf(member, Attribute.BitSize) ?? 0;
  const direct = numberOf(member, Attribute.DataBitOffset);
  if (direct !== undefined) return { bitOffset: direct, bitSize };
  const fromEnd = numberOf(member, Attribute.BitOffset);
  if (bitSize === 0 || fromEnd === undefined) return { bitOffset: bytes * 8, bitSize };
  const holder = numberOf(member, Attribute.ByteSize) ?? sizeOfType(typeOf(member, find));
  return { bitOffset: bytes * 8 + holder * 8 - fromEnd - bitSize, bitSize };
}

function enumeration(entry: Entry, find: FindEntry, size: number, depth: number): DebugType {
  const names = new Map<bigint, string>();
  let isNegative = false;
  for (const child of entry.unit.children(entry)) {
    if (child.tag !== Tag.Enumerator || names.size >= mostMembers) continue;
    const value = child.attributes.get(Attribute.ConstValue);
    if (value?.kind !== 'number') continue;
    isNegative ||= value.value < 0n;
    if (!names.has(value.value)) names.set(value.value, textOf(child, Attribute.Name) ?? '');
  }
  const holder = typeOf(entry, find, depth + 1);
  const signed = isNegative || (holder.kind === 'integer' && holder.signed);
  return { kind: 'enum', name: textOf(entry, Attribute.Name) ?? '', size: size || sizeOfType(holder), signed, names };
}

/** `int a[2][3]` is an array of two arrays of three. */
function array(entry: Entry, find: FindEntry, depth: number): DebugType {
  const counts: number[] = [];
  for (const child of entry.unit.children(entry)) {
    if (child.tag !== Tag.SubrangeType || counts.length >= 8) continue;
    const count = numberOf(child, Attribute.Count);
    const last = numberOf(child, Attribute.UpperBound);
    // GCC says -1 of an array without a size.
    const found = count ?? (last === undefined ? 0 : last + 1);
    counts.push(Number.isSafeInteger(found) && found >= 0 && found < 2 ** 31 ? found : 0);
  }
  const element = typeOf(entry, find, depth + 1);
  return counts.reduceRight<DebugType>((inner, count) => ({ kind: 'array', element: inner, count }), element);
}

export function sizeOfType(type: DebugType): number {
  if (type.kind === 'array') return type.count * sizeOfType(type.element);
  return type.kind === 'void' ? 0 : type.size;
}

/** As in C, but a pointer's star stands at its type: `struct SS* p`. */
function printDebugType(entry: Entry, find: FindEntry, depth: number): string {
  if (depth > deepestType) throw new FormatError('.debug_info', entry.offset, 'a type that does not end');
  const inner = (): string => typeTextOf(entry, find, depth + 1);
  const name = textOf(entry, Attribute.Name);
  switch (entry.tag) {
    case Tag.PointerType:
      return `${inner()}*`;
    case Tag.ReferenceType:
      return `${inner()}&`;
    case Tag.RvalueReferenceType:
      return `${inner()}&&`;
    case Tag.ConstType:
      return qualified('const', inner());
    case Tag.VolatileType:
      return qualified('volatile', inner());
    case Tag.RestrictType:
      return `${inner()} restrict`;
    case Tag.StructureType:
    case Tag.ClassType:
      return `struct ${name ?? '(anonymous)'}`;
    case Tag.UnionType:
      return `union ${name ?? '(anonymous)'}`;
    case Tag.EnumerationType:
      return `enum ${name ?? '(anonymous)'}`;
    case Tag.ArrayType: {
      const type = convert(entry, find, depth);
      const counts: number[] = [];
      for (let each = type; each.kind === 'array'; each = each.element) counts.push(each.count);
      return `${inner()}${counts.map((count) => `[${count}]`).join('')}`;
    }
    case Tag.SubroutineType:
      return '(function)';
    default:
      return name ?? '(unknown)';
  }
}

/** A pointer that is const itself has the word behind it. */
function qualified(word: string, type: string): string {
  return type.endsWith('*') ? `${type} ${word}` : `${word} ${type}`;
}

export function typeTextOf(entry: Entry, find: FindEntry, depth = 0): string {
  if (!entry.attributes.has(Attribute.Type)) return 'void';
  const target = typeEntry(entry, find);
  return target === undefined ? '(unknown)' : printDebugType(target, find, depth);
}
