/**
 * Kernel types as types of the language. Pointers get no address space here unless BTF tags them `__user`: a
 * pointer is of the memory that it is read from, which only its reader knows.
 */
import { skipModifiers, type Btf, type BtfType, type Member } from '../../btf/index.ts';
import type { EnumType, Field, IntegerType, RecordType, Type } from './type.ts';

const caches = new WeakMap<Btf, Map<number, Type>>();

/** The type with this id. Types without numbers of the language (floats, functions) give `none` or `void`. */
export function typeFromBtf(btf: Btf, id: number): Type {
  let cache = caches.get(btf);
  if (cache === undefined) caches.set(btf, (cache = new Map()));
  const known = cache.get(id);
  if (known !== undefined) return known;
  const type = convert(btf, btf.type(id));
  cache.set(id, type);
  return type;
}

/** A struct, union or enum by name; undefined where the kernel has none or only declares it. */
export function findTaggedType(btf: Btf, tag: 'struct' | 'union' | 'enum', name: string): Type | undefined {
  const found = btf.find(name, tag);
  return found === undefined ? undefined : typeFromBtf(btf, found.id);
}

/** A typedef or plain type by name: `size_t`, `pid_t`, `unsigned int`. */
export function findNamedType(btf: Btf, name: string): Type | undefined {
  const found = btf.find(name, 'typedef') ?? btf.find(name, 'int');
  return found === undefined ? undefined : typeFromBtf(btf, found.id);
}

/** A constant of any enum. */
export function findEnumerator(btf: Btf, name: string): { readonly type: Type; readonly value: bigint } | undefined {
  const found = btf.findEnumerator(name);
  return found === undefined ? undefined : { type: namedEnum(found.type), value: found.value };
}

function convert(btf: Btf, type: BtfType): Type {
  switch (type.kind) {
    case 'int':
      return convertInteger(type);
    case 'enum':
      // The members of an anonymous enum are plain numbers to a reader.
      return type.name === '' ? { kind: 'integer', size: wordSize(type.size), signed: type.signed } : namedEnum(type);
    case 'pointer':
      return convertPointer(btf, type.typeId);
    case 'array':
      return convertArray(btf, type.typeId, type.count);
    case 'struct':
    case 'union':
      return convertRecord(btf, type);
    case 'fwd':
      return declaredRecord(btf, type.union ? 'union' : 'struct', type.name);
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'typeTag':
      return typeFromBtf(btf, type.typeId);
    case 'float':
      return { kind: 'none' };
    default:
      return { kind: 'void' };
  }
}

function convertInteger(type: BtfType & { kind: 'int' }): Type {
  if (type.bool) return { kind: 'bool' };
  // The only 128-bit integers of the language are pairs of words.
  if (type.size === 16) return { kind: 'array', element: { kind: 'integer', size: 8, signed: false }, count: 2 };
  return { kind: 'integer', size: wordSize(type.size), signed: type.signed || type.name === 'char' };
}

function wordSize(size: number): IntegerType['size'] {
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

function namedEnum(type: BtfType & { kind: 'enum' }): EnumType {
  const names = new Map<bigint, string>();
  for (const { name, value } of type.values) if (!names.has(value)) names.set(value, name);
  return { kind: 'enum', name: type.name, size: wordSize(type.size), signed: type.signed, names };
}

/** Chains of pointers end quickly, and records are lazy: no cycle can be met here. */
function convertPointer(btf: Btf, target: number): Type {
  const tags = tagsOf(btf, target);
  const isOpaque = tags.includes('percpu') || skipModifiers(btf, target).kind === 'fwd';
  return {
    kind: 'pointer',
    to: typeFromBtf(btf, target),
    space: tags.includes('user') ? 'user' : 'none',
    ...(isOpaque ? { opaque: true } : {}),
  };
}

function tagsOf(btf: Btf, target: number): readonly string[] {
  const tags: string[] = [];
  for (let type = btf.type(target); 'typeId' in type; type = btf.type(type.typeId)) {
    if (type.kind === 'typeTag') tags.push(type.name);
    else if (type.kind !== 'const' && type.kind !== 'volatile') break;
  }
  return tags;
}

function convertArray(btf: Btf, elementId: number, count: number): Type {
  if (count > 0 && isPlainChar(btf, elementId)) return { kind: 'string', size: count, exact: true };
  return { kind: 'array', element: typeFromBtf(btf, elementId), count };
}

function isPlainChar(btf: Btf, id: number): boolean {
  let type = btf.type(id);
  while (type.kind === 'const' || type.kind === 'volatile' || type.kind === 'typedef') type = btf.type(type.typeId);
  return type.kind === 'int' && type.size === 1 && type.name === 'char';
}

/** What is only declared here may be defined elsewhere in the same BTF. */
function declaredRecord(btf: Btf, tag: 'struct' | 'union', name: string): Type {
  const defined = btf.find(name, tag);
  if (defined !== undefined) return typeFromBtf(btf, defined.id);
  return { kind: 'record', tag, name, sizeBytes: 0, fields: () => [], field: () => undefined };
}

function convertRecord(btf: Btf, type: BtfType & { kind: 'struct' | 'union' }): RecordType {
  let fields: readonly Field[] | undefined;
  const all = () => (fields ??= type.members.map((member) => convertMember(btf, member)));
  return {
    kind: 'record',
    tag: type.kind,
    name: type.name,
    sizeBytes: type.size,
    fields: all,
    field: (name) => findField(all(), name),
  };
}

function convertMember(btf: Btf, member: Member): Field {
  const type = typeFromBtf(btf, member.typeId);
  if (member.bitSize === 0) return { name: member.name, type, offset: member.bitOffset / 8 };
  return { name: member.name, ...placeBits(type, member.bitOffset, member.bitSize) };
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
