/** Instructions as text, in the notation of the kernel's verifier log and of `bpftool prog dump xlated`. */
import { helperName } from '../abi/index.ts';
import { wholeImmediate } from './encode.ts';
import { AluOp, AtomicOp, Class, JumpOp, Mode, PseudoCall, PseudoLoad, Source } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { classOf, LD_IMM64, operationOf } from './slots.ts';

const ALU_SIGN: Readonly<Record<number, string>> = {
  [AluOp.ADD]: '+=',
  [AluOp.SUB]: '-=',
  [AluOp.MUL]: '*=',
  [AluOp.DIV]: '/=',
  [AluOp.OR]: '|=',
  [AluOp.AND]: '&=',
  [AluOp.LSH]: '<<=',
  [AluOp.RSH]: '>>=',
  [AluOp.MOD]: '%=',
  [AluOp.XOR]: '^=',
  [AluOp.MOV]: '=',
  [AluOp.ARSH]: 's>>=',
};
const JUMP_SIGN: Readonly<Record<number, string>> = {
  [JumpOp.JEQ]: '==',
  [JumpOp.JGT]: '>',
  [JumpOp.JGE]: '>=',
  [JumpOp.JSET]: '&',
  [JumpOp.JNE]: '!=',
  [JumpOp.JSGT]: 's>',
  [JumpOp.JSGE]: 's>=',
  [JumpOp.JLT]: '<',
  [JumpOp.JLE]: '<=',
  [JumpOp.JSLT]: 's<',
  [JumpOp.JSLE]: 's<=',
};
const ATOMIC_NAME: Readonly<Record<number, string>> = {
  [AtomicOp.ADD]: 'add',
  [AtomicOp.OR]: 'or',
  [AtomicOp.AND]: 'and',
  [AtomicOp.XOR]: 'xor',
};
/** By the size bits of the opcode. */
const BITS: Readonly<Record<number, number>> = { 0x00: 32, 0x08: 16, 0x10: 8, 0x18: 64 };

/** One instruction as text (`r1 = *(u64 *)(r10 -8)`), or a program as lines `SLOT: (OPCODE) TEXT`, with its labels and comments. */
export function disassemble(code: Instruction | readonly Instruction[]): string {
  return isProgram(code) ? disassembleProgram(code) : disassembleOne(code);
}

function isProgram(code: Instruction | readonly Instruction[]): code is readonly Instruction[] {
  return Array.isArray(code);
}

function disassembleProgram(insns: readonly Instruction[]): string {
  let slot = 0;
  let text = '';
  for (const insn of insns) {
    if (insn.label !== undefined) text += `${insn.label}:\n`;
    const opcode = insn.opcode.toString(16).padStart(2, '0');
    text += `${String(slot).padStart(4)}: (${opcode}) ${disassembleOne(insn)}${insn.comment === undefined ? '' : ` ; ${insn.comment}`}\n`;
    slot += insn.opcode === LD_IMM64 ? 2 : 1;
  }
  return text;
}

function disassembleOne(insn: Instruction): string {
  switch (classOf(insn)) {
    case Class.ALU:
    case Class.ALU64:
      return aluText(insn) ?? unknownText(insn);
    case Class.LD:
      return loadClassText(insn) ?? unknownText(insn);
    case Class.LDX:
      return loadText(insn) ?? unknownText(insn);
    case Class.ST:
      return modeOf(insn) === Mode.MEM ? `${memory(insn, insn.dst)} = ${insn.imm}` : unknownText(insn);
    case Class.STX:
      return storeText(insn) ?? unknownText(insn);
    default:
      return jumpText(insn) ?? unknownText(insn);
  }
}

const modeOf = (insn: Instruction): number => insn.opcode & 0xe0;
const usesRegister = (insn: Instruction): boolean => (insn.opcode & Source.X) !== 0;
const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);
const unknownText = (insn: Instruction): string => `unknown opcode 0x${insn.opcode.toString(16).padStart(2, '0')}`;

function aluText(insn: Instruction): string | undefined {
  const is64 = classOf(insn) === Class.ALU64;
  const [dst, src] = [`${is64 ? 'r' : 'w'}${insn.dst}`, `${is64 ? 'r' : 'w'}${insn.src}`];
  const op = operationOf(insn);
  if (op === AluOp.END) {
    const order = is64 ? 'bswap' : usesRegister(insn) ? 'be' : 'le';
    return `r${insn.dst} = ${order}${insn.imm} r${insn.dst}`;
  }
  if (op === AluOp.NEG) return `${dst} = -${dst}`;
  const sign = ALU_SIGN[op];
  if (sign === undefined) return undefined;
  if (op === AluOp.MOV && usesRegister(insn) && insn.offset !== 0) {
    if (insn.offset === 1) return `${dst} = addr_space_cast(${src}, ${insn.imm >>> 16}, ${insn.imm & 0xffff})`;
    return `${dst} = (s${insn.offset})${src}`;
  }
  const prefix = (op === AluOp.DIV || op === AluOp.MOD) && insn.offset === 1 ? 's' : '';
  return `${dst} ${prefix}${sign} ${usesRegister(insn) ? src : insn.imm}`;
}

/** `*(u32 *)(r1 +8)`. */
function memory(insn: Instruction, base: number, signedness = 'u'): string {
  return `*${typedPointer(insn, base, signedness)}`;
}

function typedPointer(insn: Instruction, base: number, signedness = 'u'): string {
  return `(${signedness}${BITS[insn.opcode & 0x18]} *)(r${base} ${signed(insn.offset)})`;
}

function loadText(insn: Instruction): string | undefined {
  if (modeOf(insn) === Mode.MEM) return `r${insn.dst} = ${memory(insn, insn.src)}`;
  if (modeOf(insn) === Mode.MEMSX) return `r${insn.dst} = ${memory(insn, insn.src, 's')}`;
  return undefined;
}

function loadClassText(insn: Instruction): string | undefined {
  if (insn.opcode === LD_IMM64) return `r${insn.dst} = ${immediateText(insn)}`;
  const skb = `r0 = *(u${BITS[insn.opcode & 0x18]} *)skb`;
  if (modeOf(insn) === Mode.ABS) return `${skb}[${insn.imm}]`;
  if (modeOf(insn) === Mode.IND) return `${skb}[r${insn.src} + ${insn.imm}]`;
  return undefined;
}

function immediateText(insn: Instruction): string {
  const { reference } = insn;
  if (reference?.kind === 'map') return `map[${reference.map}]`;
  if (reference?.kind === 'mapValue') return `map[${reference.map}][0]+${reference.offset}`;
  if (reference !== undefined) return `&${reference.name}`;
  if (insn.jumpTo !== undefined) return `subprog[${insn.jumpTo}]`;
  const value = wholeImmediate(insn);
  const [low, high] = [insn.imm >>> 0, Number(value >> 32n)];
  switch (insn.src) {
    case PseudoLoad.MAP_FD:
      return `map[fd:${low}]`;
    case PseudoLoad.MAP_VALUE:
      return `map[fd:${low}][0]+${high}`;
    case PseudoLoad.MAP_IDX:
      return `map[idx:${low}]`;
    case PseudoLoad.MAP_IDX_VALUE:
      return `map[idx:${low}][0]+${high}`;
    case PseudoLoad.BTF_ID:
      return high === 0 ? `ksym[btf_id:${low}]` : `ksym[btf_id:${low}, btf_fd:${high}]`;
    case PseudoLoad.FUNC:
      return `subprog[${signed(insn.imm)}]`;
    default:
      return `0x${value.toString(16)}`;
  }
}

function storeText(insn: Instruction): string | undefined {
  if (modeOf(insn) === Mode.MEM) return `${memory(insn, insn.dst)} = r${insn.src}`;
  if (modeOf(insn) !== Mode.ATOMIC) return undefined;
  const pointer = typedPointer(insn, insn.dst);
  const family = BITS[insn.opcode & 0x18] === 64 ? 'atomic64' : 'atomic';
  switch (insn.imm) {
    case AtomicOp.CMPXCHG:
      return `r0 = ${family}_cmpxchg(${pointer}, r0, r${insn.src})`;
    case AtomicOp.XCHG:
      return `r${insn.src} = ${family}_xchg(${pointer}, r${insn.src})`;
    case AtomicOp.LOAD_ACQUIRE:
      return `r${insn.dst} = load_acquire(${typedPointer(insn, insn.src)})`;
    case AtomicOp.STORE_RELEASE:
      return `store_release(${pointer}, r${insn.src})`;
  }
  const name = ATOMIC_NAME[insn.imm & ~AtomicOp.FETCH];
  if (name === undefined) return undefined;
  if ((insn.imm & AtomicOp.FETCH) !== 0) return `r${insn.src} = ${family}_fetch_${name}(${pointer}, r${insn.src})`;
  return `lock *${pointer} ${ALU_SIGN[insn.imm]} r${insn.src}`;
}

function jumpText(insn: Instruction): string | undefined {
  const is32 = classOf(insn) === Class.JMP32;
  switch (operationOf(insn)) {
    case JumpOp.JA:
      return is32 ? `gotol ${target(insn, insn.imm)}` : `goto ${target(insn, insn.offset)}`;
    case JumpOp.CALL:
      return is32 ? undefined : callText(insn);
    case JumpOp.EXIT:
      return is32 ? undefined : 'exit';
    case JumpOp.JCOND:
      return is32 ? undefined : `may_goto ${target(insn, insn.offset)}`;
  }
  const sign = JUMP_SIGN[operationOf(insn)];
  if (sign === undefined) return undefined;
  const prefix = is32 ? 'w' : 'r';
  const right = usesRegister(insn) ? `${prefix}${insn.src}` : hex(insn.imm);
  return `if ${prefix}${insn.dst} ${sign} ${right} goto ${target(insn, insn.offset)}`;
}

function target(insn: Instruction, distance: number): string {
  return insn.jumpTo ?? `pc${signed(distance)}`;
}

function callText(insn: Instruction): string {
  const { reference } = insn;
  if (insn.src === PseudoCall.SUBPROGRAM) {
    return `call ${reference?.kind === 'subprogram' ? reference.name : target(insn, insn.imm)}`;
  }
  if (insn.src === PseudoCall.KFUNC) {
    return `call ${reference?.kind === 'kfunc' ? reference.name : 'kernel-function'}#${insn.imm}`;
  }
  const name = helperName(insn.imm);
  return `call ${name === undefined ? 'unknown' : `bpf_${name}`}#${insn.imm}`;
}
