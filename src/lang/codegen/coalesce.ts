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
  liveness.intervals.forEach((interval) => {
    const group: Group = { members: [interval], ranges: interval.ranges, within: undefined };
    groups.push(group);
    first[interval.value.id] = group;
  });
  const groupOf = (value: Value): Group | undefined => {
    let group = first[value.id];
    while (group?.within !== undefined) group = group.within;
    return group;
  };
  const wishes: Wish[] = [];
  layout.blocks.forEach((block) => addWishes(block, blockWeight(block, layout), wishes));
  wishes.sort((x, y) => y.weight - x.weight);
  wishes.forEach(({ a, b }) => {
    const x = groupOf(a);
    const y = groupOf(b);
    if (x === undefined || y === undefined || x === y || intersects(x.ranges, y.ranges)) return;
    if (x.members.length >= y.members.length) absorb(x, y);
    else absorb(y, x);
  });
  return groups.filter(({ within }) => within === undefined);
}

function absorb(large: Group, small: Group): void {
  small.members.forEach((member) => large.members.push(member));
  large.ranges = joinRanges(large.ranges, small.ranges);
  small.within = large;
}

export function unitOf(interval: Interval): Unit {
  return { members: [interval], ranges: interval.ranges };
}

function addWishes(block: Block, weight: number, wishes: Wish[]): void {
  successorsOf(block).forEach(({ phis }) =>
    phis.forEach((phi) => {
      const b = phi.incoming.get(block);
      if (b !== undefined && !isRematerialized(b)) wishes.push({ a: phi, b, weight });
    }),
  );
  const { instructions } = block;
  for (let i = 0; i < instructions.length; i++) addWishesOf(instructions[i] as Instruction, weight, wishes);
}

/** For the operands that an instruction overwrites with its result. */
function addWishesOf(a: Instruction, weight: number, wishes: Wish[]): void {
  const add = (b: Value, share: number): void => {
    if (!isRematerialized(b)) wishes.push({ a, b, weight: weight * share });
  };
  switch (a.op) {
    case 'binary':
      add(a.left, 1 / 2);
      if (COMMUTATIVE.has(a.operator)) add(a.right, 1 / 3);
      return;
    case 'negate':
    case 'plain':
    case 'byteSwap':
    case 'extend':
      add(a.operand, 1 / 2);
      return;
    default:
  }
}
