/** What debug information says about functions of a program, as data. Types of records are read when their members are asked for. */

export type DebugType =
  | { readonly kind: 'void' }
  | { readonly kind: 'integer'; readonly size: number; readonly signed: boolean; readonly isChar: boolean }
  | { readonly kind: 'bool'; readonly size: number }
  | { readonly kind: 'float'; readonly size: number }
  | { readonly kind: 'pointer'; readonly size: number; readonly to: () => DebugType }
  | { readonly kind: 'array'; readonly element: DebugType; readonly count: number }
  | {
      readonly kind: 'record';
      readonly tag: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      /** Functions get its address, whatever its size (C++: what has a destructor). */
      readonly isPassedByReference: boolean;
      readonly members: () => readonly DebugMember[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly names: ReadonlyMap<bigint, string>;
    }
  | { readonly kind: 'unknown'; readonly size: number };

export interface DebugMember {
  /** Empty for base classes and anonymous members: their members count as the record's own. */
  readonly name: string;
  readonly type: DebugType;
  readonly bitOffset: number;
  /** 0: no bit-field. */
  readonly bitSize: number;
}

export interface DebugParameter {
  readonly name: string;
  readonly type: DebugType;
  readonly typeText: string;
  /** Where it is at the function's first instruction, if that is told: a register by its DWARF number, or a value that needs none. */
  readonly location?:
    | { readonly kind: 'register'; readonly number: number }
    | { readonly kind: 'constant'; readonly value: bigint }
    | undefined;
}

export interface DebugFunction {
  readonly name: string;
  readonly parameters: readonly DebugParameter[];
  readonly isVariadic: boolean;
  readonly result: { readonly type: DebugType; readonly typeText: string };
  readonly language: 'c' | 'go' | 'rust';
}
