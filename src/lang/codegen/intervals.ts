/** When each value is alive, as ranges of positions in the laid-out program. */
import {
  type Block,
  COMMUTATIVE,
  eachOperand,
  eachOperandOfTerminator,
  hasResult,
  type Instruction,
  isRematerialized,
  type Phi,
  type PlacedValue,
  successorsOf,
  type Value,
} from '../ir/index.ts';
import type { Layout } from './layout.ts';

/**
 * Each instruction has four positions: operands are read at +0, a call destroys its registers at +1, results are
 * written at +2; what must not share a register with the result lives through +2.
 */
export const STEP = 4;

/** Half-open. */
export interface Range {
  from: number;
  to: number;
}

export interface Interval {
  readonly value: PlacedValue;
  /** Ascending, disjoint. */
  ranges: Range[];
  /** Uses and definitions, each counted 10 times per loop that it stands in. */
  weight: number;
}

export interface Liveness {
  /** In order of the first definition. */
  readonly intervals: readonly Interval[];
  /** By the value's id; none for what is never used, and for what is made anew at each use. */
  readonly byId: readonly (Interval | undefined)[];
  /** Positions of the layout's blocks, in its order. Their instructions follow in steps of STEP, the terminator last. */
  readonly starts: readonly number[];
}

/** How often the block is assumed to run. */
export function blockWeight(block: Block, layout: Layout): number {
  return 10 ** Math.min(layout.loopDepth.get(block) ?? 0, 4) * (block.cold ? 0.01 : 1);
}

export function computeLiveness(layout: Layout): Liveness {
  const { blocks } = layout;
  const starts: number[] = [];
  let position = 0;
  blocks.forEach(({ instructions }) => {
    starts.push(position);
    position += STEP * (instructions.length + 2);
  });
  const liveOut = liveOutSets(layout);
  const collector = new RangeCollector();
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i] as Block;
    collector.begin(starts[i] as number, blockWeight(block, layout));
    collector.addBlock(block, liveOut[block.id] as readonly PlacedValue[]);
  }
  const intervals = collector.byId.filter((interval) => interval !== undefined);
  intervals.forEach(({ ranges }) => ranges.reverse());
  intervals.sort((a, b) => (a.ranges[0]?.from ?? 0) - (b.ranges[0]?.from ?? 0) || a.value.id - b.value.id);
  return { intervals, byId: collector.byId, starts };
}

/** Goes through the program from its end to its beginning, so that the range which grows is always an interval's last. */
class RangeCollector {
  readonly byId: (Interval | undefined)[] = [];
  /** Of the block at hand. */
  private from = 0;
  private weight = 0;
  /** Of the use at hand. */
  private at = 0;

  begin(from: number, weight: number): void {
    this.from = from;
    this.weight = weight;
  }

  addBlock(block: Block, liveOut: readonly PlacedValue[]): void {
    const { instructions, terminator, phis } = block;
    const end = this.from + STEP * (instructions.length + 1);
    liveOut.forEach((value) => this.extend(this.intervalOf(value), this.from, end + STEP));
    successorsOf(block).forEach((successor) => this.addPhisOf(successor, block, end));
    this.at = end;
    eachOperandOfTerminator(terminator, this.use);
    for (let i = instructions.length - 1, at = end - STEP; i >= 0; i--, at -= STEP)
      this.addInstruction(instructions[i] as Instruction, at);
    phis.forEach((phi) => this.define(phi, this.from));
  }

  /** Phis are written at the end of the predecessor. */
  private addPhisOf({ phis }: Block, predecessor: Block, end: number): void {
    phis.forEach((phi) => {
      const interval = this.intervalOf(phi);
      this.extend(interval, end + 2, end + STEP);
      interval.weight += this.weight;
    });
    this.at = end;
    phis.forEach((phi) => this.use(phi.incoming.get(predecessor) as Value));
  }

  private addInstruction(instruction: Instruction, at: number): void {
    if (hasResult(instruction)) this.define(instruction, at + 2);
    this.at = at;
    eachOperand(instruction, this.use);
    this.at = at + 2;
    eachOperandThatOutlivesResult(instruction, this.lengthen);
  }

  private readonly use = (value: Value): void => {
    if (isRematerialized(value)) return;
    const interval = this.intervalOf(value);
    this.extend(interval, this.from, this.at + 1);
    interval.weight += this.weight;
  };

  private readonly lengthen = (value: Value): void => {
    if (!isRematerialized(value)) this.extend(this.intervalOf(value), this.from, this.at + 1);
  };

  /** What is never used gets no interval, and so no register. */
  private define({ id }: PlacedValue, at: number): void {
    const interval = this.byId[id];
    if (interval === undefined) return;
    interval.weight += this.weight;
    const last = interval.ranges.at(-1);
    // What this block uses was opened at its start: it begins here.
    if (last?.from === this.from) last.from = at;
    else interval.ranges.push({ from: at, to: at + 1 });
  }

  private intervalOf(value: PlacedValue): Interval {
    return (this.byId[value.id] ??= { value, ranges: [], weight: 0 });
  }

  private extend({ ranges }: Interval, from: number, to: number): void {
    const last = ranges.at(-1);
    if (last === undefined || last.from > to) {
      ranges.push({ from, to });
    } else {
      if (from < last.from) last.from = from;
      if (to > last.to) last.to = to;
    }
  }
}

/** Operands that the emitted sequence still reads after it has begun to write the result. */
function eachOperandThatOutlivesResult(instruction: Instruction, visit: (value: Value) => void): void {
  if (instruction.op === 'binary') {
    if (instruction.left !== instruction.right && !COMMUTATIVE.has(instruction.operator)) visit(instruction.right);
  } else if (instruction.op === 'compareExchange') {
    visit(instruction.base);
    visit(instruction.value);
  }
}

/**
 * By the block's id: what is alive at its end. Each use is followed back to its definition, so that values which never
 * leave their block, most of them, cost nothing (Boissinot et al., "Computing Liveness Sets for SSA-Form Programs", 2011).
 */
function liveOutSets({ blocks }: Layout): readonly (readonly PlacedValue[])[] {
  const liveOut = new LiveOut(blocks);
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i] as Block;
    block.phis.forEach(({ incoming }) => incoming.forEach((value, predecessor) => liveOut.use(value, predecessor)));
    const use = (value: Value): void => liveOut.use(value, block);
    for (let j = 0; j < block.instructions.length; j++) eachOperand(block.instructions[j] as Instruction, use);
    eachOperandOfTerminator(block.terminator, use);
  }
  return liveOut.lists;
}

class LiveOut {
  /** By the block's id. */
  readonly lists: PlacedValue[][] = [];
  /** By the value's id: where it is defined. */
  private readonly homes: Block[] = [];
  /** A bit for each value that is on the list, a row for each block. */
  private readonly rows: Int32Array[] = [];
  private readonly work: Block[] = [];

  constructor(blocks: readonly Block[]) {
    const { homes } = this;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i] as Block;
      const { phis, instructions } = block;
      this.lists[block.id] = [];
      for (let j = 0; j < phis.length; j++) homes[(phis[j] as Phi).id] = block;
      for (let j = 0; j < instructions.length; j++) homes[(instructions[j] as Instruction).id] = block;
    }
  }

  use(value: Value, block: Block): void {
    if (isRematerialized(value)) return;
    const home = this.homes[value.id];
    if (home === block) return;
    const { work } = this;
    work.push(block);
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      const { predecessors } = at;
      for (let i = 0; i < predecessors.length; i++) {
        const predecessor = predecessors[i] as Block;
        if (this.add(predecessor, value) && predecessor !== home) work.push(predecessor);
      }
    }
  }

  /** False: it was there, or the block is none of the program's. */
  private add({ id }: Block, value: PlacedValue): boolean {
    const list = this.lists[id];
    if (list === undefined) return false;
    const row = (this.rows[id] ??= new Int32Array((this.homes.length >> 5) + 1));
    const bit = 1 << (value.id & 31);
    const word = row[value.id >> 5] as number;
    if ((word & bit) !== 0) return false;
    row[value.id >> 5] = word | bit;
    list.push(value);
    return true;
  }
}

/** Of two lists that are ascending and disjoint in themselves. */
export function joinRanges(a: readonly Range[], b: readonly Range[]): Range[] {
  const merged: Range[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = a[i];
    const y = b[j];
    const takesA = y === undefined || (x !== undefined && x.from <= y.from);
    const { from, to } = (takesA ? x : y) as Range;
    if (takesA) i++;
    else j++;
    const last = merged.at(-1);
    if (last === undefined || from > last.to) merged.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return merged;
}

export function intersects(a: readonly Range[], b: readonly Range[]): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i] as Range;
    const y = b[j] as Range;
    if (x.from < y.to && y.from < x.to) return true;
    if (x.to < y.to) i++;
    else j++;
  }
  return false;
}
