/**
 * Register allocation: groups of values in order of their first definition each take a register that is free over
 * all their ranges. Where none is, the group falls apart; a single value then goes to the stack, or sends there what
 * costs less to keep in memory.
 */
import { type BinaryOp, type Block, type Instruction, isRematerialized, type Value } from '../ir/index.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';
import { coalesce, type Unit, unitOf } from './coalesce.ts';
import { blockWeight, type Interval, type Liveness, type Range, STEP } from './intervals.ts';
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

/** Of those that a call destroys. */
const LAST_DESTROYED = 5;

const DIVISIONS: ReadonlySet<BinaryOp> = new Set(['udiv', 'sdiv', 'umod', 'smod']);

/** `reserved` registers are given to no value: they stay free for moves and spilled operands. */
export function allocateRegisters(
  layout: Layout,
  liveness: Liveness,
  reserved: readonly number[],
  off: Off = NONE_OFF,
): Allocation {
  const allocator = new Allocator(layout, liveness, reserved);
  allocator.run(off.has('coalesce') ? liveness.intervals.map(unitOf) : coalesce(layout, liveness));
  return allocator;
}

class Allocator implements Allocation {
  private readonly allocatable: readonly number[];
  /** By register. */
  private readonly taken: readonly Timeline<Unit>[] = PREFERENCE.map(() => new Timeline<Unit>());
  private readonly clobbers: Clobbers;
  private readonly hints: Hints;
  private readonly stack: Timeline<Interval>[] = [];
  /** By the value's id. */
  private readonly locations: (Location | undefined)[] = [];
  /** The group that each value belongs to, or did before it fell apart. */
  private readonly mates = new Map<Interval, readonly Interval[]>();

  constructor(layout: Layout, liveness: Liveness, reserved: readonly number[]) {
    this.allocatable = PREFERENCE.filter((register) => !reserved.includes(register));
    this.clobbers = new Clobbers(layout, liveness, this.allocatable);
    this.hints = collectHints(layout, liveness);
  }

  get spillCount(): number {
    return this.stack.length;
  }

  run(units: Unit[]): void {
    units.forEach(({ members }) => {
      if (members.length > 1) members.forEach((member) => this.mates.set(member, members));
    });
    units.sort((a, b) => start(a) - start(b));
    units.forEach((unit) => {
      if (!this.takeFree(unit)) unit.members.forEach((member) => this.place(unitOf(member)));
    });
  }

  private takeFree(unit: Unit): boolean {
    const register = this.preferred(unit);
    if (register === undefined) return false;
    this.assign(unit, register);
    return true;
  }

  /** The register that saves most moves, among those that are free. */
  private preferred(unit: Unit): number | undefined {
    const survivors = this.clobbers.survivors(unit.ranges);
    const isFree = (register: number): boolean =>
      survivors.includes(register) && this.takenBy(register).isFree(unit.ranges);
    let best: number | undefined;
    let most = 0;
    const weights = this.weights(unit);
    for (let i = 0; i < weights.length; i++) {
      const { register, weight } = weights[i] as Wanted;
      if (weight <= most || !isFree(register)) continue;
      best = register;
      most = weight;
    }
    return best ?? survivors.find((register) => this.takenBy(register).isFree(unit.ranges));
  }

  private takenBy(register: number): Timeline<Unit> {
    return this.taken[register] as Timeline<Unit>;
  }

  /** What each register would save. */
  private weights({ members }: Unit): readonly Wanted[] {
    const weights: Wanted[] = [];
    members.forEach(({ value }) =>
      this.hints[value.id]?.forEach(({ register, weight }) => addWeight(weights, register, weight)),
    );
    if (members.length === 1) this.addMates(members[0] as Interval, weights);
    return weights;
  }

  /** Where the rest of a group that fell apart has gone. */
  private addMates(member: Interval, weights: Wanted[]): void {
    this.mates.get(member)?.forEach((mate) => {
      const location = this.locations[mate.value.id];
      if (location?.kind === 'register') addWeight(weights, location.register, mate.weight);
    });
  }

  private assign(unit: Unit, register: number): void {
    this.takenBy(register).add(unit.ranges, unit);
    const location: Location = { kind: 'register', register };
    unit.members.forEach(({ value }) => (this.locations[value.id] = location));
  }

  private place(unit: Unit): void {
    if (this.takeFree(unit)) return;
    let best: { register: number; inTheWay: Set<Unit>; cost: number } | undefined;
    for (const register of this.clobbers.survivors(unit.ranges)) {
      const inTheWay = this.takenBy(register).ownersIn(unit.ranges);
      const cost = [...inTheWay].reduce((sum, other) => sum + costOf(other), 0);
      if (best === undefined || cost < best.cost) best = { register, inTheWay, cost };
    }
    if (best === undefined || best.cost >= costOf(unit)) {
      for (const member of unit.members) this.spill(member);
      return;
    }
    for (const other of best.inTheWay) this.takenBy(best.register).remove(other);
    this.assign(unit, best.register);
    for (const member of [...best.inTheWay].flatMap(({ members }) => members)) {
      this.locations[member.value.id] = undefined;
      if (!this.takeFree(unitOf(member))) this.spill(member);
    }
  }

  /** Values whose ranges never meet share a place on the stack: best those of one group. */
  private spill(interval: Interval): void {
    const places = (this.mates.get(interval) ?? []).map((mate) => this.locations[mate.value.id]);
    const shared = places.flatMap((place) => (place?.kind === 'spill' ? [place.index] : []));
    const isFree = (index: number): boolean => (this.stack[index] as Timeline<Interval>).isFree(interval.ranges);
    let index = [...shared, ...this.stack.keys()].find(isFree);
    if (index === undefined) index = this.stack.push(new Timeline()) - 1;
    (this.stack[index] as Timeline<Interval>).add(interval.ranges, interval);
    this.locations[interval.value.id] = { kind: 'spill', index };
  }

  locationOf(value: Value): Location {
    const location = this.locations[value.id];
    if (location === undefined) throw new RangeError(`value ${value.id} (${value.op}) has no place`);
    return location;
  }

  freeRegister(from: number, to: number, except: readonly number[]): number | undefined {
    const ranges = [{ from, to }];
    return PREFERENCE.find((register) => !except.includes(register) && this.takenBy(register).isFree(ranges));
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

/** Where the instruction set itself uses registers. */
class Clobbers {
  /** Ascending positions at which r0 … r5 are destroyed, and others at which r0 is. */
  private readonly calls: number[] = [];
  private readonly exchanges: number[] = [];
  /** By register: up to where an argument may stand in it. */
  private readonly argumentEnds: number[] = [];
  private lastArgumentEnd = 0;
  private readonly registers: readonly number[];
  private readonly overCalls: readonly number[];

  constructor({ blocks }: Layout, { starts }: Liveness, registers: readonly number[]) {
    this.registers = registers;
    this.overCalls = registers.filter((register) => register > LAST_DESTROYED);
    for (let i = 0; i < blocks.length; i++) {
      const { instructions } = blocks[i] as Block;
      let at = starts[i] as number;
      for (let j = 0; j < instructions.length; j++) {
        const instruction = instructions[j] as Instruction;
        at += STEP;
        if (instruction.op === 'call') this.calls.push(at + 1);
        else if (instruction.op === 'compareExchange') this.exchanges.push(at + 1);
        else if (instruction.op === 'argument')
          this.argumentEnds[instruction.index + 1] = this.lastArgumentEnd = at + 2;
      }
    }
  }

  /** Those of the registers that keep a value over all these ranges, in their order. */
  survivors(ranges: readonly Range[]): readonly number[] {
    if (meetsAny(ranges, this.calls)) return this.overCalls;
    const from = ranges[0]?.from ?? 0;
    const overExchange = meetsAny(ranges, this.exchanges);
    if (!overExchange && from >= this.lastArgumentEnd) return this.registers;
    return this.registers.filter(
      (register) => !(register === 0 && overExchange) && from >= (this.argumentEnds[register] ?? 0),
    );
  }
}

function meetsAny(ranges: readonly Range[], positions: readonly number[]): boolean {
  for (let i = 0; i < ranges.length; i++) {
    const { from, to } = ranges[i] as Range;
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((positions[middle] as number) >= from) high = middle;
      else low = middle + 1;
    }
    if (low < positions.length && (positions[low] as number) < to) return true;
  }
  return false;
}

/** A register, and how much it saves to have a value there. */
interface Wanted {
  readonly register: number;
  weight: number;
}

/** Each register stands once on the list. */
function addWeight(list: Wanted[], register: number, weight: number): void {
  for (let i = 0; i < list.length; i++) {
    const wanted = list[i] as Wanted;
    if (wanted.register !== register) continue;
    wanted.weight += weight;
    return;
  }
  list.push({ register, weight });
}

/** By the value's id: registers in which instructions want or leave it. */
type Hints = readonly (readonly Wanted[] | undefined)[];

function collectHints(layout: Layout, liveness: Liveness): Hints {
  const hints: Wanted[][] = [];
  let blockShare = 1;
  const add = (value: Value, register: number, share = 1): void => {
    if (isRematerialized(value) || liveness.byId[value.id] === undefined) return;
    addWeight((hints[value.id] ??= []), register, share * blockShare);
  };
  for (let i = 0; i < layout.blocks.length; i++) {
    const block = layout.blocks[i] as Block;
    blockShare = blockWeight(block, layout);
    for (let j = 0; j < block.instructions.length; j++) addHints(block.instructions[j] as Instruction, add);
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
      for (let i = 0; i < instruction.args.length; i++) add(instruction.args[i] as Value, i + 1);
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
