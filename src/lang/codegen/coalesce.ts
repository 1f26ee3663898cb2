/**
 * Groups of values that had best share a register, so that no move is needed between them: a phi and what flows into
 * it, a result and the operand that the instruction overwrites. No two values of a group are alive at once.
 */
import { type Block, COMMUTATIVE, type Instruction, isRematerialized, successorsOf, type Value } from '../ir/index.ts';
import { blockWeight, type Interval, intersects, type Liveness, joinRanges, type Range } from './intervals.ts';
import type { Layout } from './layout.ts';

/** What one register is looked for. */
export interface Unit {
  readonly members: readonly Interval[];
  /** Ascending, disjoint. */
  readonly ranges: readonly Range[];
}

interface Wish {
  readonly a: Value;
  readonly b: Value;
  readonly weight: number;
}

/** A unit that grows, until it goes up in another one. */
interface Group {
  readonly members: Interval[];
  ranges: readonly Range[];
  within: Group | undefined;
}

export function coalesce(layout: Layout, liveness: Liveness): Unit[] {
  const groups: Group[] = [];
  /** By the value's id. */
  const first: (Group | undefined)[] = [];
  for (const interval of liveness.intervals) {
    const group: Group = { members: [interval], ranges: interval.ranges, within: undefined };
    groups.push(group);
    first[interval.value.id] = group;
  }
  const groupOf = (value: Value): Group | undefined => {
    let group = isRematerialized(value) ? undefined : first[value.id];
    while (group?.within !== undefined) group = group.within;
    return group;
  };
  const wishes: Wish[] = [];
  for (const block of layout.blocks) addWishes(block, blockWeight(block, layout), wishes);
  wishes.sort((x, y) => y.weight - x.weight);
  for (const { a, b } of wishes) {
    const x = groupOf(a);
    const y = groupOf(b);
    if (x === undefined || y === undefined || x === y || intersects(x.ranges, y.ranges)) continue;
    const [large, small] = x.members.length >= y.members.length ? [x, y] : [y, x];
    large.members.push(...small.members);
    large.ranges = joinRanges(large.ranges, small.ranges);
    small.within = large;
  }
  return groups.filter(({ within }) => within === undefined);
}

export function unitOf(interval: Interval): Unit {
  return { members: [interval], ranges: interval.ranges };
}

function addWishes(block: Block, weight: number, wishes: Wish[]): void {
  for (const successor of successorsOf(block)) {
    for (const phi of successor.phis) {
      const b = phi.incoming.get(block);
      if (b !== undefined) wishes.push({ a: phi, b, weight });
    }
  }
  for (const instruction of block.instructions) {
    const operands = overwritable(instruction);
    for (let i = 0; i < operands.length; i++)
      wishes.push({ a: instruction, b: operands[i] as Value, weight: weight / (2 + i) });
  }
}

function overwritable(i: Instruction): Value[] {
  switch (i.op) {
    case 'binary':
      return COMMUTATIVE.has(i.operator) ? [i.left, i.right] : [i.left];
    case 'negate':
    case 'plain':
    case 'byteSwap':
    case 'extend':
      return [i.operand];
    default:
      return [];
  }
}
