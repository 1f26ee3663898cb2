/** Types of C as types of scripts. */
import type { Btf } from '../../btf/index.ts';
import { arrayOf, enumOf, fieldOf, findTaggedType, integerOf, recordOf } from '../types/index.ts';
import type { EnumType, RecordType, Type } from '../types/index.ts';
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
    return enumOf(type, type.values ?? []);
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
        return type.name === '' ? integerOf(type.size, type.signed) : this.convertEnum(type);
      case 'record':
        return type.members === undefined ? this.#declared(type) : this.#convertRecord(type, type.members);
    }
  }

  #convertArray(element: CType, count: number): Type {
    const plain = element.kind === 'aligned' ? element.type : element;
    const isText = plain.kind === 'integer' && plain.is === 'char';
    return arrayOf(count, isText, () => this.convert(element));
  }

  /** What C only declares may be defined by the kernel. */
  #declared({ tag, name }: CRecord): Type {
    const found = this.#btf === undefined ? undefined : findTaggedType(this.#btf, tag, name);
    return found ?? recordOf({ tag, name, size: 0 }, () => []);
  }

  #convertRecord(type: CRecord, members: readonly CMember[]): RecordType {
    return recordOf(type, () => members.map((member) => fieldOf(member, this.convert(member.type))));
  }
}

function convertInteger(type: CInteger): Type {
  if (type.is === 'bool') return { kind: 'bool' };
  return integerOf(type.size, type.signed);
}
