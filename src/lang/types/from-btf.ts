/**
 * Kernel types as types of the language. Pointers get no address space here unless BTF tags them `__user`: a
 * pointer is of the memory that it is read from, which only its reader knows.
 */
import { skipModifiers, type Btf, type BtfType } from '../../btf/index.ts';
import { arrayOf, enumOf, fieldOf, integerOf, recordOf } from './declared.ts';
import type { EnumType, RecordType, Type } from './type.ts';

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
      return type.name === '' ? integerOf(type.size, type.signed) : namedEnum(type);
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
  return integerOf(type.size, type.signed || type.name === 'char');
}

function namedEnum(type: BtfType & { kind: 'enum' }): EnumType {
  return enumOf(type, type.values);
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
  return arrayOf(count, isPlainChar(btf, elementId), () => typeFromBtf(btf, elementId));
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
  return recordOf({ tag, name, size: 0 }, () => []);
}

function convertRecord(btf: Btf, type: BtfType & { kind: 'struct' | 'union' }): RecordType {
  return recordOf({ tag: type.kind, name: type.name, size: type.size }, () =>
    type.members.map((member) => fieldOf(member, typeFromBtf(btf, member.typeId))),
  );
}
