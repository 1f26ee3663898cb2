import { BugError } from '../base/index.ts';
import { Class, JumpOp, PseudoCall, PseudoLoad } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { classOf, LD_IMM64, operationOf } from './slots.ts';

const GOTO = Class.JMP | JumpOp.JA;
const GOTOL = Class.JMP32 | JumpOp.JA;

/**
 * Turns `jumpTo` into offsets, counted in slots from the next instruction. `label` stays, for dumps.
 * A plain jump that is too far for 16 bits becomes `gotol` (cpu v4, kernel 6.6).
 * Throws BugError for an unknown or doubled label and for a conditional jump that is too far.
 */
export function resolveLabels(insns: readonly Instruction[]): Instruction[] {
  const targets = labelSlots(insns);
  let slot = 0;
  return insns.map((insn) => {
    const at = slot;
    slot += insn.opcode === LD_IMM64 ? 2 : 1;
    if (insn.jumpTo === undefined) return insn;
    const target = targets.get(insn.jumpTo);
    if (target === undefined) throw new BugError(`no instruction bears the label '${insn.jumpTo}'`);
    return resolve(insn, target - at - 1);
  });
}

function labelSlots(insns: readonly Instruction[]): Map<string, number> {
  const slots = new Map<string, number>();
  let slot = 0;
  for (let i = 0; i < insns.length; i++) {
    const insn = insns[i]!;
    if (insn.label !== undefined) {
      if (slots.has(insn.label)) throw new BugError(`the label '${insn.label}' stands at two instructions`);
      slots.set(insn.label, slot);
    }
    slot += insn.opcode === LD_IMM64 ? 2 : 1;
  }
  return slots;
}

/** `distance`: from the slot after this one to the target. */
function resolve(insn: Instruction, distance: number): Instruction {
  const { jumpTo } = insn;
  const resolved = withoutTarget(insn);
  if (insn.opcode === LD_IMM64) {
    if (insn.src !== PseudoLoad.FUNC) throw new BugError(`a 64-bit load can't jump to '${jumpTo}'`);
    resolved.imm = distance;
    resolved.imm64 = BigInt.asUintN(32, BigInt(distance));
    return resolved;
  }
  const isJump = classOf(insn) === Class.JMP || classOf(insn) === Class.JMP32;
  if (!isJump || operationOf(insn) === JumpOp.EXIT)
    throw new BugError(`an instruction that does not jump names the target '${jumpTo}'`);
  const isCall = operationOf(insn) === JumpOp.CALL;
  if (isCall && insn.src !== PseudoCall.SUBPROGRAM)
    throw new BugError(`only the call of a subprogram can name the target '${jumpTo}'`);
  if (isCall || insn.opcode === GOTOL) {
    resolved.imm = distance;
  } else if (distance >= -0x8000 && distance <= 0x7fff) {
    resolved.offset = distance;
  } else if (insn.opcode === GOTO) {
    resolved.opcode = GOTOL;
    resolved.offset = 0;
    resolved.imm = distance;
  } else {
    throw new BugError(`the conditional jump to '${jumpTo}' spans ${distance} instructions: 16 bits can't hold that`);
  }
  return resolved;
}

type Draft = { -readonly [K in keyof Instruction]: Instruction[K] };

/** A copy by hand: V8 takes several times as long for `{ jumpTo, ...rest }`, and there are many jumps. */
function withoutTarget(insn: Instruction): Draft {
  const { opcode, dst, src, offset, imm, imm64, label, reference, source, comment } = insn;
  const copy: Draft = { opcode, dst, src, offset, imm };
  if (imm64 !== undefined) copy.imm64 = imm64;
  if (label !== undefined) copy.label = label;
  if (reference !== undefined) copy.reference = reference;
  if (source !== undefined) copy.source = source;
  if (comment !== undefined) copy.comment = comment;
  return copy;
}
