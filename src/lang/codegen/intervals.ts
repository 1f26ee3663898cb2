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
  readonly intervals: readonly Interval[];
  readonly intervalOf: ReadonlyMap<Value, Interval>;
  readonly positionOf: ReadonlyMap<Instruction | Block, number>;
  /** Position of each block's terminator. */
  readonly endOf: ReadonlyMap<Block, number>;
}

/** How often the block is assumed to run. */
export function blockWeight(block: Block, layout: Layout): number {
  return 10 ** Math.min(layout.loopDepth.get(block) ?? 0, 4) * (block.cold ? 0.01 : 1);
}

export function computeLiveness(layout: Layout): Liveness {
  const positionOf = new Map<Instruction | Block, number>();
  const endOf = new Map<Block, number>();
  let position = 0;
  for (const block of layout.blocks) {
    positionOf.set(block, position);
    position += STEP;
    for (const instruction of block.instructions) {
      positionOf.set(instruction, position);
      position += STEP;
    }
    endOf.set(block, position);
    position += STEP;
  }
  const liveOut = liveOutSets(layout);
  const intervalOf = new Map<Value, Interval>();
  for (const block of layout.blocks.toReversed()) {
    addBlock(block, layout, { intervalOf, positionOf, endOf, intervals: [] }, liveOut.get(block) as Set<PlacedValue>);
  }
  const intervals = [...intervalOf.values()];
  for (const interval of intervals) interval.ranges = normalizeRanges(interval.ranges);
  intervals.sort((a, b) => (a.ranges[0]?.from ?? 0) - (b.ranges[0]?.from ?? 0) || a.value.id - b.value.id);
  return { intervals, intervalOf, positionOf, endOf };
}

function addBlock(
  block: Block,
  layout: Layout,
  live: Liveness & { intervalOf: Map<Value, Interval> },
  liveOut: Set<PlacedValue>,
): void {
  const from = live.positionOf.get(block) as number;
  const end = live.endOf.get(block) as number;
  const weight = blockWeight(block, layout);
  const get = (value: PlacedValue): Interval => {
    let interval = live.intervalOf.get(value);
    if (interval === undefined) live.intervalOf.set(value, (interval = { value, ranges: [], weight: 0 }));
    return interval;
  };
  const use = (value: Value, at: number): void => {
    if (isRematerialized(value)) return;
    const interval = get(value as PlacedValue);
    interval.ranges.push({ from, to: at + 1 });
    interval.weight += weight;
  };
  /** What is never used gets no interval, and so no register. */
  const define = (value: PlacedValue, at: number): void => {
    const interval = live.intervalOf.get(value);
    if (interval === undefined) return;
    interval.weight += weight;
    // Ranges of this block were opened at its start: they begin at the definition.
    for (const range of interval.ranges) if (range.from === from && range.to > at) range.from = at;
    if (!interval.ranges.some((range) => range.from === at)) interval.ranges.push({ from: at, to: at + 1 });
  };
  for (const value of liveOut) get(value).ranges.push({ from, to: end + STEP });
  for (const successor of successorsOf(block)) {
    for (const phi of successor.phis) {
      use(phi.incoming.get(block) as Value, end);
      // The phi is written here, at the end of its predecessor.
      get(phi).ranges.push({ from: end + 2, to: end + STEP });
      get(phi).weight += weight;
    }
  }
  if (block.terminator !== undefined) for (const value of operandsOfTerminator(block.terminator)) use(value, end);
  for (const instruction of block.instructions.toReversed()) {
    const at = live.positionOf.get(instruction) as number;
    if (hasResult(instruction)) define(instruction, at + 2);
    const late = operandsThatOutliveResult(instruction);
    for (const value of operandsOf(instruction)) use(value, late.includes(value) ? at + 2 : at);
  }
  for (const phi of block.phis) define(phi, from);
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

function liveOutSets(layout: Layout): Map<Block, Set<PlacedValue>> {
  const liveIn = new Map<Block, Set<PlacedValue>>(layout.blocks.map((block) => [block, new Set()]));
  const liveOut = new Map<Block, Set<PlacedValue>>(layout.blocks.map((block) => [block, new Set()]));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of layout.blocks.toReversed()) {
      const out = liveOut.get(block) as Set<PlacedValue>;
      for (const successor of successorsOf(block))
        for (const value of liveIn.get(successor) as Set<PlacedValue>) out.add(value);
      const live = new Set(out);
      const use = (value: Value): void => {
        if (!isRematerialized(value)) live.add(value as PlacedValue);
      };
      for (const successor of successorsOf(block))
        for (const phi of successor.phis) use(phi.incoming.get(block) as Value);
      if (block.terminator !== undefined) operandsOfTerminator(block.terminator).forEach(use);
      for (const instruction of block.instructions.toReversed()) {
        live.delete(instruction);
        operandsOf(instruction).forEach(use);
      }
      for (const phi of block.phis) live.delete(phi);
      const before = liveIn.get(block) as Set<PlacedValue>;
      if (live.size !== before.size) {
        liveIn.set(block, live);
        changed = true;
      }
    }
  }
  return liveOut;
}

/** Ascending and disjoint. */
function normalizeRanges(ranges: readonly Range[]): Range[] {
  return mergeTouching(ranges.toSorted((a, b) => a.from - b.from));
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
