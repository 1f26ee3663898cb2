import type { Instruction } from '../asm/index.ts';

/** Functions compiled elsewhere (from C, by clang), to be linked into programs. */
export interface LinkedObject {
  /** By name. Static ones too: others call them. */
  readonly functions: ReadonlyMap<string, LinkedFunction>;
  /** Variables and constants, by the section they are in; each exists once for all programs. */
  readonly data: ReadonlyMap<string, Uint8Array>;
  /** What the functions' types are: a .BTF section. */
  readonly btf: Uint8Array;
}

/**
 * A function's code. Its labels and the targets of its jumps begin with its name, and the first instruction bears that
 * name itself, by which it is called. A reference to a `mapValue` names a section of `data` instead of a map.
 */
export interface LinkedFunction {
  readonly name: string;
  /** What scripts may call. */
  readonly isGlobal: boolean;
  readonly instructions: readonly Instruction[];
  /** The functions that it calls or passes on. */
  readonly calls: readonly string[];
}
