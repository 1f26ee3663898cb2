/**
 * Groups of values that had best share a register, so that no move is needed between them: a phi and what flows into
 * it, a result and the operand that the instruction overwrites. No two values of a group are alive at once.
 */
import { type Block, COMMUTATIVE, type Instruction, successorsOf, type Value } from '../ir/index.ts';
import { blockWeight, type Interval, intersects, type Liveness, normalizeRanges, type Range } from './intervals.ts';
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

export function coalesce(layout: Layout, liveness: Liveness): Unit[] {
  const units = new Map<Interval, Unit>(liveness.intervals.map((interval) => [interval, unitOf([interval])]));
  const wishes = layout.blocks.flatMap((block) => wishesOf(block, blockWeight(block, layout)));
  wishes.sort((x, y) => y.weight - x.weight);
  for (const { a, b } of wishes) {
    const x = units.get(liveness.intervalOf.get(a) as Interval);
    const y = units.get(liveness.intervalOf.get(b) as Interval);
    if (x === undefined || y === undefined || x === y || intersects(x.ranges, y.ranges)) continue;
    const joined = unitOf([...x.members, ...y.members]);
    for (const member of joined.members) units.set(member, joined);
  }
  return [...new Set(units.values())];
}

export function unitOf(members: readonly Interval[]): Unit {
  return { members, ranges: normalizeRanges(members.flatMap((member) => member.ranges)) };
}

function wishesOf(block: Block, weight: number): Wish[] {
  const wishes: Wish[] = [];
  for (const successor of successorsOf(block)) {
    for (const phi of successor.phis) {
      const b = phi.incoming.get(block);
      if (b !== undefined) wishes.push({ a: phi, b, weight });
    }
  }
  for (const instruction of block.instructions) {
    for (const [i, b] of overwritable(instruction).entries())
      wishes.push({ a: instruction, b, weight: weight / (2 + i) });
  }
  return wishes;
}

function overwritable(i: Instruction): Value[] {
  switch (i.op) {
    case 'binary':
      return COMMUTATIVE.has(i.operator) ? [i.left, i.right] : [i.left];
    case 'negate':
    case 'byteSwap':
    case 'extend':
      return [i.operand];
    default:
      return [];
  }
}
