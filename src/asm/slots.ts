import { Class, Mode, Size } from './instruction.ts';
import type { Instruction } from './instruction.ts';

/** Opcode of the two-slot load of a 64-bit immediate. */
export const LD_IMM64 = Class.LD | Mode.IMM | Size.DW;

/** Bytes of one slot. Offsets of jumps and calls count slots. */
export const SLOT_BYTES = 8;

export function isLoadImm64(insn: Pick<Instruction, 'opcode'>): boolean {
  return insn.opcode === LD_IMM64;
}

/** Number of slots: what the kernel calls `insn_cnt`. */
export function slotCount(insns: readonly Instruction[]): number {
  let count = 0;
  for (const insn of insns) count += insn.opcode === LD_IMM64 ? 2 : 1;
  return count;
}

/** The class of an instruction: the low three bits of its opcode. */
export function classOf(insn: Pick<Instruction, 'opcode'>): number {
  return insn.opcode & 0x07;
}

/** The operation of an ALU or jump instruction: the high four bits of its opcode. */
export function operationOf(insn: Pick<Instruction, 'opcode'>): number {
  return insn.opcode & 0xf0;
}
