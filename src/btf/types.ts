/** One BTF type as a plain object. Ids count from 1; 0 is void. Offsets are in bits, sizes in bytes. */
export type BtfType =
  | VoidType
  | IntType
  | FloatType
  | PointerType
  | ArrayType
  | CompositeType
  | EnumType
  | ForwardType
  | ModifierType
  | FunctionType
  | PrototypeType
  | VariableType
  | SectionType
  | TagType;

export type BtfKind = BtfType['kind'];

interface Base {
  readonly id: number;
  /** Empty when anonymous. */
  readonly name: string;
}

export interface VoidType extends Base {
  readonly kind: 'void';
}
export interface IntType extends Base {
  readonly kind: 'int';
  readonly size: number;
  /** Bits that carry the value; less than `size * 8` only in bit-fields of old encoders. */
  readonly bits: number;
  /** Where these bits begin in the integer; 0 in practice. */
  readonly bitOffset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}
export interface FloatType extends Base {
  readonly kind: 'float';
  readonly size: number;
}
export interface PointerType extends Base {
  readonly kind: 'pointer';
  readonly typeId: number;
}
export interface ArrayType extends Base {
  readonly kind: 'array';
  readonly typeId: number;
  readonly indexTypeId: number;
  readonly count: number;
}
export interface CompositeType extends Base {
  readonly kind: 'struct' | 'union';
  readonly size: number;
  readonly members: readonly Member[];
}
export interface Member {
  readonly name: string;
  readonly typeId: number;
  /** From the start of the struct. */
  readonly bitOffset: number;
  /** Size of a bit-field in bits; 0 when it is none. */
  readonly bitSize: number;
}
export interface EnumType extends Base {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly Enumerator[];
}
export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}
/** A struct or union that is declared but not defined here. */
export interface ForwardType extends Base {
  readonly kind: 'fwd';
  readonly union: boolean;
}
export interface ModifierType extends Base {
  readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict';
  readonly typeId: number;
}
export interface FunctionType extends Base {
  readonly kind: 'func';
  /** Its prototype. */
  readonly typeId: number;
  readonly linkage: number;
}
export interface PrototypeType extends Base {
  readonly kind: 'funcProto';
  /** What it returns. */
  readonly typeId: number;
  readonly parameters: readonly Parameter[];
  readonly variadic: boolean;
}
export interface Parameter {
  readonly name: string;
  readonly typeId: number;
}
export interface VariableType extends Base {
  readonly kind: 'var';
  readonly typeId: number;
  readonly linkage: number;
}
export interface SectionType extends Base {
  readonly kind: 'datasec';
  readonly size: number;
  readonly variables: readonly SectionVariable[];
}
export interface SectionVariable {
  readonly typeId: number;
  readonly offset: number;
  readonly size: number;
}
/** `typeTag` stands between a pointer and its target (`user` for `__user`); `declTag` marks a declaration or one of its members. */
export interface TagType extends Base {
  readonly kind: 'declTag' | 'typeTag';
  readonly typeId: number;
  /** Index of the member or parameter; -1 for the declaration itself. Only of a `declTag`. */
  readonly componentIndex: number;
  /** A plain C attribute, not one of the tags that the kernel defines. */
  readonly attribute: boolean;
}

/** The kind byte of the encoding -> kind. Both enum encodings are one kind. */
export const KINDS: readonly (BtfKind | undefined)[] = [
  undefined,
  'int',
  'pointer',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'funcProto',
  'var',
  'datasec',
  'float',
  'declTag',
  'typeTag',
  'enum',
];
export const Kind = {
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;

/** Words (4 bytes) that a type of each kind has: a fixed number (0: no such kind), and a number for each of its `vlen` items. */
export const FIXED_WORDS = Uint8Array.of(
  0,
  4,
  3,
  6,
  3,
  3,
  3,
  3,
  3,
  3,
  3,
  3,
  3,
  3,
  4,
  3,
  3,
  4,
  3,
  3,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
);
export const ITEM_WORDS = Uint8Array.of(
  0,
  0,
  0,
  0,
  3,
  3,
  2,
  0,
  0,
  0,
  0,
  0,
  0,
  2,
  0,
  3,
  0,
  0,
  0,
  3,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
);

export const MAGIC = 0xeb9f;
export const HEADER_BYTES = 24;
/** Encoding bits of an INT. */
export const IntEncoding = { SIGNED: 1, CHAR: 2, BOOL: 4 } as const;
