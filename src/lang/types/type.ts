/** The types of the language as the checker sees them. `layout` (same folder) turns one into bytes. */
import type { StackMode } from '../../spec/index.ts';

export type AddressSpace = 'kernel' | 'user' | 'none';

export type Type =
  | { readonly kind: 'none' }
  | { readonly kind: 'void' }
  | IntegerType
  | { readonly kind: 'bool' }
  /** `size` counts the NUL. `exact`: a char[N] member, which may be full without being truncated. */
  | { readonly kind: 'string'; readonly size: number; readonly exact?: boolean }
  /** `size`: most bytes it can hold. */
  | { readonly kind: 'buffer'; readonly size: number }
  /** `opaque`: where it points to is not declared at its place, or differs from CPU to CPU: the verifier takes it for a number. */
  | { readonly kind: 'pointer'; readonly to: Type; readonly space: AddressSpace; readonly opaque?: true }
  | RecordType
  | { readonly kind: 'array'; readonly element: Type; readonly count: number }
  | { readonly kind: 'tuple'; readonly elements: readonly Type[] }
  | EnumType
  | { readonly kind: 'symbolic'; readonly names: ReadonlyMap<bigint, string> }
  | { readonly kind: 'ksym' }
  | { readonly kind: 'usym'; readonly names?: readonly string[] }
  | {
      readonly kind: 'stack';
      readonly space: 'kernel' | 'user';
      readonly mode: StackMode;
      readonly limit: number;
      /** By tables of the program's file, not by frame pointers. */
      readonly unwound?: true;
    }
  /** An address of IPv4 or IPv6, with its family. */
  | { readonly kind: 'inet' }
  | { readonly kind: 'macaddr' }
  | { readonly kind: 'username' }
  /** Id of a cgroup; `filter` is a pattern of the hierarchies whose paths are wanted. */
  | { readonly kind: 'cgroupPath'; readonly filter: string }
  | { readonly kind: 'timestamp'; readonly format: string };

export interface IntegerType {
  readonly kind: 'integer';
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/** struct and union (from BTF or a C definition) and record (made by the script). */
export interface RecordType {
  readonly kind: 'record';
  readonly tag: 'struct' | 'union' | 'record';
  /** Empty for records and anonymous types. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fields in declaration order. Computed on first use: BTF structs are large and deep. */
  readonly fields: () => readonly Field[];
  /** A field by name, looked for in anonymous members too (then `offset` is from this record's start). */
  readonly field: (name: string) => Field | undefined;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bit-field: `offset` and `size` in bits within the `type` sized integer at `offset` bytes. */
  readonly bits?: { readonly offset: number; readonly size: number };
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly names: ReadonlyMap<bigint, string>;
}

/** Types whose values fit a register; all others live in memory and are handled by address. */
export function isWord(type: Type): boolean {
  switch (type.kind) {
    case 'integer':
    case 'bool':
    case 'pointer':
    case 'enum':
    case 'symbolic':
    case 'ksym':
    case 'username':
    case 'cgroupPath':
    case 'timestamp':
      return true;
    default:
      return false;
  }
}
