/** Types of debug information as types of the language. */
import type { DebugMember, DebugType } from '../../debug-types.ts';
import { findField, placeBits, type Field, type IntegerType, type RecordType, type Type } from '../../types/index.ts';

/** Pointers point into user memory; records are converted when their members are asked for. */
export function typeFromDebug(type: DebugType): Type {
  switch (type.kind) {
    case 'void':
      return { kind: 'void' };
    case 'integer':
      return type.size === 16
        ? { kind: 'array', element: { kind: 'integer', size: 8, signed: false }, count: 2 }
        : { kind: 'integer', size: wordSize(type.size), signed: type.signed };
    case 'bool':
      return { kind: 'bool' };
    case 'float':
      return { kind: 'none' };
    case 'pointer':
      return pointer(type);
    case 'array':
      return array(type);
    case 'record':
      return record(type);
    case 'enum':
      return type.name === ''
        ? { kind: 'integer', size: wordSize(type.size), signed: type.signed }
        : { kind: 'enum', name: type.name, size: wordSize(type.size), signed: type.signed, names: type.names };
    case 'unknown':
      return { kind: 'none' };
  }
}

function wordSize(size: number): IntegerType['size'] {
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

/** What it points to is looked at only when it is read through: lists lead back to themselves. */
function pointer(type: DebugType & { readonly kind: 'pointer' }): Type {
  let to: Type | undefined;
  return {
    kind: 'pointer',
    space: 'user',
    get to() {
      return (to ??= typeFromDebug(type.to()));
    },
  };
}

function array({ element, count }: DebugType & { readonly kind: 'array' }): Type {
  if (element.kind === 'integer' && element.isChar && count > 0) return { kind: 'string', size: count, exact: true };
  return { kind: 'array', element: typeFromDebug(element), count };
}

function record(type: DebugType & { readonly kind: 'record' }): RecordType {
  let fields: readonly Field[] | undefined;
  const all = (): readonly Field[] => (fields ??= type.members().map(fieldOf));
  return {
    kind: 'record',
    tag: type.tag,
    name: type.name,
    sizeBytes: type.size,
    fields: all,
    field: (name) => findField(all(), name),
  };
}

function fieldOf(member: DebugMember): Field {
  const type = typeFromDebug(member.type);
  if (member.bitSize === 0) return { name: member.name, type, offset: member.bitOffset / 8 };
  return { name: member.name, ...placeBits(type, member.bitOffset, member.bitSize) };
}
