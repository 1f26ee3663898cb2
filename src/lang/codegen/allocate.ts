/**
 * Register allocation: groups of values in order of their first definition each take a register that is free over
 * all their ranges. Where none is, the group falls apart; a single value then goes to the stack, or sends there what
 * costs less to keep in memory.
 */
import { type BinaryOp, type Block, type Instruction, isRematerialized, type Value } from '../ir/index.ts';
import { coalesce, type Unit, unitOf } from './coalesce.ts';
import { blockWeight, type Interval, type Liveness, STEP } from './intervals.ts';
import type { Layout } from './layout.ts';
import { Timeline } from './timeline.ts';

export type Location =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'spill'; readonly index: number };

export interface Allocation {
  locationOf(value: Value): Location;
  /** A register that holds nothing at these positions and is not in `except`. */
  freeRegister(from: number, to: number, except: readonly number[]): number | undefined;
  readonly spillCount: number;
}

/** Those that calls destroy first, and of them those first that few instructions ask for by name. */
const PREFERENCE = [5, 4, 3, 2, 1, 0, 6, 7, 8, 9];

const DIVISIONS: ReadonlySet<BinaryOp> = new Set(['udiv', 'sdiv', 'umod', 'smod']);

/** `reserved` registers are given to no value: they stay free for moves and spilled operands. */
export function allocateRegisters(layout: Layout, liveness: Liveness, reserved: readonly number[]): Allocation {
  const allocator = new Allocator(layout, liveness, reserved);
  allocator.run();
  return allocator;
}

class Allocator implements Allocation {
  private readonly layout: Layout;
  private readonly liveness: Liveness;
  private readonly allocatable: readonly number[];
  private readonly taken = new Map(PREFERENCE.map((register) => [register, new Timeline<Unit>()]));
  private readonly fixed: ReadonlyMap<number, Timeline<Instruction>>;
  private readonly hints: ReadonlyMap<Interval, ReadonlyMap<number, number>>;
  private readonly stack: Timeline<Interval>[] = [];
  private readonly locations = new Map<Interval, Location>();
  /** The group that each value belongs to, or did before it fell apart. */
  private readonly mates = new Map<Interval, readonly Interval[]>();

  constructor(layout: Layout, liveness: Liveness, reserved: readonly number[]) {
    this.layout = layout;
    this.liveness = liveness;
    this.allocatable = PREFERENCE.filter((register) => !reserved.includes(register));
    this.fixed = fixedRanges(layout, liveness);
    this.hints = collectHints(layout, liveness);
  }

  get spillCount(): number {
    return this.stack.length;
  }

  run(): void {
    const units = coalesce(this.layout, this.liveness);
    for (const { members } of units) for (const member of members) this.mates.set(member, members);
    units.sort((a, b) => start(a) - start(b));
    for (const unit of units) {
      if (this.takeFree(unit)) continue;
      for (const member of unit.members) this.place(unitOf(member));
    }
  }

  private takeFree(unit: Unit): boolean {
    const free = this.allocatable.filter((register) => this.isFree(register, unit));
    const register = this.preferred(unit, free);
    if (register === undefined) return false;
    this.assign(unit, register);
    return true;
  }

  private isFree(register: number, { ranges }: Unit): boolean {
    return this.avoidsCalls(register, ranges) && (this.taken.get(register) as Timeline<Unit>).isFree(ranges);
  }

  private avoidsCalls(register: number, ranges: Unit['ranges']): boolean {
    return (this.fixed.get(register) as Timeline<Instruction>).isFree(ranges);
  }

  /** The register that saves most moves, among those that are free. */
  private preferred(unit: Unit, free: readonly number[]): number | undefined {
    const weights = new Map<number, number>();
    const add = (register: number, weight: number): void => {
      if (free.includes(register)) weights.set(register, (weights.get(register) ?? 0) + weight);
    };
    for (const member of unit.members) {
      for (const [register, weight] of this.hints.get(member) ?? []) add(register, weight);
    }
    const [first, ...others] = unit.members;
    if (first !== undefined && others.length === 0) this.addMates(first, add);
    return [...weights].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? free[0];
  }

  /** Where the rest of a group that fell apart has gone. */
  private addMates(member: Interval, add: (register: number, weight: number) => void): void {
    for (const mate of this.mates.get(member) ?? []) {
      const location = this.locations.get(mate);
      if (location?.kind === 'register') add(location.register, mate.weight);
    }
  }

  private assign(unit: Unit, register: number): void {
    (this.taken.get(register) as Timeline<Unit>).add(unit.ranges, unit);
    for (const member of unit.members) this.locations.set(member, { kind: 'register', register });
  }

  private place(unit: Unit): void {
    if (this.takeFree(unit)) return;
    let best: { register: number; inTheWay: Set<Unit>; cost: number } | undefined;
    for (const register of this.allocatable) {
      if (!this.avoidsCalls(register, unit.ranges)) continue;
      const inTheWay = (this.taken.get(register) as Timeline<Unit>).ownersIn(unit.ranges);
      const cost = [...inTheWay].reduce((sum, other) => sum + costOf(other), 0);
      if (best === undefined || cost < best.cost) best = { register, inTheWay, cost };
    }
    if (best === undefined || best.cost >= costOf(unit)) {
      for (const member of unit.members) this.spill(member);
      return;
    }
    for (const other of best.inTheWay) (this.taken.get(best.register) as Timeline<Unit>).remove(other);
    this.assign(unit, best.register);
    for (const member of [...best.inTheWay].flatMap(({ members }) => members)) {
      this.locations.delete(member);
      if (!this.takeFree(unitOf(member))) this.spill(member);
    }
  }

  /** Values whose ranges never meet share a place on the stack: best those of one group. */
  private spill(interval: Interval): void {
    const places = (this.mates.get(interval) ?? []).map((mate) => this.locations.get(mate));
    const shared = places.flatMap((place) => (place?.kind === 'spill' ? [place.index] : []));
    const isFree = (index: number): boolean => (this.stack[index] as Timeline<Interval>).isFree(interval.ranges);
    let index = [...shared, ...this.stack.keys()].find(isFree);
    if (index === undefined) index = this.stack.push(new Timeline()) - 1;
    (this.stack[index] as Timeline<Interval>).add(interval.ranges, interval);
    this.locations.set(interval, { kind: 'spill', index });
  }

  locationOf(value: Value): Location {
    const interval = this.liveness.intervalOf.get(value);
    const location = interval === undefined ? undefined : this.locations.get(interval);
    if (location === undefined) throw new RangeError(`value ${value.id} (${value.op}) has no place`);
    return location;
  }

  freeRegister(from: number, to: number, except: readonly number[]): number | undefined {
    const ranges = [{ from, to }];
    return PREFERENCE.find(
      (register) => !except.includes(register) && (this.taken.get(register) as Timeline<Unit>).isFree(ranges),
    );
  }
}

function start(unit: Unit): number {
  return unit.ranges[0]?.from ?? 0;
}

/** What it costs to keep the values in memory, by the room that this would make. */
function costOf(unit: Unit): number {
  const weight = unit.members.reduce((sum, member) => sum + member.weight, 0);
  const length = unit.ranges.reduce((sum, range) => sum + range.to - range.from, 0) / STEP;
  return weight / (1 + length / 64);
}

/** Where the instruction set itself uses a register. */
function fixedRanges(layout: Layout, liveness: Liveness): Map<number, Timeline<Instruction>> {
  const fixed = new Map(PREFERENCE.map((register) => [register, new Timeline<Instruction>()]));
  for (const instruction of layout.blocks.flatMap((block) => block.instructions)) {
    const at = liveness.positionOf.get(instruction) as number;
    // An argument stands in its register from the start until it is taken.
    if (instruction.op === 'argument') fixed.get(instruction.index + 1)?.add([{ from: 0, to: at + 2 }], instruction);
    const registers = instruction.op === 'call' ? [0, 1, 2, 3, 4, 5] : instruction.op === 'compareExchange' ? [0] : [];
    for (const register of registers) fixed.get(register)?.add([{ from: at + 1, to: at + 2 }], instruction);
  }
  return fixed;
}

/** Registers in which instructions want or leave a value, each with how much that saves. */
function collectHints(layout: Layout, liveness: Liveness): Map<Interval, Map<number, number>> {
  const hints = new Map<Interval, Map<number, number>>();
  const addFor =
    (block: Block) =>
    (value: Value, register: number, share = 1): void => {
      const interval = isRematerialized(value) ? undefined : liveness.intervalOf.get(value);
      if (interval === undefined) return;
      let weights = hints.get(interval);
      if (weights === undefined) hints.set(interval, (weights = new Map()));
      weights.set(register, (weights.get(register) ?? 0) + share * blockWeight(block, layout));
    };
  for (const block of layout.blocks) {
    const add = addFor(block);
    for (const instruction of block.instructions) addHints(instruction, add);
    if (block.terminator?.op === 'exit') add(block.terminator.value, 0);
  }
  return hints;
}

function addHints(instruction: Instruction, add: (value: Value, register: number, share?: number) => void): void {
  switch (instruction.op) {
    case 'context':
      add(instruction, 1);
      return;
    case 'argument':
      add(instruction, instruction.index + 1);
      return;
    case 'call':
      add(instruction, 0);
      for (const [i, arg] of instruction.args.entries()) add(arg, i + 1);
      return;
    case 'compareExchange':
      add(instruction, 0);
      add(instruction.expected, 0);
      return;
    case 'binary':
      // A call's result is still in r0 when it has also been put where the next call does not destroy it; and the
      // machine code of a division is shortest there on x86-64.
      if (instruction.left.op === 'call' || DIVISIONS.has(instruction.operator)) add(instruction, 0, 0.25);
      return;
    default:
  }
}
