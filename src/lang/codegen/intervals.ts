/** When each value is alive, as ranges of positions in the laid-out program. */
import {
  type Block,
  COMMUTATIVE,
  hasResult,
  type Instruction,
  isRematerialized,
  operandsOf,
  operandsOfTerminator,
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
  for (const block of blocks) {
    starts.push(position);
    position += STEP * (block.instructions.length + 2);
  }
  const liveOut = liveOutSets(layout);
  const collector = new RangeCollector();
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i] as Block;
    collector.begin(starts[i] as number, blockWeight(block, layout));
    collector.addBlock(block, liveOut[block.id] as Set<PlacedValue>);
  }
  const intervals = collector.byId.filter((interval) => interval !== undefined);
  for (const { ranges } of intervals) ranges.reverse();
  intervals.sort((a, b) => (a.ranges[0]?.from ?? 0) - (b.ranges[0]?.from ?? 0) || a.value.id - b.value.id);
  return { intervals, byId: collector.byId, starts };
}

/** Goes through the program from its end to its beginning, so that the range which grows is always an interval's last. */
class RangeCollector {
  readonly byId: (Interval | undefined)[] = [];
  /** Of the block at hand. */
  private from = 0;
  private weight = 0;

  begin(from: number, weight: number): void {
    this.from = from;
    this.weight = weight;
  }

  addBlock(block: Block, liveOut: ReadonlySet<PlacedValue>): void {
    const { instructions, terminator } = block;
    const end = this.from + STEP * (instructions.length + 1);
    for (const value of liveOut) this.extend(this.intervalOf(value), this.from, end + STEP);
    for (const successor of successorsOf(block)) this.addPhisOf(successor, block, end);
    if (terminator !== undefined) for (const value of operandsOfTerminator(terminator)) this.use(value, end);
    for (let i = instructions.length - 1, at = end - STEP; i >= 0; i--, at -= STEP)
      this.addInstruction(instructions[i] as Instruction, at);
    for (const phi of block.phis) this.define(phi, this.from);
  }

  /** Phis are written at the end of the predecessor. */
  private addPhisOf({ phis }: Block, predecessor: Block, end: number): void {
    for (const phi of phis) {
      const interval = this.intervalOf(phi);
      this.extend(interval, end + 2, end + STEP);
      interval.weight += this.weight;
    }
    for (const phi of phis) this.use(phi.incoming.get(predecessor) as Value, end);
  }

  private addInstruction(instruction: Instruction, at: number): void {
    if (hasResult(instruction)) this.define(instruction, at + 2);
    const late = operandsThatOutliveResult(instruction);
    for (const value of operandsOf(instruction)) this.use(value, late.includes(value) ? at + 2 : at);
  }

  private use(value: Value, at: number): void {
    if (isRematerialized(value)) return;
    const interval = this.intervalOf(value);
    this.extend(interval, this.from, at + 1);
    interval.weight += this.weight;
  }

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
function operandsThatOutliveResult(instruction: Instruction): Value[] {
  switch (instruction.op) {
    case 'binary':
      return instruction.left === instruction.right || COMMUTATIVE.has(instruction.operator) ? [] : [instruction.right];
    case 'compareExchange':
      return [instruction.base, instruction.value];
    default:
      return [];
  }
}

/**
 * By the block's id: what is alive at its end. Each use is followed back to its definition, so that values which never
 * leave their block, most of them, cost nothing (Boissinot et al., "Computing Liveness Sets for SSA-Form Programs", 2011).
 */
function liveOutSets({ blocks }: Layout): readonly Set<PlacedValue>[] {
  const liveOut: Set<PlacedValue>[] = [];
  const homes: Block[] = [];
  for (const block of blocks) {
    liveOut[block.id] = new Set();
    for (const { id } of block.phis) homes[id] = block;
    for (const { id } of block.instructions) homes[id] = block;
  }
  const use = (value: Value, block: Block): void => {
    if (isRematerialized(value)) return;
    const home = homes[value.id];
    if (home !== block) keepAliveBefore(value, block, home, liveOut);
  };
  for (const block of blocks) {
    for (const phi of block.phis) for (const [predecessor, value] of phi.incoming) use(value, predecessor);
    for (const instruction of block.instructions) for (const value of operandsOf(instruction)) use(value, block);
    if (block.terminator !== undefined) for (const value of operandsOfTerminator(block.terminator)) use(value, block);
  }
  return liveOut;
}

function keepAliveBefore(
  value: PlacedValue,
  block: Block,
  home: Block | undefined,
  liveOut: readonly Set<PlacedValue>[],
): void {
  const work = [block];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    for (const predecessor of at.predecessors) {
      const live = liveOut[predecessor.id];
      if (live === undefined || live.has(value)) continue;
      live.add(value);
      if (predecessor !== home) work.push(predecessor);
    }
  }
}

/** Of two lists that are ascending and disjoint in themselves. */
export function joinRanges(a: readonly Range[], b: readonly Range[]): Range[] {
  const all: Range[] = [];
  let i = 0;
  for (const range of b) {
    while (i < a.length && (a[i] as Range).from <= range.from) all.push(a[i++] as Range);
    all.push(range);
  }
  return mergeTouching([...all, ...a.slice(i)]);
}

function mergeTouching(ascending: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ascending) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to)
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else merged.push(range);
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
