import { Class, type Instruction, JumpOp, LD_IMM64, PseudoCall, PseudoLoad } from '../../asm/index.ts';
import { BtfBuilder } from '../../btf/index.ts';
import { kernelName, loadBtf } from '../map/index.ts';

/** What PROG_LOAD wants to know of a program's functions. */
export interface FunctionInfo {
  /** Descriptor of the BTF that describes them, to be closed after the load. */
  readonly btfFd: number;
  /** `struct bpf_func_info` each: slot where the function begins, its type id. */
  readonly records: Uint8Array;
}

export const FUNC_INFO_BYTES = 8;
const CALL = Class.JMP | JumpOp.CALL;

/**
 * Describes the functions of a program that passes one of them to a helper (bpf_loop and such), which the kernel
 * only allows with BTF. Undefined for other programs: they load without.
 */
export function describeFunctions(name: string, instructions: readonly Instruction[]): FunctionInfo | undefined {
  const takesAddress = instructions.some(
    ({ src, jumpTo, imm64 }) => src === PseudoLoad.FUNC && jumpTo !== undefined && imm64 !== undefined,
  );
  if (!takesAddress) return undefined;
  const functions = functionStarts(name, instructions);
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  const STATIC = 0;
  const records = functions.flatMap(({ slot, name: each }) => [slot, builder.func(each, int, [], STATIC)]);
  return { btfFd: loadBtf(builder), records: new Uint8Array(Uint32Array.from(records).buffer) };
}

/** The main function, and every target of a call or of a load of its address, in order. */
function functionStarts(name: string, instructions: readonly Instruction[]): { name: string; slot: number }[] {
  const isReference = ({ opcode, src }: Instruction): boolean =>
    (opcode === CALL && src === PseudoCall.SUBPROGRAM) || (opcode === LD_IMM64 && src === PseudoLoad.FUNC);
  const targets = new Set(instructions.filter(isReference).map(({ jumpTo }) => jumpTo));
  const starts = [{ name: kernelName(name), slot: 0 }];
  let slot = 0;
  for (const { label, opcode } of instructions) {
    if (slot > 0 && label !== undefined && targets.has(label)) starts.push({ name: kernelName(label), slot });
    slot += opcode === LD_IMM64 ? 2 : 1;
  }
  return starts;
}
