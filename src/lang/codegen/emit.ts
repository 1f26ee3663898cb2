/** Instructions from allocated IR. */
import { AluOp, AtomicOp, Class, type Instruction as Insn, JumpOp, Source } from '../../asm/index.ts';
import { BugError } from '../../base/index.ts';
import {
  type BinaryOp,
  type Block,
  COMMUTATIVE,
  type CompareOp,
  type Instruction,
  isRematerialized,
  type Terminator,
  type Value,
} from '../ir/index.ts';
import type { Allocation, Location } from './allocate.ts';
import { Assembler, fitsImm, fitsOffset, FRAME } from './assembler.ts';
import { type Liveness, STEP } from './intervals.ts';
import type { Layout } from './layout.ts';
import { changesNothing, type Move, orderMoves, type Place } from './moves.ts';

/** Thrown when an instruction needs a register more than are free: allocation is then tried with some kept back. */
export class NoFreeRegister extends Error {}

export interface Frame {
  /** Offset from r10 of a frame slot. */
  slotOffset(id: number): number;
  spillOffset(index: number): number;
}

/** `isCalled`: the first instruction bears the function's name, by which others refer to it. */
export function emit(
  { name, isCalled, skipsEmpty }: { readonly name: string; readonly isCalled: boolean; readonly skipsEmpty: boolean },
  layout: Layout,
  liveness: Liveness,
  allocation: Allocation,
  frame: Frame,
): Insn[] {
  const emitter = new Emitter(name, layout, liveness, allocation, frame);
  emitter.isCalled = isCalled;
  emitter.skipsEmpty = skipsEmpty;
  return emitter.run();
}

const ALU: Record<BinaryOp, number> = {
  add: AluOp.ADD,
  sub: AluOp.SUB,
  mul: AluOp.MUL,
  udiv: AluOp.DIV,
  sdiv: AluOp.DIV,
  umod: AluOp.MOD,
  smod: AluOp.MOD,
  and: AluOp.AND,
  or: AluOp.OR,
  xor: AluOp.XOR,
  shl: AluOp.LSH,
  lshr: AluOp.RSH,
  ashr: AluOp.ARSH,
};
const JUMP: Record<CompareOp, number> = {
  eq: JumpOp.JEQ,
  ne: JumpOp.JNE,
  ult: JumpOp.JLT,
  ule: JumpOp.JLE,
  ugt: JumpOp.JGT,
  uge: JumpOp.JGE,
  slt: JumpOp.JSLT,
  sle: JumpOp.JSLE,
  sgt: JumpOp.JSGT,
  sge: JumpOp.JSGE,
  set: JumpOp.JSET,
};
const INVERSE: Partial<Record<CompareOp, CompareOp>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  uge: 'ult',
  ule: 'ugt',
  ugt: 'ule',
  slt: 'sge',
  sge: 'slt',
  sle: 'sgt',
  sgt: 'sle',
};
const SWAPPED: Record<CompareOp, CompareOp> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ule: 'uge',
  ugt: 'ult',
  uge: 'ule',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
  set: 'set',
};
const R0: Place = { kind: 'register', register: 0 };

class Emitter {
  isCalled = false;
  skipsEmpty = true;
  private readonly asm = new Assembler();
  /** By the block's id. */
  private readonly labels: string[] = [];
  private localLabels = 0;
  /** Registers taken as temporaries by the instruction at hand. */
  private temporaries: number[] = [];
  private position = 0;
  /** Blocks of which nothing is left but a jump, and where they lead. */
  private readonly skipped = new Map<Block, Block>();
  private readonly name: string;
  private readonly layout: Layout;
  private readonly liveness: Liveness;
  private readonly allocation: Allocation;
  private readonly frame: Frame;

  constructor(name: string, layout: Layout, liveness: Liveness, allocation: Allocation, frame: Frame) {
    this.name = name;
    this.layout = layout;
    this.liveness = liveness;
    this.allocation = allocation;
    this.frame = frame;
  }

  run(): Insn[] {
    if (this.skipsEmpty) this.skipEmptyBlocks();
    const { blocks } = this.layout;
    let next = 0;
    for (let i = 0; i < blocks.length; i = next) {
      for (next = i + 1; next < blocks.length && this.skipped.has(blocks[next] as Block);) next++;
      // Nothing jumps to the entry, and it may have no instruction to bear a label: its own is the function's.
      if (i > 0) this.asm.place(this.labelOf(blocks[i] as Block));
      else if (this.isCalled) this.asm.place(this.name);
      this.emitBlock(blocks[i] as Block, this.liveness.starts[i] as number, blocks[next]);
    }
    return this.asm.finish(this.name);
  }

  private emitBlock(block: Block, start: number, next: Block | undefined): void {
    this.begin(start);
    const { instructions } = block;
    for (let i = 0; i < instructions.length; i++) {
      const instruction = instructions[i] as Instruction;
      this.asm.span = instruction.span;
      this.begin(this.position + STEP);
      this.emitInstruction(instruction);
    }
    this.asm.span = block.terminator?.span ?? this.asm.span;
    this.begin(this.position + STEP);
    this.emitTerminator(block, next);
  }

  private skipEmptyBlocks(): void {
    const leadsTo = new Map<Block, Block>();
    const { blocks } = this.layout;
    for (let i = 1; i < blocks.length; i++) {
      const block = blocks[i] as Block;
      const { terminator } = block;
      if (block.instructions.length > 0 || terminator?.op !== 'jump') continue;
      if (this.phiMoves(block, terminator.target).every(changesNothing)) leadsTo.set(block, terminator.target);
    }
    leadsTo.forEach((_, block) => {
      const seen = new Set<Block>();
      let end = block;
      for (let next = leadsTo.get(end); next !== undefined && !seen.has(end); next = leadsTo.get(end)) {
        seen.add(end);
        end = next;
      }
      // A round of empty blocks, an endless loop, stays.
      if (!leadsTo.has(end)) this.skipped.set(block, end);
    });
  }

  private begin(position: number): void {
    this.position = position;
    if (this.temporaries.length > 0) this.temporaries = [];
  }

  private labelOf(block: Block): string {
    return (this.labels[block.id] ??= `${this.name}.${block.id}`);
  }

  // ---- values in registers ------------------------------------------------------------------------

  private temporary(): number {
    const register = this.allocation.freeRegister(this.position, this.position + 3, this.temporaries);
    if (register === undefined) throw new NoFreeRegister();
    this.temporaries.push(register);
    return register;
  }

  private make(dst: number, value: Value): void {
    switch (value.op) {
      case 'const':
        this.asm.constant(dst, value.value);
        return;
      case 'frame':
        this.asm.move(dst, FRAME);
        this.asm.aluImm(AluOp.ADD, dst, this.frame.slotOffset(value.slot.id) + value.offset);
        return;
      case 'map':
        this.asm.loadImm64(dst, 0n, { kind: 'map', map: value.map });
        return;
      case 'mapValue':
        this.asm.loadImm64(dst, 0n, { kind: 'mapValue', map: value.map, offset: value.offset });
        return;
      case 'function':
        this.asm.loadFunction(dst, value.name);
        return;
      default:
        throw new BugError(`value ${value.id} (${value.op}) can't be made anew`);
    }
  }

  /** The value in some register; a spilled or remade one in `scratch`, or else in a temporary. */
  private inRegister(value: Value, scratch?: number): number {
    const location = isRematerialized(value) ? undefined : this.allocation.locationOf(value);
    if (location?.kind === 'register') return location.register;
    const register = scratch ?? this.temporary();
    this.into(register, value);
    return register;
  }

  private into(dst: number, value: Value): void {
    if (isRematerialized(value)) {
      this.make(dst, value);
      return;
    }
    const location = this.allocation.locationOf(value);
    if (location.kind === 'register') this.asm.move(dst, location.register);
    else this.asm.load(8, dst, FRAME, this.frame.spillOffset(location.index));
  }

  /** Base register and offset for a memory access: frame addresses fold into r10. */
  private address(base: Value, offset: number, scratch?: number): { register: number; offset: number } {
    if (base.op === 'frame') {
      return { register: FRAME, offset: this.frame.slotOffset(base.slot.id) + base.offset + offset };
    }
    if (fitsOffset(offset)) return { register: this.inRegister(base, scratch), offset };
    const register = scratch ?? this.temporary();
    this.into(register, base);
    this.asm.aluImm(AluOp.ADD, register, offset);
    return { register, offset: 0 };
  }

  /** Runs `compute` with the register of the result, and stores it where the value is spilled. */
  private result(value: Instruction, compute: (dst: number) => void): void {
    const location = this.resultLocation(value);
    if (location?.kind === 'register') {
      compute(location.register);
      return;
    }
    const register = this.temporary();
    compute(register);
    if (location !== undefined) this.asm.store(8, FRAME, this.frame.spillOffset(location.index), register);
  }

  private resultInR0(value: Instruction): void {
    const location = this.resultLocation(value);
    if (location?.kind === 'register') this.asm.move(location.register, 0);
    else if (location !== undefined) this.asm.store(8, FRAME, this.frame.spillOffset(location.index), 0);
  }

  /** Undefined where the result is not used. */
  private resultLocation(value: Instruction): Location | undefined {
    return this.liveness.byId[value.id] === undefined ? undefined : this.allocation.locationOf(value);
  }

  // ---- instructions -------------------------------------------------------------------------------

  private emitInstruction(i: Instruction): void {
    switch (i.op) {
      case 'context':
        this.result(i, (dst) => this.asm.move(dst, 1));
        return;
      case 'argument':
        this.emitArgument(i);
        return;
      case 'binary':
        this.result(i, (dst) => this.emitBinary(i, dst));
        return;
      case 'negate':
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.asm.aluImm(AluOp.NEG, dst, 0);
        });
        return;
      case 'plain':
        // Both processors are little-endian: a conversion to that order is no machine code at all.
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.asm.push(Class.ALU | AluOp.END | Source.K, dst, 0, 0, 64);
        });
        return;
      case 'byteSwap':
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.asm.push(Class.ALU | AluOp.END | Source.X, dst, 0, 0, i.size * 8);
        });
        return;
      case 'extend':
        this.result(i, (dst) => this.emitExtend(i, dst));
        return;
      case 'log2':
        this.result(i, (dst) => this.emitLog2(i, dst));
        return;
      case 'load':
        this.result(i, (dst) => {
          const { register, offset } = this.address(i.base, i.offset, dst);
          this.asm.load(i.size, dst, register, offset);
          if (i.signed && i.size !== 8) this.signExtend(dst, i.size);
        });
        return;
      case 'store':
        this.emitStore(i);
        return;
      case 'atomicAdd': {
        const { register, offset } = this.address(i.base, i.offset);
        this.asm.atomic(AtomicOp.ADD, i.size, register, offset, this.inRegister(i.value));
        return;
      }
      case 'compareExchange':
        this.emitCompareExchange(i);
        return;
      case 'call':
        this.emitCall(i);
        return;
    }
  }

  private emitExtend(i: Instruction & { op: 'extend' }, dst: number): void {
    if (i.size === 4 && !i.signed) {
      this.asm.move32(dst, this.inRegister(i.operand, dst));
      return;
    }
    this.into(dst, i.operand);
    if (i.signed) this.signExtend(dst, i.size);
    else this.asm.aluImm(AluOp.AND, dst, i.size === 1 ? 0xff : 0xffff);
  }

  /** By shifts: the instruction that does it in one step needs kernel 6.6. */
  private signExtend(dst: number, size: 1 | 2 | 4): void {
    this.asm.aluImm(AluOp.LSH, dst, 64 - size * 8);
    this.asm.aluImm(AluOp.ARSH, dst, 64 - size * 8);
  }

  private emitBinary(i: Instruction & { op: 'binary' }, dst: number): void {
    const op = ALU[i.operator];
    // Offset 1 makes division and modulo signed (cpu v4).
    const form = i.operator === 'sdiv' || i.operator === 'smod' ? 1 : 0;
    const { right } = i;
    if (right.op === 'const' && isImmediateFor(op, right.value)) {
      this.into(dst, i.left);
      this.asm.aluImm(op, dst, Number(right.value), form);
      return;
    }
    const source = this.inRegister(right);
    if (source !== dst) {
      this.into(dst, i.left);
      this.asm.aluReg(op, dst, source, form);
    } else {
      // Of a commutative operation the right operand may be the one that is overwritten; else both are one value.
      if (!COMMUTATIVE.has(i.operator) && i.left !== right)
        throw new BugError(`${i.operator} overwrites its right operand`);
      this.asm.aluReg(op, dst, this.inRegister(i.left), form);
    }
  }

  /** Binary search for the highest bit: 31, 16, 8, 4, 2, 1. */
  private emitLog2(i: Instruction & { op: 'log2' }, dst: number): void {
    const { asm } = this;
    const rest = this.temporary();
    this.into(rest, i.operand);
    asm.aluImm(AluOp.MOV, dst, 0);
    for (const bits of [31, 16, 8, 4, 2]) {
      const next = `${this.name}.log2.${this.localLabels++}`;
      asm.jumpIfImm(JumpOp.JLE, rest, 2 ** bits - 1, next);
      asm.aluImm(AluOp.ADD, dst, bits);
      asm.aluImm(AluOp.RSH, rest, bits);
      asm.place(next);
    }
    asm.aluImm(AluOp.RSH, rest, 1);
    asm.aluReg(AluOp.ADD, dst, rest);
  }

  private emitStore(i: Instruction & { op: 'store' }): void {
    const { register, offset } = this.address(i.base, i.offset);
    const { value } = i;
    if (value.op === 'const') {
      const imm = i.size === 8 ? value.value : BigInt.asIntN(32, value.value);
      if (fitsImm(imm)) {
        this.asm.storeImm(i.size, register, offset, Number(imm));
        return;
      }
    }
    this.asm.store(i.size, register, offset, this.inRegister(value));
  }

  private emitCompareExchange(i: Instruction & { op: 'compareExchange' }): void {
    this.temporaries.push(0);
    const { register, offset } = this.address(i.base, i.offset);
    const value = this.inRegister(i.value);
    this.into(0, i.expected);
    this.asm.atomic(AtomicOp.CMPXCHG, i.size, register, offset, value);
    this.resultInR0(i);
  }

  /** Straight to its place: any other register may still hold the next argument. */
  private emitArgument(i: Instruction & { op: 'argument' }): void {
    const location = this.resultLocation(i);
    const from = i.index + 1;
    if (location?.kind === 'register') this.asm.move(location.register, from);
    else if (location !== undefined) this.asm.store(8, FRAME, this.frame.spillOffset(location.index), from);
  }

  private emitCall(i: Instruction & { op: 'call' }): void {
    const moves = i.args.map((arg, n): Move<Value> => ({
      to: { kind: 'register', register: n + 1 },
      from: this.sourceOf(arg),
    }));
    // The call destroys r0; when only cycles are left, it has been read.
    this.emitMoves(orderMoves(moves, () => R0));
    this.asm.call(i.callee);
    this.resultInR0(i);
  }

  // ---- moves --------------------------------------------------------------------------------------

  private sourceOf(value: Value): Move<Value>['from'] {
    return isRematerialized(value) ? { kind: 'make', source: value } : this.allocation.locationOf(value);
  }

  private phiMoves(block: Block, target: Block): Move<Value>[] {
    return target.phis.map((phi) => ({
      to: this.allocation.locationOf(phi),
      from: this.sourceOf(phi.incoming.get(block) as Value),
    }));
  }

  private emitPhiMoves(block: Block, target: Block): void {
    if (target.phis.length === 0) return;
    const moves = this.phiMoves(block, target);
    this.emitMoves(orderMoves(moves, () => ({ kind: 'register', register: this.temporary() })));
  }

  private emitMoves(moves: readonly Move<Value>[]): void {
    moves.forEach(({ to, from }) => {
      if (to.kind === 'register') this.moveInto(to.register, from);
      else this.moveToStack(this.frame.spillOffset(to.index), from);
    });
  }

  private moveInto(register: number, from: Move<Value>['from']): void {
    if (from.kind === 'make') this.make(register, from.source);
    else if (from.kind === 'register') this.asm.move(register, from.register);
    else this.asm.load(8, register, FRAME, this.frame.spillOffset(from.index));
  }

  private moveToStack(offset: number, from: Move<Value>['from']): void {
    if (from.kind === 'register') {
      this.asm.store(8, FRAME, offset, from.register);
    } else if (from.kind === 'make' && from.source.op === 'const' && fitsImm(from.source.value)) {
      this.asm.storeImm(8, FRAME, offset, Number(from.source.value));
    } else {
      const register = this.temporary();
      this.moveInto(register, from);
      this.asm.store(8, FRAME, offset, register);
      this.temporaries.pop();
    }
  }

  // ---- ends of blocks -----------------------------------------------------------------------------

  private emitTerminator(block: Block, next: Block | undefined): void {
    const { terminator } = block;
    switch (terminator?.op) {
      case 'exit':
        this.into(0, terminator.value);
        this.asm.push(Class.JMP | JumpOp.EXIT, 0, 0, 0, 0);
        return;
      case 'jump':
        this.emitPhiMoves(block, terminator.target);
        this.jump(this.follow(terminator.target), next);
        return;
      case 'branch':
        this.emitBranch(terminator, next);
        return;
      default:
        throw new BugError(`block ${block.id} of ${this.name} has no end`);
    }
  }

  private follow(block: Block): Block {
    return this.skipped.get(block) ?? block;
  }

  private jump(target: Block, next: Block | undefined): void {
    // Even a block of which nothing is left needs an instruction to bear its label.
    if (target !== next || this.asm.awaitsInstruction || this.layout.rotatedHeads.has(target))
      this.asm.jump(this.labelOf(target));
  }

  private emitBranch(terminator: Terminator & { op: 'branch' }, next: Block | undefined): void {
    let { compare, left, right } = terminator;
    let then = this.follow(terminator.then);
    let otherwise = this.follow(terminator.else);
    if (then === otherwise) {
      this.jump(then, next);
      return;
    }
    if (left.op === 'const' && right.op !== 'const') {
      [left, right] = [right, left];
      compare = SWAPPED[compare];
    }
    const inverse = INVERSE[compare];
    if (then === next && inverse !== undefined) {
      [then, otherwise] = [otherwise, then];
      compare = inverse;
    }
    const register = this.inRegister(left);
    const target = this.labelOf(then);
    if (right.op === 'const' && fitsImm(right.value))
      this.asm.jumpIfImm(JUMP[compare], register, Number(right.value), target);
    else this.asm.jumpIfReg(JUMP[compare], register, this.inRegister(right), target);
    this.jump(otherwise, next);
  }
}

/** The verifier refuses to divide by an immediate zero, and to shift by more than there are bits. */
function isImmediateFor(op: number, value: bigint): boolean {
  if (op === AluOp.DIV || op === AluOp.MOD) return value !== 0n && fitsImm(value);
  if (op === AluOp.LSH || op === AluOp.RSH || op === AluOp.ARSH) return value >= 0n && value < 64n;
  return fitsImm(value);
}
