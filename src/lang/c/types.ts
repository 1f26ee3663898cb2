/** Types of C as its declarations make them. `to-language.ts` turns them into types of scripts. */
import type { Type } from '../types/index.ts';
import type { CPlace } from './file.ts';

export type CType =
  | { readonly kind: 'void' }
  | CInteger
  | { readonly kind: 'float'; readonly size: number; readonly align: number }
  | { readonly kind: 'pointer'; readonly to: CType; readonly user: boolean }
  /** `count` undefined: `[]`. */
  | { readonly kind: 'array'; readonly element: CType; readonly count: number | undefined }
  | { readonly kind: 'function'; readonly returns: CType }
  | CRecord
  | CEnum
  /** From BTF. */
  | { readonly kind: 'kernel'; readonly type: Type; readonly size: number; readonly align: number }
  /** Another type with an alignment of its own. */
  | { readonly kind: 'aligned'; readonly type: CType; readonly align: number };

export interface CInteger {
  readonly kind: 'integer';
  readonly size: number;
  readonly align: number;
  readonly signed: boolean;
  /** Plain `char`, or `_Bool`. */
  readonly is?: 'char' | 'bool';
}

export interface CRecord {
  readonly kind: 'record';
  readonly tag: 'struct' | 'union';
  readonly name: string;
  /** Undefined: declared, not defined. */
  members: readonly CMember[] | undefined;
  size: number;
  align: number;
}

export interface CMember {
  readonly name: string;
  readonly type: CType;
  /** From the start of the record. */
  readonly bitOffset: number;
  /** Undefined: no bit-field. */
  readonly bitSize: number | undefined;
}

export interface CEnum {
  readonly kind: 'enum';
  readonly name: string;
  /** Undefined: declared, not defined. */
  values: readonly { readonly name: string; readonly value: bigint }[] | undefined;
  size: number;
  signed: boolean;
}

export const VOID: CType = { kind: 'void' };
export const INT: CInteger = { kind: 'integer', size: 4, align: 4, signed: true };
export const CHAR: CInteger = { kind: 'integer', size: 1, align: 1, signed: true, is: 'char' };
export const BOOL: CInteger = { kind: 'integer', size: 1, align: 1, signed: false, is: 'bool' };
export const POINTER_BYTES = 8;

export function integer(size: number, signed: boolean): CInteger {
  return { kind: 'integer', size, align: size, signed };
}

/** A type whose size must be known is not known by more than its name. */
export class IncompleteType extends Error {
  readonly type: CType;
  constructor(type: CType) {
    super('incomplete type');
    this.type = type;
  }
}

/** Finds the definition of what is only declared in C; BTF may have it. */
export type Complete = (type: CRecord | CEnum) => CType | undefined;

/** In bytes. Throws IncompleteType. */
export function sizeOfC(type: CType, complete: Complete): number {
  switch (type.kind) {
    case 'void':
    case 'function':
      return 1;
    case 'pointer':
      return POINTER_BYTES;
    case 'array':
      return (type.count ?? 0) * sizeOfC(type.element, complete);
    case 'aligned':
      return sizeOfC(type.type, complete);
    case 'record':
      return type.members === undefined ? sizeOfC(completed(type, complete), complete) : type.size;
    case 'enum':
      return type.size;
    default:
      return type.size;
  }
}

/** In bytes. Throws IncompleteType. */
export function alignOfC(type: CType, complete: Complete): number {
  switch (type.kind) {
    case 'void':
    case 'function':
      return 1;
    case 'pointer':
      return POINTER_BYTES;
    case 'array':
      return alignOfC(type.element, complete);
    case 'aligned':
      return type.align;
    case 'enum':
      return type.size;
    case 'record':
      return type.members === undefined ? alignOfC(completed(type, complete), complete) : type.align;
    default:
      return type.align;
  }
}

function completed(type: CRecord, complete: Complete): CType {
  const found = complete(type);
  if (found === undefined) throw new IncompleteType(type);
  return found;
}

export function printCType(type: CType): string {
  switch (type.kind) {
    case 'record':
      return type.name === '' ? type.tag : `${type.tag} ${type.name}`;
    case 'enum':
      return type.name === '' ? 'enum' : `enum ${type.name}`;
    default:
      return type.kind;
  }
}

/** What C declares, by name. */
export class CScope {
  readonly typedefs = new Map<string, CType>();
  readonly records = new Map<string, CRecord>();
  readonly enums = new Map<string, CEnum>();
  readonly enumerators = new Map<string, { readonly value: bigint; readonly type: CEnum; readonly place: CPlace }>();
  /** Ordinary names with a type: for `typeof` and `sizeof`. */
  readonly objects = new Map<string, CType>();
}
