/** C types as tracepoint format files spell them: `const char *`, `unsigned long[6]`, `__data_loc char[]`. */
import type { TracepointField } from '../../target.ts';
import {
  findNamedType,
  findTaggedType,
  sizeOf,
  type AddressSpace,
  type IntegerType,
  type Type,
} from '../../types/index.ts';
import type { Btf } from '../../../btf/index.ts';

export interface CType {
  /** Without qualifiers, stars and brackets: `char`, `struct file`, `pid_t`. */
  readonly base: string;
  readonly pointers: number;
  /** True for `T[…]`: the length is told by the field's size. */
  readonly array: boolean;
  readonly location: 'absolute' | 'relative' | undefined;
}

const QUALIFIERS = /\b(const|volatile|restrict|__user|__rcu|__percpu|__iomem|__seg_gs|__seg_fs|__kernel)\b/g;

export function parseCType(text: string): CType {
  const location = /^__(data|rel)_loc\s/.exec(text);
  const plain = text.replace(/^__(data|rel)_loc\s/, '').replace(QUALIFIERS, ' ');
  return {
    base: plain
      .replace(/\[[^\]]*\]|\*/g, ' ')
      .trim()
      .replace(/\s+/g, ' '),
    pointers: plain.split('*').length - 1,
    array: plain.includes('['),
    location: location === null ? undefined : location[1] === 'data' ? 'absolute' : 'relative',
  };
}

/** The type of one element, without arrays and locations. Undefined where nothing knows the name. */
export function resolveCType(type: CType, btf: Btf | undefined, space: AddressSpace): Type | undefined {
  const base = resolveBase(type.base, btf);
  if (type.pointers === 0) return base?.kind === 'pointer' && base.space === 'none' ? { ...base, space } : base;
  let to: Type = base ?? { kind: 'void' };
  for (let level = 1; level < type.pointers; level++) to = { kind: 'pointer', to, space };
  return { kind: 'pointer', to, space };
}

function resolveBase(name: string, btf: Btf | undefined): Type | undefined {
  const plain = plainType(name);
  if (plain !== undefined) return plain;
  if (btf === undefined) return undefined;
  const tagged = /^(struct|union|enum) (\w+)$/.exec(name);
  if (tagged !== null) return findTaggedType(btf, tagged[1] as 'struct' | 'union' | 'enum', tagged[2]!);
  return findNamedType(btf, name);
}

/** The integers that C itself names, in any order of their words, and the kernel's short names. */
function plainType(name: string): Type | undefined {
  if (name === 'bool' || name === '_Bool') return { kind: 'bool' };
  if (name === 'void') return { kind: 'void' };
  const short = /^(?:__)?([us])(8|16|32|64)$/.exec(name);
  if (short !== null) return integer(Number(short[2]) / 8, short[1] === 's');
  const words = name.split(' ');
  if (!words.every((each) => /^(signed|unsigned|char|short|int|long)$/.test(each))) return undefined;
  const size = words.includes('char') ? 1 : words.includes('short') ? 2 : words.includes('long') ? 8 : 4;
  return integer(size, !words.includes('unsigned'));
}

function integer(size: number, signed: boolean): IntegerType {
  return { kind: 'integer', size: size as IntegerType['size'], signed };
}

/** The type of a field that holds one value, fitted to the bytes that the record has for it (spec P-69). */
export function scalarFieldType(field: TracepointField, btf: Btf | undefined, space: AddressSpace): Type {
  const type = resolveCType(parseCType(field.type), btf, space);
  if (type?.kind === 'enum' && type.size > field.size && isWordSize(field.size)) return { ...type, size: field.size };
  if (type !== undefined && sizeOf(type) > 0 && sizeOf(type) <= field.size) return type;
  if (isWordSize(field.size)) return { kind: 'integer', size: field.size, signed: field.signed };
  return { kind: 'array', element: integer(1, false), count: field.size };
}

export function isWordSize(size: number): size is 1 | 2 | 4 | 8 {
  return size === 1 || size === 2 || size === 4 || size === 8;
}
