/**
 * Register allocation: values in order of their first definition each take a register that is free over all their
 * ranges; where none is, the value (or those in its way) that costs least to keep in memory goes to the stack.
 */
import { type Block, type Instruction, isRematerialized, successorsOf, type Value } from '../ir/index.ts';
import { intersects, type Interval, type Liveness, type Range, STEP } from './intervals.ts';
import type { Layout } from './layout.ts';

export type Location = { readonly kind: 'register'; readonly register: number } | { readonly kind: 'spill'; readonly index: number };

export interface Allocation {
  locationOf(value: Value): Location;
  /** A register that holds nothing at these positions and is not in `except`. */
  freeRegister(from: number, to: number, except: readonly number[]): number | undefined;
  readonly spillCount: number;
}

const CALLEE_SAVED = [6, 7, 8, 9];
const ALL = [0, 1, 2, 3, 4, 5, ...CALLEE_SAVED];

/** `reserved` registers are given to no value: they stay free for moves and spilled operands. */
export function allocateRegisters(layout: Layout, liveness: Liveness, reserved: readonly number[]): Allocation {
  const allocator = new Allocator(layout, liveness, reserved);
  allocator.run();
  return allocator;
}

class Allocator implements Allocation {
  private readonly taken = new Map<number, Interval[]>(ALL.map((register) => [register, []]));
  private readonly fixed: ReadonlyMap<number, Range[]>;
  private readonly registers = new Map<Interval, number>();
  private readonly spills = new Map<Interval, number>();
  private readonly hints: ReadonlyMap<Interval, Hint[]>;
  private readonly spilledRanges: Interval[][] = [];
  private readonly liveness: Liveness;
  private readonly allocatable: readonly number[];

  constructor(layout: Layout, liveness: Liveness, reserved: readonly number[]) {
    this.liveness = liveness;
    this.allocatable = ALL.filter((register) => !reserved.includes(register));
    this.fixed = fixedRanges(layout, liveness);
    this.hints = collectHints(layout, liveness);
  }

  get spillCount(): number {
    return this.spilledRanges.length;
  }

  run(): void {
    for (const interval of this.liveness.intervals) this.place(interval);
  }

  private place(interval: Interval): void {
    const free = this.allocatable.filter((register) => this.isFree(register, interval.ranges));
    const register = this.preferred(interval, free);
    if (register === undefined) this.makeRoom(interval);
    else this.assign(interval, register);
  }

  private isFree(register: number, ranges: readonly Range[]): boolean {
    if (intersects(this.fixed.get(register) ?? [], ranges)) return false;
    return !(this.taken.get(register) as Interval[]).some((other) => intersects(other.ranges, ranges));
  }

  /** A hinted register if it is free; else one that calls destroy (they are plentiful), else a saved one. */
  private preferred(interval: Interval, free: readonly number[]): number | undefined {
    for (const hint of this.hints.get(interval) ?? []) {
      const register = hint.kind === 'register' ? hint.register : this.registers.get(hint.interval);
      if (register !== undefined && free.includes(register)) return register;
    }
    return free[0];
  }

  private assign(interval: Interval, register: number): void {
    this.registers.set(interval, register);
    (this.taken.get(register) as Interval[]).push(interval);
  }

  private makeRoom(interval: Interval): void {
    const cost = (one: Interval): number => one.weight / (1 + length(one) / 64);
    let best: { register: number; inTheWay: Interval[]; cost: number } | undefined;
    for (const register of this.allocatable) {
      if (intersects(this.fixed.get(register) ?? [], interval.ranges)) continue;
      const inTheWay = (this.taken.get(register) as Interval[]).filter((other) => intersects(other.ranges, interval.ranges));
      const total = inTheWay.reduce((sum, other) => sum + cost(other), 0);
      if (best === undefined || total < best.cost) best = { register, inTheWay, cost: total };
    }
    if (best === undefined || best.cost >= cost(interval)) {
      this.spill(interval);
      return;
    }
    const list = this.taken.get(best.register) as Interval[];
    for (const other of best.inTheWay) {
      list.splice(list.indexOf(other), 1);
      this.registers.delete(other);
      this.spill(other);
    }
    this.assign(interval, best.register);
  }

  /** Values whose ranges never meet share a place on the stack. */
  private spill(interval: Interval): void {
    let index = this.spilledRanges.findIndex((others) => !others.some((other) => intersects(other.ranges, interval.ranges)));
    if (index < 0) index = this.spilledRanges.push([]) - 1;
    (this.spilledRanges[index] as Interval[]).push(interval);
    this.spills.set(interval, index);
  }

  locationOf(value: Value): Location {
    const interval = this.liveness.intervalOf.get(value);
    const register = interval === undefined ? undefined : this.registers.get(interval);
    if (register !== undefined) return { kind: 'register', register };
    const index = interval === undefined ? undefined : this.spills.get(interval);
    if (index === undefined) throw new RangeError(`value ${value.id} (${value.op}) has no place`);
    return { kind: 'spill', index };
  }

  freeRegister(from: number, to: number, except: readonly number[]): number | undefined {
    const ranges = [{ from, to }];
    return ALL.find(
      (register) => !except.includes(register) && !(this.taken.get(register) as Interval[]).some((other) => intersects(other.ranges, ranges)),
    );
  }
}

function length(interval: Interval): number {
  return interval.ranges.reduce((sum, range) => sum + range.to - range.from, 0) / STEP;
}

/** Where the instruction set itself uses a register. */
function fixedRanges(layout: Layout, liveness: Liveness): Map<number, Range[]> {
  const fixed = new Map<number, Range[]>(ALL.map((register) => [register, []]));
  for (const block of layout.blocks) {
    for (const instruction of block.instructions) {
      const at = liveness.positionOf.get(instruction) as number;
      if (instruction.op === 'call') for (let r = 0; r <= 5; r++) fixed.get(r)?.push({ from: at + 1, to: at + 2 });
      if (instruction.op === 'compareExchange') fixed.get(0)?.push({ from: at, to: at + 2 });
    }
  }
  return fixed;
}

type Hint = { readonly kind: 'register'; readonly register: number } | { readonly kind: 'same'; readonly interval: Interval };

/** Registers that would make a move needless. */
function collectHints(layout: Layout, liveness: Liveness): Map<Interval, Hint[]> {
  const hints = new Map<Interval, Hint[]>();
  const add = (value: Value, hint: Hint): void => {
    const interval = isRematerialized(value) ? undefined : liveness.intervalOf.get(value);
    if (interval === undefined) return;
    const list = hints.get(interval);
    if (list === undefined) hints.set(interval, [hint]);
    else list.push(hint);
  };
  const same = (a: Value, b: Value): void => {
    const x = liveness.intervalOf.get(a);
    const y = liveness.intervalOf.get(b);
    if (x === undefined || y === undefined) return;
    add(a, { kind: 'same', interval: y });
    add(b, { kind: 'same', interval: x });
  };
  for (const block of layout.blocks) {
    for (const instruction of block.instructions) addInstructionHints(instruction, add, same);
    addPhiHints(block, same);
    if (block.terminator?.op === 'exit') add(block.terminator.value, { kind: 'register', register: 0 });
  }
  return hints;
}

function addInstructionHints(instruction: Instruction, add: (value: Value, hint: Hint) => void, same: (a: Value, b: Value) => void): void {
  switch (instruction.op) {
    case 'context':
      add(instruction, { kind: 'register', register: 1 });
      break;
    case 'call':
      add(instruction, { kind: 'register', register: 0 });
      for (const [i, arg] of instruction.args.entries()) add(arg, { kind: 'register', register: i + 1 });
      break;
    case 'binary':
      same(instruction, instruction.left);
      break;
    case 'negate':
    case 'byteSwap':
    case 'extend':
      same(instruction, instruction.operand);
      break;
    case 'compareExchange':
      add(instruction, { kind: 'register', register: 0 });
      break;
    default:
      break;
  }
}

function addPhiHints(block: Block, same: (a: Value, b: Value) => void): void {
  for (const successor of successorsOf(block)) {
    for (const phi of successor.phis) {
      const incoming = phi.incoming.get(block);
      if (incoming !== undefined) same(phi, incoming);
    }
  }
}

