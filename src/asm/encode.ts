import { BugError, FormatError } from '../base/index.ts';
import { checkEncoding } from './check.ts';
import type { Instruction } from './instruction.ts';
import { LD_IMM64, SLOT_BYTES, slotCount } from './slots.ts';

export interface EncodingOptions {
  /** Byte order of the machine that runs the program. Default: little endian. */
  readonly littleEndian?: boolean;
}

export interface DecodingOptions extends EncodingOptions {
  /**
   * Accept what only the kernel may write: its dumps of loaded programs keep notes in fields that must otherwise be 0
   * and use opcodes of its own. Default: false.
   */
  readonly kernelDump?: boolean;
}

/**
 * Encodes a program, 8 bytes for each instruction and 16 for a 64-bit load. Labels must be resolved; of a reference
 * only what the loader has put into `src` and `imm64` is written.
 * Throws BugError for an instruction that does not fit its encoding.
 */
export function encode(insns: readonly Instruction[], { littleEndian = true }: EncodingOptions = {}): Uint8Array {
  const bytes = new Uint8Array(slotCount(insns) * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const insn of insns) {
    checkFields(insn);
    view.setUint8(at, insn.opcode);
    view.setUint8(at + 1, littleEndian ? (insn.src << 4) | insn.dst : (insn.dst << 4) | insn.src);
    view.setInt16(at + 2, insn.offset, littleEndian);
    if (insn.opcode === LD_IMM64) {
      const value = wholeImmediate(insn);
      view.setUint32(at + 4, Number(value & 0xffffffffn), littleEndian);
      view.setUint32(at + 12, Number(value >> 32n), littleEndian);
      at += SLOT_BYTES;
    } else {
      view.setInt32(at + 4, insn.imm, littleEndian);
    }
    at += SLOT_BYTES;
  }
  return bytes;
}

/** The 64 bits that a two-slot load carries, 0 … 2^64-1. */
export function wholeImmediate(insn: Instruction): bigint {
  return BigInt.asUintN(64, insn.imm64 ?? BigInt(insn.imm));
}

function checkFields(insn: Instruction): void {
  if (insn.jumpTo !== undefined) throw new BugError(`the jump to '${insn.jumpTo}' is not resolved`);
  const fits =
    isInteger(insn.opcode, 0, 0xff) &&
    isInteger(insn.dst, 0, 15) &&
    isInteger(insn.src, 0, 15) &&
    isInteger(insn.offset, -0x8000, 0x7fff) &&
    isInteger(insn.imm, -0x80000000, 0x7fffffff);
  if (!fits) {
    const { opcode, dst, src, offset, imm } = insn;
    throw new BugError(
      `an instruction does not fit its encoding: ${JSON.stringify({ opcode, dst, src, offset, imm })}`,
    );
  }
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** Decodes a program. Throws FormatError for unknown opcodes, fields that must be 0 and are not, and cut-off input. */
export function decode(
  bytes: Uint8Array,
  { littleEndian = true, kernelDump = false }: DecodingOptions = {},
): Instruction[] {
  if (bytes.length % SLOT_BYTES !== 0)
    fail(bytes.length - (bytes.length % SLOT_BYTES), 'the last instruction is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const insns: Instruction[] = [];
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const insn = decodeSlot(view, at, littleEndian);
    const complete = insn.opcode === LD_IMM64 ? decodeSecondSlot(view, insn, (at += SLOT_BYTES), littleEndian) : insn;
    const problem = kernelDump ? undefined : checkEncoding(complete);
    if (problem !== undefined) fail(complete === insn ? at : at - SLOT_BYTES, problem);
    insns.push(complete);
  }
  return insns;
}

function decodeSlot(view: DataView, at: number, littleEndian: boolean): Instruction {
  const registers = view.getUint8(at + 1);
  const [low, high] = [registers & 0x0f, registers >> 4];
  return {
    opcode: view.getUint8(at),
    dst: littleEndian ? low : high,
    src: littleEndian ? high : low,
    offset: view.getInt16(at + 2, littleEndian),
    imm: view.getInt32(at + 4, littleEndian),
  };
}

function decodeSecondSlot(view: DataView, first: Instruction, at: number, littleEndian: boolean): Instruction {
  if (at >= view.byteLength) fail(at - SLOT_BYTES, 'a 64-bit load lacks its second half');
  if (view.getUint32(at, littleEndian) !== 0)
    fail(at, 'the second half of a 64-bit load carries more than its immediate');
  const high = BigInt(view.getUint32(at + 4, littleEndian));
  return { ...first, imm64: (high << 32n) | BigInt(first.imm >>> 0) };
}

function fail(offset: number, message: string): never {
  throw new FormatError('eBPF program', offset, message);
}
