import { AluOp, AtomicOp, Class, JumpOp, Mode, PseudoCall, PseudoLoad, Size, Source } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { classOf, LD_IMM64, operationOf } from './slots.ts';

const MAX_REGISTER = 10;

/**
 * Says what is wrong with an instruction's encoding: an unknown opcode, or a field that its opcode does not use
 * and that is not zero. Undefined when nothing is. Covers the instruction set up to cpu v4 (RFC 9669 and the
 * kernel's may_goto, addr_space_cast and load-acquire/store-release).
 */
export function checkEncoding(insn: Instruction): string | undefined {
  if (insn.dst > MAX_REGISTER) return `register r${insn.dst} does not exist`;
  switch (classOf(insn)) {
    case Class.LD:
      return checkLoadClass(insn);
    case Class.LDX:
      return checkLoad(insn);
    case Class.ST:
      return modeOf(insn) === Mode.MEM ? unused(insn, 'src') : unknown(insn);
    case Class.STX:
      return checkStore(insn);
    case Class.ALU:
    case Class.ALU64:
      return checkAlu(insn);
    default:
      return checkJump(insn);
  }
}

const modeOf = (insn: Instruction): number => insn.opcode & 0xe0;
const sizeOf = (insn: Instruction): number => insn.opcode & 0x18;
const usesRegister = (insn: Instruction): boolean => (insn.opcode & Source.X) !== 0;
const unknown = (insn: Instruction): string => `unknown opcode 0x${insn.opcode.toString(16).padStart(2, '0')}`;

/** The first of the named fields that is not zero, as a message. */
function unused(insn: Instruction, ...fields: ('dst' | 'src' | 'offset' | 'imm')[]): string | undefined {
  const bad = fields.find((field) => insn[field] !== 0);
  return bad === undefined
    ? undefined
    : `field ${bad} of opcode 0x${insn.opcode.toString(16).padStart(2, '0')} must be 0`;
}

function checkSource(insn: Instruction): string | undefined {
  return insn.src > MAX_REGISTER ? `register r${insn.src} does not exist` : undefined;
}

function checkLoadClass(insn: Instruction): string | undefined {
  if (insn.opcode === LD_IMM64) return checkLoadImm64(insn);
  const mode = modeOf(insn);
  if ((mode !== Mode.ABS && mode !== Mode.IND) || sizeOf(insn) === Size.DW) return unknown(insn);
  return mode === Mode.ABS
    ? unused(insn, 'dst', 'src', 'offset')
    : (unused(insn, 'dst', 'offset') ?? checkSource(insn));
}

function checkLoadImm64(insn: Instruction): string | undefined {
  if (insn.src > PseudoLoad.MAP_IDX_VALUE) return `unknown kind ${insn.src} of 64-bit immediate`;
  const high = (insn.imm64 ?? 0n) >> 32n;
  const oneHalf = insn.src === PseudoLoad.MAP_FD || insn.src === PseudoLoad.MAP_IDX || insn.src === PseudoLoad.FUNC;
  if (oneHalf && high !== 0n) return 'the second half of a map or function reference must be 0';
  return unused(insn, 'offset');
}

function checkLoad(insn: Instruction): string | undefined {
  const mode = modeOf(insn);
  if (mode !== Mode.MEM && !(mode === Mode.MEMSX && sizeOf(insn) !== Size.DW)) return unknown(insn);
  return unused(insn, 'imm') ?? checkSource(insn);
}

const READ_MODIFY_WRITE: ReadonlySet<number> = new Set([
  ...[AtomicOp.ADD, AtomicOp.OR, AtomicOp.AND, AtomicOp.XOR].flatMap((op) => [op, op | AtomicOp.FETCH]),
  AtomicOp.XCHG,
  AtomicOp.CMPXCHG,
]);

function checkStore(insn: Instruction): string | undefined {
  const bad = checkSource(insn);
  if (bad !== undefined) return bad;
  if (modeOf(insn) === Mode.MEM) return unused(insn, 'imm');
  if (modeOf(insn) !== Mode.ATOMIC) return unknown(insn);
  if (insn.imm === AtomicOp.LOAD_ACQUIRE || insn.imm === AtomicOp.STORE_RELEASE) return undefined;
  if (sizeOf(insn) !== Size.W && sizeOf(insn) !== Size.DW) return unknown(insn);
  return READ_MODIFY_WRITE.has(insn.imm) ? undefined : `unknown atomic operation 0x${(insn.imm >>> 0).toString(16)}`;
}

function checkAlu(insn: Instruction): string | undefined {
  const op = operationOf(insn);
  if (op === AluOp.END) return checkEndian(insn);
  if (op === AluOp.NEG) return usesRegister(insn) ? unknown(insn) : unused(insn, 'src', 'offset', 'imm');
  if (op > AluOp.END) return unknown(insn);
  if (op === AluOp.MOV && usesRegister(insn)) return checkSource(insn) ?? checkMove(insn);
  const signedForm = (op === AluOp.DIV || op === AluOp.MOD) && insn.offset === 1;
  const badOffset = signedForm ? undefined : unused(insn, 'offset');
  return badOffset ?? (usesRegister(insn) ? (unused(insn, 'imm') ?? checkSource(insn)) : unused(insn, 'src'));
}

function checkMove(insn: Instruction): string | undefined {
  const is64 = classOf(insn) === Class.ALU64;
  // addr_space_cast: from address space 1 to 0, or 0 to 1.
  if (is64 && insn.offset === 1) return insn.imm === 1 || insn.imm === 0x10000 ? undefined : 'unknown address space';
  const widths = is64 ? [0, 8, 16, 32] : [0, 8, 16];
  return widths.includes(insn.offset) ? unused(insn, 'imm') : `can't sign-extend from ${insn.offset} bits`;
}

function checkEndian(insn: Instruction): string | undefined {
  if (classOf(insn) === Class.ALU64 && usesRegister(insn)) return unknown(insn);
  if (![16, 32, 64].includes(insn.imm)) return `can't swap the bytes of ${insn.imm} bits`;
  return unused(insn, 'src', 'offset');
}

function checkJump(insn: Instruction): string | undefined {
  const is32 = classOf(insn) === Class.JMP32;
  switch (operationOf(insn)) {
    case JumpOp.JA:
      if (usesRegister(insn)) return unknown(insn);
      return is32 ? unused(insn, 'dst', 'src', 'offset') : unused(insn, 'dst', 'src', 'imm');
    case JumpOp.CALL:
      return is32 || usesRegister(insn) ? unknown(insn) : checkCall(insn);
    case JumpOp.EXIT:
      return is32 || usesRegister(insn) ? unknown(insn) : unused(insn, 'dst', 'src', 'offset', 'imm');
    case JumpOp.JCOND:
      return is32 || usesRegister(insn) ? unknown(insn) : unused(insn, 'dst', 'src', 'imm');
    case 0xf0:
      return unknown(insn);
    default:
      return usesRegister(insn) ? (unused(insn, 'imm') ?? checkSource(insn)) : unused(insn, 'src');
  }
}

function checkCall(insn: Instruction): string | undefined {
  if (insn.src > PseudoCall.KFUNC) return `unknown kind ${insn.src} of call`;
  // A call of a module's function names the module by an index in `offset`.
  return insn.src === PseudoCall.KFUNC ? unused(insn, 'dst') : unused(insn, 'dst', 'offset');
}
