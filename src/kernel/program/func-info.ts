import { Command } from '../../abi/index.ts';
import { PseudoLoad, type Instruction } from '../../asm/index.ts';
import { Attr, bpf } from '../sys/index.ts';
import { kernelName } from '../map/index.ts';

/** What PROG_LOAD wants to know of a program's functions. */
export interface FunctionInfo {
  /** Descriptor of the BTF that describes them, to be closed after the load. */
  readonly btfFd: number;
  /** `struct bpf_func_info` each: slot where the function begins, its type id. */
  readonly records: Uint8Array;
}

export const FUNC_INFO_BYTES = 8;

/**
 * Describes the functions of a program that passes one of them to a helper (bpf_loop and such), which the kernel
 * only allows with BTF. Undefined for other programs: they load without.
 */
export function describeFunctions(name: string, instructions: readonly Instruction[]): FunctionInfo | undefined {
  const takesAddress = instructions.some(({ src, jumpTo, imm64 }) => src === PseudoLoad.FUNC && jumpTo !== undefined && imm64 !== undefined);
  if (!takesAddress) return undefined;
  const functions = functionStarts(name, instructions);
  const FIRST_TYPE = 3;
  const records = new Uint8Array(Uint32Array.from(functions.flatMap(({ slot }, i) => [slot, FIRST_TYPE + i])).buffer);
  return { btfFd: loadFunctionBtf(functions.map((each) => each.name)), records };
}

/** The main function, and every target of a call or of a load of its address, in order. */
function functionStarts(name: string, instructions: readonly Instruction[]): { name: string; slot: number }[] {
  const SUBPROGRAM = 1;
  const isReference = ({ opcode, src }: Instruction): boolean => (opcode === 0x85 && src === SUBPROGRAM) || (opcode === 0x18 && src === PseudoLoad.FUNC);
  const targets = new Set(instructions.filter(isReference).map(({ jumpTo }) => jumpTo));
  const starts = [{ name: kernelName(name), slot: 0 }];
  let slot = 0;
  for (const { label, opcode } of instructions) {
    if (slot > 0 && label !== undefined && targets.has(label)) starts.push({ name: kernelName(label), slot });
    slot += opcode === 0x18 ? 2 : 1;
  }
  return starts;
}

/** Type 1 is `int`, 2 a prototype that returns it, and from 3 on the functions. */
function loadFunctionBtf(names: readonly string[]): number {
  const INT = 1 << 24;
  const FUNC = 12 << 24;
  const PROTOTYPE = 13 << 24;
  const SIGNED_32_BITS = (1 << 24) | 32;
  let strings = '\0int\0';
  const words = [1, INT, 4, SIGNED_32_BITS, 0, PROTOTYPE, 1];
  for (const name of names) {
    words.push(strings.length, FUNC, 2);
    strings += `${name}\0`;
  }
  const header = Uint32Array.of(0x0001eb9f, 24, 0, words.length * 4, words.length * 4, strings.length);
  const blob = Buffer.concat([new Uint8Array(header.buffer), new Uint8Array(Uint32Array.from(words).buffer), Buffer.from(strings)]);
  return bpf(Command.BtfLoad, new Attr(32).pointer(0, blob).u32(16, blob.length));
}
