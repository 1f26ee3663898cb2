/** What debug information says about functions of a program, as data. Types of records are read when their members are asked for. */

export type DebugType =
  | { readonly kind: 'void' }
  | { readonly kind: 'integer'; readonly size: number; readonly signed: boolean; readonly isChar: boolean }
  | { readonly kind: 'bool'; readonly size: number }
  | { readonly kind: 'float'; readonly size: number }
  | { readonly kind: 'pointer'; readonly size: number; readonly to: () => DebugType }
  | { readonly kind: 'array'; readonly element: DebugType; readonly count: number }
  | DebugRecord
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly names: ReadonlyMap<bigint, string>;
    }
  /** What C has no name for: a closure, a member pointer. */
  | { readonly kind: 'unknown'; readonly size: number };

export interface DebugRecord {
  readonly kind: 'record';
  readonly tag: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  /** Given to functions by its address, as C++ does with what has a destructor. */
  readonly isPassedByReference: boolean;
  /** In order; those of base classes are inside members without a name. */
  readonly members: () => readonly DebugMember[];
}

export interface DebugMember {
  readonly name: string;
  readonly type: DebugType;
  readonly bitOffset: number;
  /** Bits of a bit-field; 0: it is none. */
  readonly bitSize: number;
}

/** Where a variable is when a certain instruction is reached. */
export type DebugLocation =
  /** By its DWARF number. */
  | { readonly kind: 'register'; readonly number: number }
  /** Nowhere: it is known. */
  | { readonly kind: 'constant'; readonly value: bigint };

export interface DebugParameter {
  /** Empty where it has none. */
  readonly name: string;
  readonly type: DebugType;
  readonly typeText: string;
  /** Where it is at the function's first instruction, if that is told: in optimised code not always where calling conventions say. */
  readonly location?: DebugLocation | undefined;
}

export interface DebugFunction {
  readonly name: string;
  readonly parameters: readonly DebugParameter[];
  /** Any number of further arguments may follow. */
  readonly isVariadic: boolean;
  readonly result: { readonly type: DebugType; readonly typeText: string };
  readonly language: 'c' | 'go' | 'rust';
}
