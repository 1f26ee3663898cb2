import { BugError } from '../base/index.ts';
import { IntEncoding, Kind, MAGIC } from './types.ts';
import type { BtfType, EnumType, IntType } from './types.ts';

type WithoutId<T> = T extends BtfType ? Omit<T, 'id'> : never;
/** A type that has no id yet. */
export type NewBtfType = WithoutId<Exclude<BtfType, { kind: 'void' }>>;

const KIND_NUMBER = {
  int: Kind.INT,
  pointer: Kind.PTR,
  array: Kind.ARRAY,
  struct: Kind.STRUCT,
  union: Kind.UNION,
  enum: Kind.ENUM,
  fwd: Kind.FWD,
  typedef: Kind.TYPEDEF,
  volatile: Kind.VOLATILE,
  const: Kind.CONST,
  restrict: Kind.RESTRICT,
  func: Kind.FUNC,
  funcProto: Kind.FUNC_PROTO,
  var: Kind.VAR,
  datasec: Kind.DATASEC,
  float: Kind.FLOAT,
  declTag: Kind.DECL_TAG,
  typeTag: Kind.TYPE_TAG,
} as const;

/**
 * Makes BTF. Ids count from 1 in the order of the calls; a type may name ids that are still to come
 * (`nextId` tells the next one), as a struct that points to itself must.
 */
export class BtfBuilder {
  readonly #types: NewBtfType[] = [];

  /** The id that the next type will get. */
  get nextId(): number {
    return this.#types.length + 1;
  }

  /** Adds a type and returns its id. */
  add(type: NewBtfType): number {
    this.#types.push(type);
    return this.#types.length;
  }

  int(name: string, size: number, options: Partial<Pick<IntType, 'signed' | 'char' | 'bool' | 'bits'>> = {}): number {
    const { signed = false, char = false, bool = false, bits = size * 8 } = options;
    return this.add({ kind: 'int', name, size, bits, bitOffset: 0, signed, char, bool });
  }

  pointer(typeId: number): number {
    return this.add({ kind: 'pointer', name: '', typeId });
  }

  array(typeId: number, count: number, indexTypeId: number): number {
    return this.add({ kind: 'array', name: '', typeId, count, indexTypeId });
  }

  /** Members are [name, type, offset in bits, size of a bit-field in bits]. */
  struct(
    name: string,
    size: number,
    members: readonly (readonly [name: string, typeId: number, bitOffset: number, bitSize?: number])[],
  ): number {
    return this.add({
      kind: 'struct',
      name,
      size,
      members: members.map(([member, typeId, bitOffset, bitSize = 0]) => ({
        name: member,
        typeId,
        bitOffset,
        bitSize,
      })),
    });
  }

  typedef(name: string, typeId: number): number {
    return this.add({ kind: 'typedef', name, typeId });
  }

  /** The prototype and the function. */
  func(
    name: string,
    returns: number,
    parameters: readonly (readonly [name: string, typeId: number])[],
    linkage = 1,
  ): number {
    const typeId = this.add({
      kind: 'funcProto',
      name: '',
      typeId: returns,
      parameters: parameters.map(([parameter, id]) => ({ name: parameter, typeId: id })),
      variadic: false,
    });
    return this.add({ kind: 'func', name, typeId, linkage });
  }

  /** The bytes, as `bpf(BTF_LOAD)` wants them. Throws BugError for what the encoding can't hold. */
  encode({ littleEndian = true }: { readonly littleEndian?: boolean } = {}): Uint8Array {
    const strings = new StringTable();
    const words: number[] = [];
    for (const type of this.#types) encodeType(type, strings, words);
    return assemble(words, strings.bytes(), littleEndian);
  }
}

function assemble(words: readonly number[], strings: Uint8Array, littleEndian: boolean): Uint8Array {
  const headerLength = 24;
  const bytes = new Uint8Array(headerLength + words.length * 4 + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, littleEndian);
  view.setUint8(2, 1);
  const header = [headerLength, 0, words.length * 4, words.length * 4, strings.length];
  for (const [i, word] of header.entries()) view.setUint32(4 + i * 4, word, littleEndian);
  for (const [i, word] of words.entries()) view.setUint32(headerLength + i * 4, word, littleEndian);
  bytes.set(strings, headerLength + words.length * 4);
  return bytes;
}

class StringTable {
  readonly #offsets = new Map<string, number>([['', 0]]);
  readonly #chunks: Uint8Array[] = [new Uint8Array(1)];
  #length = 1;

  add(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      offset = this.#length;
      const chunk = new TextEncoder().encode(`${text}\0`);
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#offsets.set(text, offset);
    }
    return offset;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}

function encodeType(type: NewBtfType, strings: StringTable, words: number[]): void {
  const push = (...more: number[]): void => {
    for (const word of more) words.push(word >>> 0);
  };
  const head = (kind: number, vlen: number, flag: boolean, sizeOrType: number) => {
    if (vlen > 0xffff) throw new BugError(`BTF can't hold ${vlen} members of '${type.name}'`);
    push(strings.add(type.name), (flag ? 0x80000000 : 0) | (kind << 24) | vlen, sizeOrType);
  };
  const kind = KIND_NUMBER[type.kind];
  switch (type.kind) {
    case 'int':
      head(kind, 0, false, type.size);
      return push(intData(type));
    case 'float':
      return head(kind, 0, false, type.size);
    case 'array':
      head(kind, 0, false, 0);
      return push(type.typeId, type.indexTypeId, type.count);
    case 'struct':
    case 'union': {
      const hasBitSizes = type.members.some((member) => member.bitSize !== 0);
      head(kind, type.members.length, hasBitSizes, type.size);
      for (const { name, typeId, bitOffset, bitSize } of type.members) {
        if (hasBitSizes && bitOffset > 0xffffff)
          throw new BugError(`BTF can't hold a bit-field so far inside '${type.name}'`);
        push(strings.add(name), typeId, bitOffset | (bitSize << 24));
      }
      return;
    }
    case 'enum':
      return encodeEnum(type, strings, head, push);
    case 'fwd':
      return head(kind, 0, type.union, 0);
    case 'func':
      return head(kind, type.linkage, false, type.typeId);
    case 'funcProto': {
      const parameters = type.variadic ? [...type.parameters, { name: '', typeId: 0 }] : type.parameters;
      head(kind, parameters.length, false, type.typeId);
      for (const { name, typeId } of parameters) push(strings.add(name), typeId);
      return;
    }
    case 'var':
      head(kind, 0, false, type.typeId);
      return push(type.linkage);
    case 'datasec':
      head(kind, type.variables.length, false, type.size);
      for (const { typeId, offset, size } of type.variables) push(typeId, offset, size);
      return;
    case 'declTag':
      head(kind, 0, type.attribute, type.typeId);
      return push(type.componentIndex);
    case 'typeTag':
      return head(kind, 0, type.attribute, type.typeId);
    default:
      return head(kind, 0, false, type.typeId);
  }
}

function intData({ signed, char, bool, bitOffset, bits }: Omit<IntType, 'id'>): number {
  const encoding = (signed ? IntEncoding.SIGNED : 0) | (char ? IntEncoding.CHAR : 0) | (bool ? IntEncoding.BOOL : 0);
  return (encoding << 24) | (bitOffset << 16) | bits;
}

/** Values of 8-byte enums, and such that need more than 32 bits, take the wide form (ENUM64, kernel 6.0). */
function encodeEnum(
  type: Omit<EnumType, 'id'>,
  strings: StringTable,
  head: (kind: number, vlen: number, flag: boolean, sizeOrType: number) => void,
  push: (...words: number[]) => void,
): void {
  const fits = (value: bigint) => (type.signed ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value)) === value;
  const wide = type.size === 8 || !type.values.every(({ value }) => fits(value));
  head(wide ? Kind.ENUM64 : Kind.ENUM, type.values.length, type.signed, type.size);
  for (const { name, value } of type.values) {
    push(strings.add(name), Number(BigInt.asUintN(32, value)));
    if (wide) push(Number(BigInt.asUintN(32, value >> 32n)));
  }
}
