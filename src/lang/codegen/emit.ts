/** Instructions from allocated IR. */
import { AluOp, AtomicOp, Class, type Instruction as Insn, JumpOp, Mode, type Reference, Size, Source } from '../../asm/index.ts';
import { BugError } from '../../base/index.ts';
import type { Span } from '../diagnostic/index.ts';
import { type AccessSize, type BinaryOp, type Block, type CompareOp, type Instruction, isRematerialized, type Value } from '../ir/index.ts';
import type { Allocation, Location } from './allocate.ts';
import { covers, type Interval, type Liveness } from './intervals.ts';
import type { Layout } from './layout.ts';
import { type Move, orderMoves, type Place } from './moves.ts';

const FRAME = 10;

/** Thrown when an instruction needs a register more than are free: allocation is then tried with some kept back. */
export class NoFreeRegister extends Error {}

export interface Frame {
  /** Offset from r10 of a frame slot. */
  slotOffset(id: number): number;
  spillOffset(index: number): number;
}

export function emit(name: string, layout: Layout, liveness: Liveness, allocation: Allocation, frame: Frame): Insn[] {
  return new Emitter(name, layout, liveness, allocation, frame).run();
}

const SIZE: Record<AccessSize, number> = { 1: Size.B, 2: Size.H, 4: Size.W, 8: Size.DW };
const ALU: Partial<Record<BinaryOp, number>> = {
  add: AluOp.ADD, sub: AluOp.SUB, mul: AluOp.MUL, udiv: AluOp.DIV, sdiv: AluOp.DIV, umod: AluOp.MOD, smod: AluOp.MOD,
  and: AluOp.AND, or: AluOp.OR, xor: AluOp.XOR, shl: AluOp.LSH, lshr: AluOp.RSH, ashr: AluOp.ARSH,
};
const JUMP: Record<CompareOp, number> = {
  eq: JumpOp.JEQ, ne: JumpOp.JNE, ult: JumpOp.JLT, ule: JumpOp.JLE, ugt: JumpOp.JGT, uge: JumpOp.JGE,
  slt: JumpOp.JSLT, sle: JumpOp.JSLE, sgt: JumpOp.JSGT, sge: JumpOp.JSGE, set: JumpOp.JSET,
};
const INVERSE: Partial<Record<CompareOp, CompareOp>> = {
  eq: 'ne', ne: 'eq', ult: 'uge', uge: 'ult', ule: 'ugt', ugt: 'ule', slt: 'sge', sge: 'slt', sle: 'sgt', sgt: 'sle',
};
const SWAPPED: Record<CompareOp, CompareOp> = {
  eq: 'eq', ne: 'ne', ult: 'ugt', ule: 'uge', ugt: 'ult', uge: 'ule', slt: 'sgt', sle: 'sge', sgt: 'slt', sge: 'sle', set: 'set',
};
const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);

class Emitter {
  private readonly out: Insn[] = [];
  private label: string | undefined;
  private span: Span | undefined;
  private localLabels = 0;
  /** Registers taken as temporaries by the instruction at hand. */
  private temporaries: number[] = [];
  private position = 0;
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
    for (const [i, block] of this.layout.blocks.entries()) {
      this.label = this.labelOf(block);
      for (const instruction of block.instructions) {
        this.begin(this.liveness.positionOf.get(instruction) as number, instruction.span);
        this.emitInstruction(instruction);
      }
      this.begin(this.liveness.endOf.get(block) as number, this.span);
      this.emitTerminator(block, this.layout.blocks[i + 1]);
    }
    return this.out;
  }

  private begin(position: number, span: Span | undefined): void {
    this.position = position;
    this.span = span;
    this.temporaries = [];
  }

  private labelOf(block: Block): string {
    return `${this.name}.${block.id}`;
  }

  private push(opcode: number, dst: number, src: number, offset: number, imm: number, more: Partial<Insn> = {}): void {
    const label = this.label;
    this.label = undefined;
    this.out.push({
      opcode, dst, src, offset, imm,
      ...(label === undefined ? {} : { label }),
      ...(this.span === undefined ? {} : { source: this.span }),
      ...more,
    });
  }

  // ---- single instructions ------------------------------------------------------------------------

  private aluImm(op: number, dst: number, imm: number): void {
    this.push(Class.ALU64 | op | Source.K, dst, 0, 0, imm);
  }

  private aluReg(op: number, dst: number, src: number, offset = 0): void {
    this.push(Class.ALU64 | op | Source.X, dst, src, offset, 0);
  }

  private moveReg(dst: number, src: number): void {
    if (dst !== src) this.aluReg(AluOp.MOV, dst, src);
  }

  private loadImm64(dst: number, value: bigint, reference?: Reference): void {
    const imm64 = BigInt.asUintN(64, value);
    this.push(Class.LD | Mode.IMM | Size.DW, dst, 0, 0, Number(BigInt.asIntN(32, value)), { imm64, ...(reference === undefined ? {} : { reference }) });
  }

  private load(size: AccessSize, dst: number, base: number, offset: number): void {
    this.push(Class.LDX | Mode.MEM | SIZE[size], dst, base, offset, 0);
  }

  private storeReg(size: AccessSize, base: number, offset: number, src: number): void {
    this.push(Class.STX | Mode.MEM | SIZE[size], base, src, offset, 0);
  }

  private jumpIfImm(op: number, left: number, imm: number, target: string): void {
    this.push(Class.JMP | op | Source.K, left, 0, 0, imm, { jumpTo: target });
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
        if (fitsImm(value.value)) this.aluImm(AluOp.MOV, dst, Number(value.value));
        else this.loadImm64(dst, value.value);
        return;
      case 'frame':
        this.moveReg(dst, FRAME);
        this.aluImm(AluOp.ADD, dst, this.frame.slotOffset(value.slot.id) + value.offset);
        return;
      case 'map':
        this.loadImm64(dst, 0n, { kind: 'map', map: value.map });
        return;
      case 'mapValue':
        this.loadImm64(dst, 0n, { kind: 'mapValue', map: value.map, offset: value.offset });
        return;
      default:
        throw new BugError(`value ${value.id} (${value.op}) can't be made anew`);
    }
  }

  /** The value in some register; a spilled or remade one in a temporary. */
  private inRegister(value: Value): number {
    if (isRematerialized(value)) {
      const register = this.temporary();
      this.make(register, value);
      return register;
    }
    const location = this.allocation.locationOf(value);
    if (location.kind === 'register') return location.register;
    const register = this.temporary();
    this.load(8, register, FRAME, this.frame.spillOffset(location.index));
    return register;
  }

  /** Base register and offset for a memory access: frame addresses fold into r10. */
  private address(base: Value, offset: number): { register: number; offset: number } {
    if (base.op === 'frame') return { register: FRAME, offset: this.frame.slotOffset(base.slot.id) + base.offset + offset };
    return { register: this.inRegister(base), offset };
  }

  private into(dst: number, value: Value): void {
    if (isRematerialized(value)) {
      this.make(dst, value);
      return;
    }
    const location = this.allocation.locationOf(value);
    if (location.kind === 'register') this.moveReg(dst, location.register);
    else this.load(8, dst, FRAME, this.frame.spillOffset(location.index));
  }

  /** Runs `compute` with the register of the result, and stores it where the value is spilled. Unused results go nowhere. */
  private result(value: Instruction, compute: (dst: number) => void): void {
    const location = this.resultLocation(value);
    if (location?.kind === 'register') {
      compute(location.register);
      return;
    }
    const register = this.temporary();
    compute(register);
    if (location !== undefined) this.storeReg(8, FRAME, this.frame.spillOffset(location.index), register);
  }

  private resultLocation(value: Instruction): Location | undefined {
    const interval: Interval | undefined = this.liveness.intervalOf.get(value);
    return interval === undefined || !covers(interval.ranges, this.position + 2) ? undefined : this.allocation.locationOf(value);
  }

  // ---- instructions -------------------------------------------------------------------------------

  private emitInstruction(i: Instruction): void {
    switch (i.op) {
      case 'context':
        this.result(i, (dst) => this.moveReg(dst, 1));
        return;
      case 'binary':
        this.emitBinary(i);
        return;
      case 'negate':
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.aluImm(AluOp.NEG, dst, 0);
        });
        return;
      case 'byteSwap':
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.push(Class.ALU | AluOp.END | Source.X, dst, 0, 0, i.size * 8);
        });
        return;
      case 'extend':
        this.result(i, (dst) => {
          this.into(dst, i.operand);
          this.extend(dst, i.size, i.signed);
        });
        return;
      case 'log2':
        this.emitLog2(i);
        return;
      case 'load':
        this.emitLoad(i);
        return;
      case 'store':
        this.emitStore(i);
        return;
      case 'atomicAdd': {
        const { register, offset } = this.address(i.base, i.offset);
        const value = this.inRegister(i.value);
        this.push(Class.STX | Mode.ATOMIC | SIZE[i.size], register, value, offset, AtomicOp.ADD);
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

  private extend(dst: number, size: 1 | 2 | 4, signed: boolean): void {
    if (signed) {
      this.aluImm(AluOp.LSH, dst, 64 - size * 8);
      this.aluImm(AluOp.ARSH, dst, 64 - size * 8);
    } else if (size === 4) {
      this.push(Class.ALU | AluOp.MOV | Source.X, dst, dst, 0, 0);
    } else {
      this.aluImm(AluOp.AND, dst, size === 1 ? 0xff : 0xffff);
    }
  }

  private emitBinary(i: Instruction & { op: 'binary' }): void {
    const op = ALU[i.operator] as number;
    // Offset 1 makes division and modulo signed (cpu v4).
    const form = i.operator === 'sdiv' || i.operator === 'smod' ? 1 : 0;
    this.result(i, (dst) => {
      const right = i.right;
      if (right.op === 'const' && fitsImm(right.value)) {
        this.into(dst, i.left);
        this.push(Class.ALU64 | op | Source.K, dst, 0, form, Number(right.value));
        return;
      }
      const source = this.inRegister(right);
      if (source !== dst) {
        this.into(dst, i.left);
        this.aluReg(op, dst, source, form);
      } else if (COMMUTATIVE.has(i.operator)) {
        this.aluReg(op, dst, this.inRegister(i.left), form);
      } else {
        // left and right are the same value, or right was put into the temporary that is dst.
        const copy = this.temporary();
        this.moveReg(copy, source);
        this.into(dst, i.left);
        this.aluReg(op, dst, copy, form);
      }
    });
  }

  /** Binary search for the highest bit: 31, 16, 8, 4, 2, 1. */
  private emitLog2(i: Instruction & { op: 'log2' }): void {
    this.result(i, (dst) => {
      const rest = this.temporary();
      this.into(rest, i.operand);
      this.aluImm(AluOp.MOV, dst, 0);
      for (const bits of [31, 16, 8, 4, 2]) {
        const next = `${this.name}.log2.${this.localLabels++}`;
        this.jumpIfImm(JumpOp.JLE, rest, 2 ** bits - 1, next);
        this.aluImm(AluOp.ADD, dst, bits);
        this.aluImm(AluOp.RSH, rest, bits);
        this.label = next;
      }
      this.aluImm(AluOp.RSH, rest, 1);
      this.aluReg(AluOp.ADD, dst, rest);
    });
  }

  private emitLoad(i: Instruction & { op: 'load' }): void {
    this.result(i, (dst) => {
      const { register, offset } = this.address(i.base, i.offset);
      this.load(i.size, dst, register, offset);
      if (i.signed && i.size !== 8) this.extend(dst, i.size, true);
    });
  }

  private emitStore(i: Instruction & { op: 'store' }): void {
    const { register, offset } = this.address(i.base, i.offset);
    const value = i.value;
    if (value.op === 'const') {
      const imm = i.size === 8 ? value.value : BigInt.asIntN(32, value.value);
      if (fitsImm(imm)) {
        this.push(Class.ST | Mode.MEM | SIZE[i.size], register, 0, offset, Number(imm));
        return;
      }
    }
    this.storeReg(i.size, register, offset, this.inRegister(value));
  }

  private emitCompareExchange(i: Instruction & { op: 'compareExchange' }): void {
    this.temporaries.push(0);
    const { register, offset } = this.address(i.base, i.offset);
    const value = this.inRegister(i.value);
    this.into(0, i.expected);
    this.push(Class.STX | Mode.ATOMIC | SIZE[i.size], register, value, offset, AtomicOp.CMPXCHG);
    const location = this.resultLocation(i);
    if (location?.kind === 'register') this.moveReg(location.register, 0);
    else if (location !== undefined) this.storeReg(8, FRAME, this.frame.spillOffset(location.index), 0);
  }

  private emitCall(i: Instruction & { op: 'call' }): void {
    const moves: Move<Value>[] = i.args.map((arg, n) => ({ to: { kind: 'register', register: n + 1 }, from: this.sourceOf(arg) }));
    // r0 is destroyed by the call and, once it has been read, free for a cycle.
    this.emitMoves(moves, () => ({ kind: 'register', register: 0 }));
    this.push(Class.JMP | JumpOp.CALL, 0, 0, 0, i.helper);
    const location = this.resultLocation(i);
    if (location?.kind === 'register') this.moveReg(location.register, 0);
    else if (location !== undefined) this.storeReg(8, FRAME, this.frame.spillOffset(location.index), 0);
  }

  private sourceOf(value: Value): Move<Value>['from'] {
    return isRematerialized(value) ? { kind: 'make', source: value } : this.allocation.locationOf(value);
  }

  private emitMoves(moves: readonly Move<Value>[], breakCycle: () => Place): void {
    for (const { to, from } of orderMoves(moves, breakCycle)) {
      if (to.kind === 'register') {
        if (from.kind === 'make') this.make(to.register, from.source);
        else if (from.kind === 'register') this.moveReg(to.register, from.register);
        else this.load(8, to.register, FRAME, this.frame.spillOffset(from.index));
        continue;
      }
      const offset = this.frame.spillOffset(to.index);
      if (from.kind === 'register') {
        this.storeReg(8, FRAME, offset, from.register);
      } else if (from.kind === 'make' && from.source.op === 'const' && fitsImm(from.source.value)) {
        this.push(Class.ST | Mode.MEM | Size.DW, FRAME, 0, offset, Number(from.source.value));
      } else {
        const register = this.temporary();
        if (from.kind === 'make') this.make(register, from.source);
        else this.load(8, register, FRAME, this.frame.spillOffset(from.index));
        this.storeReg(8, FRAME, offset, register);
        this.temporaries.pop();
      }
    }
  }

  // ---- ends of blocks -----------------------------------------------------------------------------

  private emitTerminator(block: Block, next: Block | undefined): void {
    const terminator = block.terminator;
    switch (terminator?.op) {
      case 'exit':
        this.into(0, terminator.value);
        this.push(Class.JMP | JumpOp.EXIT, 0, 0, 0, 0);
        return;
      case 'jump':
        this.emitPhiMoves(block, terminator.target);
        this.jump(terminator.target, next);
        return;
      case 'branch':
        this.emitBranch(terminator, next);
        return;
      default:
        throw new BugError(`block ${block.id} of ${this.name} has no end`);
    }
  }

  private emitPhiMoves(block: Block, target: Block): void {
    const moves = target.phis
      .filter((phi) => this.liveness.intervalOf.has(phi))
      .map((phi): Move<Value> => ({ to: this.allocation.locationOf(phi), from: this.sourceOf(phi.incoming.get(block) as Value) }));
    // Temporaries must not be the target of one of these moves.
    for (const { to } of moves) if (to.kind === 'register') this.temporaries.push(to.register);
    this.emitMoves(moves, () => ({ kind: 'register', register: this.temporary() }));
  }

  private jump(target: Block, next: Block | undefined): void {
    if (target === next && this.label === undefined) return;
    // A block without instructions of its own still needs a place for its label.
    this.push(Class.JMP | JumpOp.JA, 0, 0, 0, 0, { jumpTo: this.labelOf(target) });
  }

  private emitBranch(terminator: { compare: CompareOp; left: Value; right: Value; then: Block; else: Block }, next: Block | undefined): void {
    let { compare, left, right, then, else: otherwise } = terminator;
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
    if (right.op === 'const' && fitsImm(right.value)) {
      this.jumpIfImm(JUMP[compare], register, Number(right.value), this.labelOf(then));
    } else {
      this.push(Class.JMP | JUMP[compare] | Source.X, register, this.inRegister(right), 0, 0, { jumpTo: this.labelOf(then) });
    }
    this.jump(otherwise, next);
  }
}

function fitsImm(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

