/** Compares a program with what the kernel made of it, by walking both at once along every path. */
import { disassemble, type Instruction } from '../../src/asm/index.ts';

const CLASS = 0x07;
const isWide = ({ opcode }: Instruction): boolean => opcode === 0x18;
const isCall = ({ opcode }: Instruction): boolean => opcode === 0x85;
const isExit = ({ opcode }: Instruction): boolean => opcode === 0x95;
const isGoto = ({ opcode }: Instruction): boolean => opcode === 0x05 || opcode === 0x06;
const isBranch = (one: Instruction): boolean =>
  [5, 6].includes(one.opcode & CLASS) && !isCall(one) && !isExit(one) && !isGoto(one);
const isDivision = ({ opcode }: Instruction): boolean =>
  [4, 7].includes(opcode & CLASS) && [0x30, 0x90].includes(opcode & 0xf0);
const isLoad = ({ opcode }: Instruction): boolean => (opcode & CLASS) === 1;

/** The longest code that a kernel puts in place of one instruction of ours. */
const LONGEST_REWRITE = 24;

interface Code {
  readonly list: readonly Instruction[];
  /** Where each instruction starts: a wide load takes two slots. */
  readonly slots: readonly number[];
  readonly indexOfSlot: ReadonlyMap<number, number>;
}

function code(list: readonly Instruction[]): Code {
  let next = 0;
  const slots = list.map((one) => {
    const slot = next;
    next += isWide(one) ? 2 : 1;
    return slot;
  });
  return { list, slots, indexOfSlot: new Map(slots.map((slot, i) => [slot, i])) };
}

const target = ({ list, slots, indexOfSlot }: Code, i: number): number =>
  indexOfSlot.get(slots[i]! + 1 + (list[i]!.opcode === 0x06 ? list[i]!.imm : list[i]!.offset)) ?? -1;

/** Past jumps that are always taken: kernels drop and add them. */
function settle(program: Code, i: number): number {
  for (let steps = 0; i >= 0 && i < program.list.length && isGoto(program.list[i]!); i = target(program, i)) {
    if (steps++ > program.list.length) return i; // a loop of nothing
  }
  return i;
}

/** Whether the kernel's instruction does what ours does. The numbers of helpers, maps and addresses are the kernel's own. */
function isSame(our: Instruction, their: Instruction): boolean {
  if (our.opcode !== their.opcode || (our.dst !== their.dst && !isCall(our))) return false;
  if (isCall(our)) return true;
  if (isWide(our)) return our.reference !== undefined || our.src !== 0 || our.imm64 === their.imm64;
  if (isBranch(our)) return our.src === their.src && our.imm === their.imm;
  return our.src === their.src && our.offset === their.offset && our.imm === their.imm;
}

/**
 * What a kernel may put other code in place of: helpers and kfuncs that it inlines, divisions that it guards
 * against zero, and, in programs of perf events, loads from the context, which is laid out otherwise in the kernel.
 */
const isRewritten = (one: Instruction, isPerfEvent: boolean): boolean =>
  isCall(one) || isDivision(one) || (isPerfEvent && isLoad(one));

export interface Comparison {
  /** The place that the kernel's code does not follow. */
  readonly difference?: string;
  /** Instructions of ours that were found as they are, and that were found rewritten. */
  readonly kept: number;
  readonly rewritten: number;
}

export function compare(
  program: readonly Instruction[],
  dump: readonly Instruction[],
  isPerfEvent: boolean,
): Comparison {
  const [ours, theirs] = [code(program), code(dump)];
  /** Pairs of places: true while it is assumed or known that the kernel's code does from there what ours does. */
  const known = new Map<number, boolean>();
  const kept = new Set<number>();
  const rewritten = new Set<number>();
  let deepest = 0;

  const follows = (i: number, j: number): boolean => {
    [i, j] = [settle(ours, i), settle(theirs, j)];
    const pair = i * (dump.length + 1) + j;
    const before = known.get(pair);
    if (before !== undefined) return before;
    const [our, their] = [program[i], dump[j]];
    if (our === undefined || their === undefined) return false;
    const assumedFrom = known.size;
    known.set(pair, true);
    if (step(i, j, our, their)) return true;
    for (const later of [...known.keys()].slice(assumedFrom)) if (known.get(later)) known.delete(later); // they leaned on this
    known.set(pair, false);
    deepest = Math.max(deepest, i);
    return false;
  };

  const step = (i: number, j: number, our: Instruction, their: Instruction): boolean => {
    if (isSame(our, their)) {
      kept.add(i);
      if (isExit(our)) return true;
      if (isBranch(our) && follows(target(ours, i), target(theirs, j)) && follows(i + 1, j + 1)) return true;
      if (!isBranch(our) && follows(i + 1, j + 1)) return true;
      kept.delete(i);
    }
    // A branch that always goes one way is gone.
    if (isBranch(our)) return follows(i + 1, j) || follows(target(ours, i), j);
    if (!isRewritten(our, isPerfEvent)) return false;
    for (let length = 1; length <= LONGEST_REWRITE && !isExit(dump[j + length - 1] ?? dump[j]!); length++) {
      if (!follows(i + 1, j + length)) continue;
      rewritten.add(i);
      return true;
    }
    return false;
  };

  if (follows(0, 0)) return { kept: kept.size, rewritten: rewritten.size };
  const numbered = (list: readonly Instruction[]): string =>
    list.map((one, i) => `${i}: ${disassemble(one)}`).join('\n');
  return {
    kept: 0,
    rewritten: 0,
    difference: `from ${deepest} of ours:\n${numbered(program)}\n\nthe kernel runs:\n${numbered(dump)}`,
  };
}
