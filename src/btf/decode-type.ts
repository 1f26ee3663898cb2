import { FormatError } from '../base/index.ts';
import { IntEncoding, Kind, KINDS } from './types.ts';
import type { BtfType, Enumerator, Member, ModifierType } from './types.ts';

/** What decoding one type needs of its BTF. */
export interface TypeSource {
  readonly words: Uint32Array;
  /** The name at a string offset. */
  string(offset: number): string;
}

/** Decodes the type whose record begins at word `at`. The record is known to lie inside `words`. */
export function decodeType(source: TypeSource, id: number, at: number): BtfType {
  const { words } = source;
  const info = words[at + 1]!;
  const kindNumber = (info >>> 24) & 0x1f;
  const vlen = info & 0xffff;
  const flag = info >>> 31 === 1;
  const sizeOrType = words[at + 2]!;
  const name = source.string(words[at]!);
  switch (kindNumber) {
    case Kind.INT:
      return decodeInt(id, name, sizeOrType, words[at + 3]!);
    case Kind.FLOAT:
      return { kind: 'float', id, name, size: sizeOrType };
    case Kind.PTR:
      return { kind: 'pointer', id, name, typeId: sizeOrType };
    case Kind.ARRAY:
      return { kind: 'array', id, name, typeId: words[at + 3]!, indexTypeId: words[at + 4]!, count: words[at + 5]! };
    case Kind.STRUCT:
    case Kind.UNION:
      return {
        kind: kindNumber === Kind.STRUCT ? 'struct' : 'union',
        id,
        name,
        size: sizeOrType,
        members: times(vlen, (i) => decodeMember(source, at + 3 + i * 3, flag)),
      };
    case Kind.ENUM:
      return {
        kind: 'enum',
        id,
        name,
        size: sizeOrType,
        signed: flag,
        values: times(vlen, (i) => decodeEnumerator(source, at + 3 + i * 2, flag)),
      };
    case Kind.ENUM64:
      return {
        kind: 'enum',
        id,
        name,
        size: sizeOrType,
        signed: flag,
        values: times(vlen, (i) => decodeEnumerator64(source, at + 3 + i * 3, flag)),
      };
    case Kind.FWD:
      return { kind: 'fwd', id, name, union: flag };
    case Kind.TYPEDEF:
    case Kind.VOLATILE:
    case Kind.CONST:
    case Kind.RESTRICT:
      return { kind: KINDS[kindNumber] as ModifierType['kind'], id, name, typeId: sizeOrType };
    case Kind.FUNC:
      return { kind: 'func', id, name, typeId: sizeOrType, linkage: vlen };
    case Kind.FUNC_PROTO:
      return decodePrototype(source, id, name, at, vlen, sizeOrType);
    case Kind.VAR:
      return { kind: 'var', id, name, typeId: sizeOrType, linkage: words[at + 3]! };
    case Kind.DATASEC:
      return {
        kind: 'datasec',
        id,
        name,
        size: sizeOrType,
        variables: times(vlen, (i) => ({
          typeId: words[at + 3 + i * 3]!,
          offset: words[at + 4 + i * 3]!,
          size: words[at + 5 + i * 3]!,
        })),
      };
    case Kind.DECL_TAG:
      return { kind: 'declTag', id, name, typeId: sizeOrType, componentIndex: words[at + 3]! | 0, attribute: flag };
    case Kind.TYPE_TAG:
      return { kind: 'typeTag', id, name, typeId: sizeOrType, componentIndex: -1, attribute: flag };
    default:
      throw new FormatError('BTF', at * 4, `type ${id} has the unknown kind ${kindNumber}`);
  }
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function decodeInt(id: number, name: string, size: number, data: number): BtfType {
  const encoding = (data >>> 24) & 0xf;
  return {
    kind: 'int',
    id,
    name,
    size,
    bits: data & 0xff,
    bitOffset: (data >>> 16) & 0xff,
    signed: (encoding & IntEncoding.SIGNED) !== 0,
    char: (encoding & IntEncoding.CHAR) !== 0,
    bool: (encoding & IntEncoding.BOOL) !== 0,
  };
}

function decodeMember({ words, string }: TypeSource, at: number, hasBitSizes: boolean): Member {
  const offset = words[at + 2]!;
  return {
    name: string(words[at]!),
    typeId: words[at + 1]!,
    bitOffset: hasBitSizes ? offset & 0xffffff : offset,
    bitSize: hasBitSizes ? offset >>> 24 : 0,
  };
}

function decodeEnumerator({ words, string }: TypeSource, at: number, signed: boolean): Enumerator {
  const value = words[at + 1]!;
  return { name: string(words[at]!), value: BigInt(signed ? value | 0 : value) };
}

function decodeEnumerator64({ words, string }: TypeSource, at: number, signed: boolean): Enumerator {
  const value = BigInt(words[at + 1]!) | (BigInt(words[at + 2]!) << 32n);
  return { name: string(words[at]!), value: signed ? BigInt.asIntN(64, value) : value };
}

/** A last parameter without name and type stands for `...`. */
function decodePrototype(
  { words, string }: TypeSource,
  id: number,
  name: string,
  at: number,
  vlen: number,
  typeId: number,
): BtfType {
  const parameters = times(vlen, (i) => ({ name: string(words[at + 3 + i * 2]!), typeId: words[at + 4 + i * 2]! }));
  const last = parameters.at(-1);
  const variadic = last !== undefined && last.typeId === 0 && last.name === '';
  if (variadic) parameters.pop();
  return { kind: 'funcProto', id, name, typeId, parameters, variadic };
}
