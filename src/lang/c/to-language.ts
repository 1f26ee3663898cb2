/** Types of C as types of scripts. */
import type { Btf } from '../../btf/index.ts';
import { findField, findTaggedType, placeBits } from '../types/index.ts';
import type { EnumType, Field, IntegerType, RecordType, Type } from '../types/index.ts';
import type { CEnum, CInteger, CMember, CRecord, CType } from './types.ts';

export class LanguageTypes {
  readonly #btf: Btf | undefined;
  readonly #known = new Map<CType, Type>();

  constructor(btf: Btf | undefined) {
    this.#btf = btf;
  }

  convert(type: CType): Type {
    let known = this.#known.get(type);
    if (known === undefined) this.#known.set(type, (known = this.#convert(type)));
    return known;
  }

  /** An enum's constants have its type also where it has no name. */
  convertEnum(type: CEnum): EnumType {
    const names = new Map<bigint, string>();
    for (const { name, value } of type.values ?? []) if (!names.has(value)) names.set(value, name);
    return { kind: 'enum', name: type.name, size: wordSize(type.size), signed: type.signed, names };
  }

  #convert(type: CType): Type {
    switch (type.kind) {
      case 'void':
      case 'function':
        return { kind: 'void' };
      case 'float':
        return { kind: 'none' };
      case 'integer':
        return convertInteger(type);
      case 'pointer':
        return { kind: 'pointer', to: this.convert(type.to), space: type.user ? 'user' : 'none' };
      case 'array':
        return this.#convertArray(type.element, type.count ?? 0);
      case 'aligned':
        return this.convert(type.type);
      case 'kernel':
        return type.type;
      case 'enum':
        // The members of an anonymous enum are plain numbers to a reader.
        return type.name === ''
          ? { kind: 'integer', size: wordSize(type.size), signed: type.signed }
          : this.convertEnum(type);
      case 'record':
        return type.members === undefined ? this.#declared(type) : this.#convertRecord(type, type.members);
    }
  }

  #convertArray(element: CType, count: number): Type {
    const plain = element.kind === 'aligned' ? element.type : element;
    if (count > 0 && plain.kind === 'integer' && plain.is === 'char')
      return { kind: 'string', size: count, exact: true };
    return { kind: 'array', element: this.convert(element), count };
  }

  /** What C only declares may be defined by the kernel. */
  #declared({ tag, name }: CRecord): Type {
    const found = this.#btf === undefined ? undefined : findTaggedType(this.#btf, tag, name);
    return found ?? { kind: 'record', tag, name, sizeBytes: 0, fields: () => [], field: () => undefined };
  }

  #convertRecord(type: CRecord, members: readonly CMember[]): RecordType {
    let fields: readonly Field[] | undefined;
    const all = () => (fields ??= members.map((member) => this.#convertMember(member)));
    return {
      kind: 'record',
      tag: type.tag,
      name: type.name,
      sizeBytes: type.size,
      fields: all,
      field: (name) => findField(all(), name),
    };
  }

  #convertMember({ name, type, bitOffset, bitSize }: CMember): Field {
    const converted = this.convert(type);
    if (bitSize === undefined) return { name, type: converted, offset: bitOffset / 8 };
    return { name, ...placeBits(converted, bitOffset, bitSize) };
  }
}

function convertInteger(type: CInteger): Type {
  if (type.is === 'bool') return { kind: 'bool' };
  // The only 128-bit integers of the language are pairs of words.
  if (type.size === 16) return { kind: 'array', element: { kind: 'integer', size: 8, signed: false }, count: 2 };
  return { kind: 'integer', size: wordSize(type.size), signed: type.signed };
}

function wordSize(size: number): IntegerType['size'] {
  return size === 1 || size === 2 || size === 4 ? size : 8;
}
