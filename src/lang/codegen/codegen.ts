/** IR function -> eBPF instructions with labels and references. */
import { type Instruction as Insn, resolveLabels } from '../../asm/index.ts';
import {
  type Block,
  eachOperand,
  eachUse,
  type FrameSlot,
  type Instruction,
  type IrFunction,
  type Value,
} from '../ir/index.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';
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

/** A function that some other compiler made; its first instruction bears the name that it is called by. */
export interface CompiledFunction {
  readonly instructions: readonly Insn[];
  readonly calls: readonly string[];
}

/** Registers are first all given to values; if some instruction then lacks one for a moment, again with some kept back. */
const RESERVATIONS: readonly (readonly number[])[] = [[], [5], [0, 5], [0, 4, 5]];

export function generateCode(fn: IrFunction, off: Off = NONE_OFF): CodegenResult {
  const code = generateFunction(fn, false, off);
  return 'stackOverflow' in code ? code : { ...code, instructions: resolveLabels(code.instructions) };
}

/**
 * A program of several functions, the first of which is where it begins. References between them keep their labels,
 * which tell the loader where functions begin; those that are `linked` follow where they are called. `calls` are found in the code; the stack is that of the deepest chain.
 */
export function generateProgram(
  all: readonly IrFunction[],
  linked: ReadonlyMap<string, CompiledFunction> = new Map(),
  off: Off = NONE_OFF,
): CodegenResult {
  const fns = reached(all);
  const more = linkedTo(fns, linked);
  if (fns.length === 1 && more.length === 0) return generateCode(fns[0] as IrFunction, off);
  const instructions: Insn[] = [];
  const frames = new Map<string, { readonly sizeBytes: number; readonly calls: readonly string[] }>();
  for (const [i, fn] of fns.entries()) {
    const code = generateFunction(fn, i > 0, off);
    if ('stackOverflow' in code) return code;
    instructions.push(...code.instructions);
    frames.set(fn.name, { sizeBytes: frameBytes(code.stackBytes), calls: calledFrom(fn) });
  }
  const depth = (name: string): number => {
    const frame = frames.get(name);
    return frame === undefined ? 0 : frame.sizeBytes + Math.max(0, ...frame.calls.map(depth));
  };
  const stackBytes = depth((fns[0] as IrFunction).name);
  for (const fn of more) instructions.push(...fn.instructions);
  return stackBytes > STACK_BYTES ? { stackOverflow: stackBytes } : { instructions, stackBytes };
}

/** With what they call in their turn. */
function linkedTo(
  fns: readonly IrFunction[],
  linked: ReadonlyMap<string, CompiledFunction>,
): readonly CompiledFunction[] {
  const names = new Set(linked.size === 0 ? [] : fns.flatMap(calledFrom).filter((name) => linked.has(name)));
  for (const name of names) for (const callee of linked.get(name)!.calls) names.add(callee);
  return [...names].map((name) => linked.get(name)!);
}

/** Without those that only dead code called: the kernel refuses what can't be reached. */
function reached(fns: readonly IrFunction[]): readonly IrFunction[] {
  if (fns.length === 1) return fns;
  const names = new Set(fns.slice(0, 1).map((fn) => fn.name));
  for (const name of names) {
    const fn = fns.find((candidate) => candidate.name === name);
    for (const called of fn === undefined ? [] : calledFrom(fn)) names.add(called);
  }
  return fns.filter((fn) => names.has(fn.name));
}

/** The kernel counts frames in units of 32 bytes, and none as nothing. */
function frameBytes(usedBytes: number): number {
  return Math.ceil(Math.max(1, usedBytes) / 32) * 32;
}

function calledFrom(fn: IrFunction): string[] {
  const called = new Set<string>();
  const note = (value: Value): void => {
    if (value.op === 'function') called.add(value.name);
  };
  for (let i = 0; i < fn.blocks.length; i++) {
    const { instructions } = fn.blocks[i] as Block;
    for (let j = 0; j < instructions.length; j++) {
      const instruction = instructions[j] as Instruction;
      if (instruction.op === 'call' && instruction.callee.kind === 'function') called.add(instruction.callee.name);
      eachOperand(instruction, note);
    }
  }
  return [...called];
}

function generateFunction(fn: IrFunction, isCalled: boolean, off: Off): CodegenResult {
  const layout = layoutBlocks(fn, off);
  const liveness = computeLiveness(layout);
  for (const reserved of RESERVATIONS) {
    const allocation = allocateRegisters(layout, liveness, reserved, off);
    const frame = new StackFrame(fn, allocation.spillCount);
    if (frame.sizeBytes > STACK_BYTES) return { stackOverflow: frame.sizeBytes };
    try {
      return {
        instructions: emit(
          { name: fn.name, isCalled, skipsEmpty: !off.has('merge-blocks') },
          layout,
          liveness,
          allocation,
          frame,
        ),
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

function usedSlots(fn: IrFunction): readonly FrameSlot[] {
  if (fn.slots.length === 0) return fn.slots;
  /** By the slot's id. */
  const used: boolean[] = [];
  const note = (value: Value): void => {
    if (value.op === 'frame') used[value.slot.id] = true;
  };
  eachUse(fn, note);
  return fn.slots.filter(({ id }) => used[id]);
}
