/** Builders of single instructions. All but the labelled jumps and references are ready to be encoded. */
import { AluOp, AtomicOp, Class, JumpOp, Mode, PseudoCall, PseudoLoad, Size, Source } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { LD_IMM64 } from './slots.ts';

export type Register = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7' | 'r8' | 'r9' | 'r10';
/** A register, or a signed 32-bit immediate, which 64-bit operations sign-extend. */
export type Operand = Register | number;
/** Bytes that a load or store moves. */
export type AccessSize = 1 | 2 | 4 | 8;
/** Arithmetic with two operands. `sdiv` and `smod` are signed: cpu v4, kernel 6.6. */
export type AluName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sdiv'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'mod'
  | 'smod'
  | 'xor'
  | 'mov'
  | 'arsh';
/** Conditions of a jump; those with `s` compare signed, `set` tests for a common bit. */
export type Condition = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'sgt' | 'sge' | 'slt' | 'sle' | 'set';
export type AtomicName = 'add' | 'or' | 'and' | 'xor';

const ALU: Readonly<Record<AluName, number>> = {
  add: AluOp.ADD,
  sub: AluOp.SUB,
  mul: AluOp.MUL,
  div: AluOp.DIV,
  sdiv: AluOp.DIV,
  or: AluOp.OR,
  and: AluOp.AND,
  lsh: AluOp.LSH,
  rsh: AluOp.RSH,
  mod: AluOp.MOD,
  smod: AluOp.MOD,
  xor: AluOp.XOR,
  mov: AluOp.MOV,
  arsh: AluOp.ARSH,
};
const CONDITION: Readonly<Record<Condition, number>> = {
  eq: JumpOp.JEQ,
  ne: JumpOp.JNE,
  gt: JumpOp.JGT,
  ge: JumpOp.JGE,
  lt: JumpOp.JLT,
  le: JumpOp.JLE,
  sgt: JumpOp.JSGT,
  sge: JumpOp.JSGE,
  slt: JumpOp.JSLT,
  sle: JumpOp.JSLE,
  set: JumpOp.JSET,
};
const SIZE: Readonly<Record<AccessSize, number>> = { 1: Size.B, 2: Size.H, 4: Size.W, 8: Size.DW };
const ATOMIC: Readonly<Record<AtomicName, number>> = {
  add: AtomicOp.ADD,
  or: AtomicOp.OR,
  and: AtomicOp.AND,
  xor: AtomicOp.XOR,
};

/** `registerNumber('r7')` is 7. */
export function registerNumber(register: Register): number {
  return Number(register.slice(1));
}

/** The register with this number, 0 … 10. */
export function register(number: number): Register {
  return `r${number}` as Register;
}

function insn(
  opcode: number,
  dst: Register | undefined,
  src: Register | number | undefined,
  offset: number,
  imm: number,
): Instruction {
  return {
    opcode,
    dst: dst === undefined ? 0 : registerNumber(dst),
    src: typeof src === 'string' ? registerNumber(src) : (src ?? 0),
    offset,
    imm,
  };
}

function alu(cls: number, op: AluName, dst: Register, src: Operand): Instruction {
  const offset = op === 'sdiv' || op === 'smod' ? 1 : 0;
  return typeof src === 'string'
    ? insn(cls | ALU[op] | Source.X, dst, src, offset, 0)
    : insn(cls | ALU[op] | Source.K, dst, 0, offset, src);
}

export const alu64 = (op: AluName, dst: Register, src: Operand): Instruction => alu(Class.ALU64, op, dst, src);
/** Works on the low halves and clears the high half of `dst`. */
export const alu32 = (op: AluName, dst: Register, src: Operand): Instruction => alu(Class.ALU, op, dst, src);
export const mov64 = (dst: Register, src: Operand): Instruction => alu64('mov', dst, src);
export const mov32 = (dst: Register, src: Operand): Instruction => alu32('mov', dst, src);
export const neg64 = (dst: Register): Instruction => insn(Class.ALU64 | AluOp.NEG, dst, 0, 0, 0);
export const neg32 = (dst: Register): Instruction => insn(Class.ALU | AluOp.NEG, dst, 0, 0, 0);
/** Sign-extends the low `bits` of `src`. cpu v4, kernel 6.6. */
export const movsx64 = (dst: Register, src: Register, bits: 8 | 16 | 32): Instruction =>
  insn(Class.ALU64 | AluOp.MOV | Source.X, dst, src, bits, 0);
export const movsx32 = (dst: Register, src: Register, bits: 8 | 16): Instruction =>
  insn(Class.ALU | AluOp.MOV | Source.X, dst, src, bits, 0);
/** Converts the low `bits` between the machine's byte order and little (`le`) or big endian (`be`), and clears the rest. */
export const endian = (order: 'le' | 'be', dst: Register, bits: 16 | 32 | 64): Instruction =>
  insn(Class.ALU | AluOp.END | (order === 'le' ? Source.K : Source.X), dst, 0, 0, bits);
/** Swaps the bytes of the low `bits`, and clears the rest. cpu v4, kernel 6.6. */
export const bswap = (dst: Register, bits: 16 | 32 | 64): Instruction => insn(Class.ALU64 | AluOp.END, dst, 0, 0, bits);
/** Casts an arena pointer between address spaces. Kernel 6.9. */
export const addressSpaceCast = (dst: Register, src: Register, to: number, from: number): Instruction =>
  insn(Class.ALU64 | AluOp.MOV | Source.X, dst, src, 1, (to << 16) | from);

export const load = (size: AccessSize, dst: Register, src: Register, offset: number): Instruction =>
  insn(Class.LDX | Mode.MEM | SIZE[size], dst, src, offset, 0);
/** Loads and sign-extends. cpu v4, kernel 6.6. */
export const loadSigned = (size: 1 | 2 | 4, dst: Register, src: Register, offset: number): Instruction =>
  insn(Class.LDX | Mode.MEMSX | SIZE[size], dst, src, offset, 0);
export const store = (size: AccessSize, dst: Register, offset: number, src: Register): Instruction =>
  insn(Class.STX | Mode.MEM | SIZE[size], dst, src, offset, 0);
/** Stores an immediate, sign-extended to `size`. */
export const storeImm = (size: AccessSize, dst: Register, offset: number, imm: number): Instruction =>
  insn(Class.ST | Mode.MEM | SIZE[size], dst, 0, offset, imm);
/** Legacy packet load at a constant offset; the packet is r6's context, the result lands in r0. */
export const loadAbsolute = (size: 1 | 2 | 4, imm: number): Instruction =>
  insn(Class.LD | Mode.ABS | SIZE[size], undefined, 0, 0, imm);
export const loadIndirect = (size: 1 | 2 | 4, src: Register, imm: number): Instruction =>
  insn(Class.LD | Mode.IND | SIZE[size], undefined, src, 0, imm);

function imm64(dst: Register, pseudo: number, value: bigint, reference?: Instruction['reference']): Instruction {
  const whole = BigInt.asUintN(64, value);
  const made = { ...insn(LD_IMM64, dst, pseudo, 0, Number(BigInt.asIntN(32, whole))), imm64: whole };
  return reference === undefined ? made : { ...made, reference };
}

export const loadImm64 = (dst: Register, value: bigint): Instruction => imm64(dst, PseudoLoad.IMM, value);
/** A pointer to a map, by its name in the collection. */
export const loadMap = (dst: Register, map: string): Instruction =>
  imm64(dst, PseudoLoad.MAP_FD, 0n, { kind: 'map', map });
export const loadMapFd = (dst: Register, fd: number): Instruction => imm64(dst, PseudoLoad.MAP_FD, BigInt(fd));
/** The address `offset` bytes into the value of a single-element array map. Kernel 5.2. */
export const loadMapValue = (dst: Register, map: string, offset: number): Instruction =>
  imm64(dst, PseudoLoad.MAP_VALUE, BigInt(offset) << 32n, { kind: 'mapValue', map, offset });
export const loadMapValueFd = (dst: Register, fd: number, offset: number): Instruction =>
  imm64(dst, PseudoLoad.MAP_VALUE, (BigInt(offset) << 32n) | BigInt(fd));
/** The address of a kernel variable, by its name in the kernel's BTF. */
export const loadKernelSymbol = (dst: Register, name: string): Instruction =>
  imm64(dst, PseudoLoad.BTF_ID, 0n, { kind: 'kernelSymbol', name });
/** The address of a subprogram, for a helper that calls back. */
export const loadSubprogram = (dst: Register, label: string): Instruction => ({
  ...imm64(dst, PseudoLoad.FUNC, 0n),
  jumpTo: label,
});

export const jump = (label: string): Instruction => ({
  ...insn(Class.JMP | JumpOp.JA, undefined, 0, 0, 0),
  jumpTo: label,
});
/** Jump with a 32-bit offset. cpu v4, kernel 6.6. */
export const gotol = (label: string): Instruction => ({
  ...insn(Class.JMP32 | JumpOp.JA, undefined, 0, 0, 0),
  jumpTo: label,
});
/** Jumps out of a loop once the kernel's budget for the program is spent. Kernel 6.9. */
export const mayGoto = (label: string): Instruction => ({
  ...insn(Class.JMP | JumpOp.JCOND, undefined, 0, 0, 0),
  jumpTo: label,
});

function conditional(cls: number, condition: Condition, dst: Register, src: Operand, label: string): Instruction {
  const opcode = cls | CONDITION[condition];
  const made =
    typeof src === 'string' ? insn(opcode | Source.X, dst, src, 0, 0) : insn(opcode | Source.K, dst, 0, 0, src);
  return { ...made, jumpTo: label };
}
export const jumpIf = (condition: Condition, dst: Register, src: Operand, label: string): Instruction =>
  conditional(Class.JMP, condition, dst, src, label);
/** Compares the low halves. */
export const jumpIf32 = (condition: Condition, dst: Register, src: Operand, label: string): Instruction =>
  conditional(Class.JMP32, condition, dst, src, label);

/** Calls a helper by its id (`HelperId` of abi). */
export const call = (helperId: number): Instruction =>
  insn(Class.JMP | JumpOp.CALL, undefined, PseudoCall.HELPER, 0, helperId);
/** Calls a function of the same program. */
export const callSubprogram = (label: string): Instruction => ({
  ...insn(Class.JMP | JumpOp.CALL, undefined, PseudoCall.SUBPROGRAM, 0, 0),
  jumpTo: label,
});
/** Calls a kernel function by its name in the kernel's BTF. Kernel 5.13. */
export const callKfunc = (name: string): Instruction => ({
  ...insn(Class.JMP | JumpOp.CALL, undefined, PseudoCall.KFUNC, 0, 0),
  reference: { kind: 'kfunc', name },
});
export const exit = (): Instruction => insn(Class.JMP | JumpOp.EXIT, undefined, 0, 0, 0);

const atomicInsn = (size: AccessSize, dst: Register, offset: number, src: Register, imm: number): Instruction =>
  insn(Class.STX | Mode.ATOMIC | SIZE[size], dst, src, offset, imm);
/** `*(dst + offset) op= src`, atomically. */
export const atomic = (op: AtomicName, size: 4 | 8, dst: Register, offset: number, src: Register): Instruction =>
  atomicInsn(size, dst, offset, src, ATOMIC[op]);
/** The same, and `src` receives the old value. cpu v3, kernel 5.12. */
export const atomicFetch = (op: AtomicName, size: 4 | 8, dst: Register, offset: number, src: Register): Instruction =>
  atomicInsn(size, dst, offset, src, ATOMIC[op] | AtomicOp.FETCH);
/** Exchanges memory and `src`. cpu v3, kernel 5.12. */
export const atomicExchange = (size: 4 | 8, dst: Register, offset: number, src: Register): Instruction =>
  atomicInsn(size, dst, offset, src, AtomicOp.XCHG);
/** Stores `src` if memory equals r0; r0 receives the old value. cpu v3, kernel 5.12. */
export const atomicCompareExchange = (size: 4 | 8, dst: Register, offset: number, src: Register): Instruction =>
  atomicInsn(size, dst, offset, src, AtomicOp.CMPXCHG);
/** cpu v4, kernel 6.15. */
export const loadAcquire = (size: AccessSize, dst: Register, src: Register, offset: number): Instruction =>
  atomicInsn(size, dst, offset, src, AtomicOp.LOAD_ACQUIRE);
/** cpu v4, kernel 6.15. */
export const storeRelease = (size: AccessSize, dst: Register, offset: number, src: Register): Instruction =>
  atomicInsn(size, dst, offset, src, AtomicOp.STORE_RELEASE);

/** Marks an instruction as the target of jumps to `label`. */
export const labelled = (label: string, instruction: Instruction): Instruction => ({ ...instruction, label });
