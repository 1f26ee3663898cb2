/** IR function -> eBPF instructions with labels and references. */
import { type Instruction as Insn, resolveLabels } from '../../asm/index.ts';
import { type FrameSlot, type IrFunction, operandsOf, operandsOfTerminator, type Value } from '../ir/index.ts';
import { allocateRegisters } from './allocate.ts';
import { emit, type Frame, NoFreeRegister } from './emit.ts';
import { computeLiveness } from './intervals.ts';
import { layoutBlocks } from './layout.ts';

/** Bytes of stack that a program has. */
export const STACK_BYTES = 512;

export type CodegenResult =
  | { readonly instructions: readonly Insn[]; readonly stackBytes: number }
  /** The program needs more stack than there is. */
  | { readonly stackOverflow: number };

/** Registers are first all given to values; if some instruction then lacks one for a moment, again with some kept back. */
const RESERVATIONS: readonly (readonly number[])[] = [[], [5], [0, 5], [0, 4, 5]];

export function generateCode(fn: IrFunction): CodegenResult {
  const layout = layoutBlocks(fn);
  const liveness = computeLiveness(layout);
  for (const reserved of RESERVATIONS) {
    const allocation = allocateRegisters(layout, liveness, reserved);
    const frame = new StackFrame(fn, allocation.spillCount);
    if (frame.sizeBytes > STACK_BYTES) return { stackOverflow: frame.sizeBytes };
    try {
      return {
        instructions: resolveLabels(emit(fn.name, layout, liveness, allocation, frame)),
        stackBytes: frame.sizeBytes,
      };
    } catch (error) {
      if (!(error instanceof NoFreeRegister)) throw error;
    }
  }
  throw new NoFreeRegister(`no registers left in ${fn.name}`);
}

/** Spilled words next to r10, then the slots that are used. */
class StackFrame implements Frame {
  readonly sizeBytes: number;
  private readonly offsets: number[] = [];

  constructor(fn: IrFunction, spillCount: number) {
    let used = spillCount * 8;
    for (const slot of usedSlots(fn)) {
      used += slot.sizeBytes;
      this.offsets[slot.id] = -used;
    }
    this.sizeBytes = used;
  }

  slotOffset(id: number): number {
    return this.offsets[id] as number;
  }

  spillOffset(index: number): number {
    return -8 * (index + 1);
  }
}

function usedSlots(fn: IrFunction): FrameSlot[] {
  const used = new Set<FrameSlot>();
  const note = (value: Value): void => {
    if (value.op === 'frame') used.add(value.slot);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) phi.incoming.forEach(note);
    for (const instruction of block.instructions) operandsOf(instruction).forEach(note);
    if (block.terminator !== undefined) operandsOfTerminator(block.terminator).forEach(note);
  }
  return fn.slots.filter((slot) => used.has(slot));
}
