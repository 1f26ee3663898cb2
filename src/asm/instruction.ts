import type { TextSpan } from '../base/index.ts';

/**
 * One eBPF instruction (RFC 9669), before or after symbol resolution.
 *
 * An instruction made by the compiler may carry symbols: `label` marks it as a jump target, `jumpTo` names
 * the target of its own jump or subprogram call, `reference` names a map, a map value, a kfunc, …
 * `resolveLabels` turns labels into offsets; a loader turns references into file descriptors and ids.
 */
export interface Instruction {
  /** The whole opcode byte: class, and operation + source or mode + size. */
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  /** Signed 16 bits. */
  readonly offset: number;
  /** Signed 32 bits. For the 64-bit immediate load the low half; see `imm64`. */
  readonly imm: number;
  /** Only on the two-slot load (`ld_imm64`): the whole immediate, 0 … 2^64-1. */
  readonly imm64?: bigint;
  readonly label?: string;
  readonly jumpTo?: string;
  readonly reference?: Reference;
  /** Where in the script, or in a macro of a library, this comes from. */
  readonly source?: SourceRange;
  /** A remark for dumps. */
  readonly comment?: string;
}

export type SourceRange = TextSpan;

/** What a two-slot load or a call refers to, by name, until the loader knows better. */
export type Reference =
  | { readonly kind: 'map'; readonly map: string }
  /** Address of the value of a single-element array map, plus an offset in bytes (`imm64` high half). */
  | { readonly kind: 'mapValue'; readonly map: string; readonly offset: number }
  | { readonly kind: 'subprogram'; readonly name: string }
  | { readonly kind: 'kfunc'; readonly name: string }
  | { readonly kind: 'kernelSymbol'; readonly name: string };

export const Class = {
  LD: 0x00,
  LDX: 0x01,
  ST: 0x02,
  STX: 0x03,
  ALU: 0x04,
  JMP: 0x05,
  JMP32: 0x06,
  ALU64: 0x07,
} as const;
export const Size = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;
export const Mode = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;
/** Operand source: immediate or register. */
export const Source = { K: 0x00, X: 0x08 } as const;
export const AluOp = {
  ADD: 0x00,
  SUB: 0x10,
  MUL: 0x20,
  DIV: 0x30,
  OR: 0x40,
  AND: 0x50,
  LSH: 0x60,
  RSH: 0x70,
  NEG: 0x80,
  MOD: 0x90,
  XOR: 0xa0,
  MOV: 0xb0,
  ARSH: 0xc0,
  END: 0xd0,
} as const;
export const JumpOp = {
  JA: 0x00,
  JEQ: 0x10,
  JGT: 0x20,
  JGE: 0x30,
  JSET: 0x40,
  JNE: 0x50,
  JSGT: 0x60,
  JSGE: 0x70,
  CALL: 0x80,
  EXIT: 0x90,
  JLT: 0xa0,
  JLE: 0xb0,
  JSLT: 0xc0,
  JSLE: 0xd0,
  JCOND: 0xe0,
} as const;
/** `imm` of an atomic instruction. FETCH is or-ed in; XCHG and CMPXCHG include it. */
export const AtomicOp = {
  ADD: 0x00,
  OR: 0x40,
  AND: 0x50,
  XOR: 0xa0,
  FETCH: 0x01,
  XCHG: 0xe1,
  CMPXCHG: 0xf1,
  LOAD_ACQUIRE: 0x100,
  STORE_RELEASE: 0x110,
} as const;
/** `src` of the two-slot load. */
export const PseudoLoad = {
  IMM: 0,
  MAP_FD: 1,
  MAP_VALUE: 2,
  BTF_ID: 3,
  FUNC: 4,
  MAP_IDX: 5,
  MAP_IDX_VALUE: 6,
} as const;
/** `src` of a call: helper by id, subprogram by relative offset, kernel function by BTF id. */
export const PseudoCall = { HELPER: 0, SUBPROGRAM: 1, KFUNC: 2 } as const;
