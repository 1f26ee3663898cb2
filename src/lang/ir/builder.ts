/**
 * Builds one function in SSA form while the tree is walked. Mutable variables are turned into values on the fly
 * (after Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013).
 */
import { BugError } from '../../base/index.ts';
import type { Span } from '../diagnostic/index.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';
import { foldBinary, foldCompare, foldExtend } from './fold.ts';
import {
  type AccessSize,
  type BinaryOp,
  type Block,
  type Callee,
  COMMUTATIVE,
  type CompareOp,
  type FrameSlot,
  type Instruction,
  type IrFunction,
  type Phi,
  replaceOperands,
  type Value,
} from './ir.ts';

/** Without the members that the builder fills in. */
type NewInstruction = Instruction extends infer T ? (T extends Instruction ? Omit<T, 'id' | 'span'> : never) : never;

export class Builder {
  readonly function: IrFunction;
  /** Where instructions are appended; undefined: the code here can't be reached. */
  private current: Block | undefined;
  private nextId = 0;
  private readonly sealed = new Set<Block>();
  private readonly definitions = new Map<number, Map<Block, Value>>();
  private readonly incomplete = new Map<Block, Map<number, Phi>>();
  private readonly replaced = new Map<Value, Value>();
  /** Values of pure computations that dominate the current place, innermost scope last. */
  private readonly known: Map<string, Value>[] = [new Map()];
  span: Span | undefined;
  private readonly off: Off;

  constructor(name: string, off: Off = NONE_OFF) {
    this.off = off;
    this.function = { name, blocks: [], slots: [] };
    const entry = this.block();
    this.seal(entry);
    this.current = entry;
  }

  // ---- blocks -------------------------------------------------------------------------------------

  block(options: { cold?: boolean } = {}): Block {
    const block: Block = {
      id: this.nextId++,
      phis: [],
      instructions: [],
      terminator: undefined,
      predecessors: [],
      cold: options.cold ?? false,
    };
    this.function.blocks.push(block);
    return block;
  }

  get reachable(): boolean {
    return this.current !== undefined;
  }

  /** All predecessors of the block are known from now on. */
  seal(block: Block): void {
    for (const [variable, phi] of this.incomplete.get(block) ?? []) this.completePhi(variable, phi);
    this.incomplete.delete(block);
    this.sealed.add(block);
  }

  /** Goes on in `block`, which must have been jumped to if it is to be reachable. A loop's head is sealed by the caller. */
  enter(block: Block, options: { loop?: boolean } = {}): void {
    if (block.predecessors.length === 0) {
      this.current = undefined;
      this.function.blocks.splice(this.function.blocks.indexOf(block), 1);
      return;
    }
    if (options.loop !== true) this.seal(block);
    this.current = block;
  }

  jump(target: Block): void {
    const from = this.current;
    if (from === undefined) return;
    from.terminator = { op: 'jump', target, span: this.span };
    target.predecessors.push(from);
    this.current = undefined;
  }

  branch(compare: CompareOp, left: Value, right: Value, then: Block, otherwise: Block): void {
    const from = this.current;
    if (from === undefined) return;
    if (left.op === 'const' && right.op === 'const' && !this.off.has('fold')) {
      this.jump(foldCompare(compare, left.value, right.value) ? then : otherwise);
      return;
    }
    if (then === otherwise) {
      this.jump(then);
      return;
    }
    from.terminator = { op: 'branch', compare, left, right, then, else: otherwise, span: this.span };
    then.predecessors.push(from);
    otherwise.predecessors.push(from);
    this.current = undefined;
  }

  exit(value: Value): void {
    if (this.current === undefined) return;
    this.current.terminator = { op: 'exit', value, span: this.span };
    this.current = undefined;
  }

  // ---- values -------------------------------------------------------------------------------------

  constant(value: bigint | number): Value {
    return { id: this.nextId++, op: 'const', value: BigInt.asIntN(64, BigInt(value)) };
  }

  slot(sizeBytes: number): FrameSlot {
    const slot: FrameSlot = { id: this.function.slots.length, sizeBytes: (sizeBytes + 7) & ~7 };
    this.function.slots.push(slot);
    return slot;
  }

  frame(slot: FrameSlot, offset = 0): Value {
    return { id: this.nextId++, op: 'frame', slot, offset };
  }

  map(map: string): Value {
    return { id: this.nextId++, op: 'map', map };
  }

  mapValue(map: string, offset: number): Value {
    return { id: this.nextId++, op: 'mapValue', map, offset };
  }

  private append(instruction: NewInstruction): Instruction {
    const placed = { ...instruction, id: this.nextId++, span: this.span } as Instruction;
    this.current?.instructions.push(placed);
    return placed;
  }

  /** In another function than the program's first: where it finds the context. */
  contextFrom: (() => Value) | undefined;

  context(): Value {
    const { contextFrom } = this;
    if (contextFrom !== undefined) return this.remembered('context', contextFrom);
    return this.remembered('context', () => {
      const placed = { op: 'context', id: this.nextId++, span: undefined } as Instruction;
      const entry = this.function.blocks[0] as Block;
      entry.instructions.unshift(placed);
      (this.known[0] as Map<string, Value>).set('context', placed);
      return placed;
    });
  }

  binary(operator: BinaryOp, left: Value, right: Value): Value {
    if (left.op === 'const' && right.op === 'const' && !this.off.has('fold')) {
      const folded = foldBinary(operator, left.value, right.value);
      if (folded !== undefined) return this.constant(folded);
    }
    if (right.op === 'const') {
      const simpler = this.simplify(operator, left, right.value);
      if (simpler !== undefined) return simpler;
    }
    if (left.op === 'const' && right.op !== 'const' && COMMUTATIVE.has(operator)) {
      return this.binary(operator, right, left);
    }
    return this.append({ op: 'binary', operator, left, right });
  }

  private simplify(operator: BinaryOp, left: Value, right: bigint): Value | undefined {
    const isShift = operator === 'shl' || operator === 'lshr' || operator === 'ashr';
    if (isShift && (right < 0n || right > 63n)) return this.binary(operator, left, this.constant(right & 63n));
    return (
      (this.off.has('fold') ? undefined : this.simplifyIdentity(operator, left, right)) ??
      (this.off.has('strength') ? undefined : this.simplifyPowerOfTwo(operator, left, right))
    );
  }

  private simplifyIdentity(operator: BinaryOp, left: Value, right: bigint): Value | undefined {
    const isShift = operator === 'shl' || operator === 'lshr' || operator === 'ashr';
    if (right === 0n && (operator === 'mul' || operator === 'and')) return this.constant(0);
    if (
      right === 0n &&
      (operator === 'add' || operator === 'sub' || operator === 'or' || operator === 'xor' || isShift)
    )
      return left;
    if (right === 1n && (operator === 'mul' || operator === 'udiv' || operator === 'sdiv')) return left;
    if (operator === 'add' && left.op === 'frame') return this.frame(left.slot, left.offset + Number(right));
    if (operator === 'add' && left.op === 'mapValue') return this.mapValue(left.map, left.offset + Number(right));
    return undefined;
  }

  private simplifyPowerOfTwo(operator: BinaryOp, left: Value, right: bigint): Value | undefined {
    const isPowerOfTwo = right > 0n && (right & (right - 1n)) === 0n;
    if (isPowerOfTwo && (operator === 'mul' || operator === 'udiv')) {
      const shift = this.constant(right.toString(2).length - 1);
      return this.binary(operator === 'mul' ? 'shl' : 'lshr', left, shift);
    }
    if (isPowerOfTwo && operator === 'umod') return this.binary('and', left, this.constant(right - 1n));
    return undefined;
  }

  add(base: Value, offset: number): Value {
    return this.binary('add', base, this.constant(offset));
  }

  negate(operand: Value): Value {
    const folds = operand.op === 'const' && !this.off.has('fold');
    return folds ? this.constant(-operand.value) : this.append({ op: 'negate', operand });
  }

  plain(operand: Value): Value {
    return this.append({ op: 'plain', operand });
  }

  byteSwap(size: 2 | 4 | 8, operand: Value): Value {
    return this.append({ op: 'byteSwap', size, operand });
  }

  extend(size: AccessSize, signed: boolean, operand: Value): Value {
    if (size === 8) return operand;
    if (this.off.has('fold')) return this.append({ op: 'extend', size, signed, operand });
    if (operand.op === 'const') return this.constant(foldExtend(operand.value, size, signed));
    if (operand.op === 'load' && isExtended(operand, size, signed)) return operand;
    return this.append({ op: 'extend', size, signed, operand });
  }

  log2(operand: Value): Value {
    return this.append({ op: 'log2', operand });
  }

  load(size: AccessSize, signed: boolean, base: Value, offset = 0): Value {
    return this.append({ op: 'load', size, signed, base, offset });
  }

  store(size: AccessSize, base: Value, offset: number, value: Value): void {
    this.append({ op: 'store', size, base, offset, value });
  }

  atomicAdd(size: 4 | 8, base: Value, offset: number, value: Value): void {
    this.append({ op: 'atomicAdd', size, base, offset, value });
  }

  compareExchange(size: 4 | 8, base: Value, offset: number, expected: Value, value: Value): Value {
    return this.append({ op: 'compareExchange', size, base, offset, expected, value });
  }

  call(helper: number, args: Value[]): Value {
    return this.append({ op: 'call', callee: { kind: 'helper', id: helper }, args });
  }

  callFunction(callee: Callee & { kind: 'function' | 'kernelFunction' }, args: Value[]): Value {
    return this.append({ op: 'call', callee, args });
  }

  /** The arguments of a function are taken at its very beginning, in order. */
  argument(index: number): Value {
    return this.append({ op: 'argument', index });
  }

  functionAddress(name: string): Value {
    return { id: this.nextId++, op: 'function', name };
  }

  // ---- what is known already ----------------------------------------------------------------------

  /** The value of a pure computation: made at most once on every path that leads here. */
  once(key: string, make: () => Value): Value {
    return this.off.has('share') ? make() : this.remembered(key, make);
  }

  /** The same, whichever optimizations are switched off. */
  remembered(key: string, make: () => Value): Value {
    for (let i = this.known.length - 1; i >= 0; i--) {
      const found = this.known[i]?.get(key);
      if (found !== undefined) return found;
    }
    const value = make();
    if (this.current !== undefined) this.known.at(-1)?.set(key, value);
    return value;
  }

  /** Runs `build` for code that does not dominate what comes after it: what it computes is forgotten. */
  scope<T>(build: () => T): T {
    this.known.push(new Map());
    try {
      return build();
    } finally {
      this.known.pop();
    }
  }

  // ---- variables ----------------------------------------------------------------------------------

  private readonly fresh = { next: 1_000_000 };

  /** A new mutable variable; ids of script variables are below a million. */
  temporary(): number {
    return this.fresh.next++;
  }

  write(variable: number, value: Value): void {
    if (this.current !== undefined) this.define(variable, this.current, value);
  }

  /** Zero where it was never written. */
  read(variable: number): Value {
    return this.current === undefined ? this.constant(0) : this.resolve(this.readIn(variable, this.current));
  }

  private define(variable: number, block: Block, value: Value): void {
    let perBlock = this.definitions.get(variable);
    if (perBlock === undefined) this.definitions.set(variable, (perBlock = new Map()));
    perBlock.set(block, value);
  }

  private readIn(variable: number, block: Block): Value {
    const local = this.definitions.get(variable)?.get(block);
    if (local !== undefined) return this.resolve(local);
    let value: Value;
    if (!this.sealed.has(block)) {
      const phi = this.phi(block);
      let pending = this.incomplete.get(block);
      if (pending === undefined) this.incomplete.set(block, (pending = new Map()));
      pending.set(variable, phi);
      value = phi;
    } else if (block.predecessors.length === 0) {
      value = this.constant(0);
    } else if (block.predecessors.length === 1) {
      value = this.readIn(variable, block.predecessors[0] as Block);
    } else {
      const phi = this.phi(block);
      this.define(variable, block, phi);
      value = this.completePhi(variable, phi);
    }
    this.define(variable, block, value);
    return value;
  }

  private phi(block: Block): Phi {
    const phi: Phi = { id: this.nextId++, op: 'phi', block, incoming: new Map() };
    block.phis.push(phi);
    return phi;
  }

  private completePhi(variable: number, phi: Phi): Value {
    for (const predecessor of phi.block.predecessors) phi.incoming.set(predecessor, this.readIn(variable, predecessor));
    return this.simplifyPhi(phi);
  }

  /** A phi of one value (and itself) is that value. */
  private simplifyPhi(phi: Phi): Value {
    let only: Value | undefined;
    for (const incoming of phi.incoming.values()) {
      const value = this.resolve(incoming);
      if (value === phi || (only !== undefined && sameValue(only, value))) continue;
      if (only !== undefined) return phi;
      only = value;
    }
    if (only !== undefined && this.off.has('copies')) return phi;
    const value = only ?? this.constant(0);
    phi.block.phis.splice(phi.block.phis.indexOf(phi), 1);
    this.replaced.set(phi, value);
    return value;
  }

  private resolve(value: Value): Value {
    let found = value;
    for (let next = this.replaced.get(found); next !== undefined; next = this.replaced.get(found)) found = next;
    return found;
  }

  /** Checks that every block ends, and puts simplified values in place. */
  finish(): IrFunction {
    const replace = (value: Value): Value => this.resolve(value);
    this.function.blocks.forEach(({ id, terminator }) => {
      if (terminator === undefined) throw new BugError(`block ${id} of ${this.function.name} has no end`);
    });
    if (this.replaced.size > 0) replaceOperands(this.function, replace);
    return this.function;
  }
}

/** Whether a loaded value is already what extending its low `size` bytes would make of it. */
function isExtended(load: { size: AccessSize; signed: boolean }, size: AccessSize, signed: boolean): boolean {
  if (load.signed === signed) return load.size <= size;
  return !load.signed && load.size < size;
}

function sameValue(a: Value, b: Value): boolean {
  return a === b || (a.op === 'const' && b.op === 'const' && a.value === b.value);
}
