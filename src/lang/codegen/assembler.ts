/** Collects instructions; knows nothing of values. */
import {
  AluOp,
  Class,
  type Instruction as Insn,
  JumpOp,
  Mode,
  PseudoCall,
  PseudoLoad,
  type Reference,
  Size,
  Source,
} from '../../asm/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { AccessSize, Callee } from '../ir/index.ts';

export const FRAME = 10;
export const SIZE: Record<AccessSize, number> = { 1: Size.B, 2: Size.H, 4: Size.W, 8: Size.DW };

const MOVE = Class.ALU64 | AluOp.MOV | Source.X;

/** An instruction in the making. */
type Draft = { -readonly [K in keyof Insn]: Insn[K] };

export class Assembler {
  private readonly out: Draft[] = [];
  /** By the index of the instruction that would bear it. */
  private readonly labels: (string | undefined)[] = [];
  private readonly targets = new Set<string>();
  /** Stands at the next instruction. */
  private label: string | undefined;
  span: Span | undefined;

  /** At most one label may wait for its instruction. */
  place(label: string): void {
    this.label = label;
  }

  /** Whether a label stands at an instruction that is not there yet. */
  get awaitsInstruction(): boolean {
    return this.label !== undefined;
  }

  /** The instructions, with those labels that something jumps to, and with `own`. */
  finish(own: string): Insn[] {
    const { out, labels, targets } = this;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      if (label !== undefined && (label === own || targets.has(label))) (out[i] as Draft).label = label;
    }
    return out;
  }

  push(opcode: number, dst: number, src: number, offset: number, imm: number): Draft {
    const { label, span, out } = this;
    if (label !== undefined) {
      this.labels[out.length] = label;
      this.label = undefined;
    }
    const insn: Draft =
      span === undefined ? { opcode, dst, src, offset, imm } : { opcode, dst, src, offset, imm, source: span };
    out.push(insn);
    return insn;
  }

  private pushTo(target: string, opcode: number, dst: number, src: number, imm: number): Draft {
    const insn = this.push(opcode, dst, src, 0, imm);
    insn.jumpTo = target;
    this.targets.add(target);
    return insn;
  }

  aluImm(op: number, dst: number, imm: number, offset = 0): void {
    this.push(Class.ALU64 | op | Source.K, dst, 0, offset, imm);
  }

  aluReg(op: number, dst: number, src: number, offset = 0): void {
    this.push(Class.ALU64 | op | Source.X, dst, src, offset, 0);
  }

  move(dst: number, src: number): void {
    if (dst !== src && !this.isCopy(dst, src)) this.aluReg(AluOp.MOV, dst, src);
  }

  /** Whether the instruction before this one has just copied one to the other. */
  private isCopy(a: number, b: number): boolean {
    const last = this.out.at(-1);
    return this.label === undefined && last?.opcode === MOVE && last.dst === b && last.src === a;
  }

  /** Clears the high half. */
  move32(dst: number, src: number): void {
    this.push(Class.ALU | AluOp.MOV | Source.X, dst, src, 0, 0);
  }

  constant(dst: number, value: bigint): void {
    if (fitsImm(value)) this.aluImm(AluOp.MOV, dst, Number(value));
    else this.loadImm64(dst, value);
  }

  loadImm64(dst: number, value: bigint, reference?: Reference): void {
    const insn = this.push(Class.LD | Mode.IMM | Size.DW, dst, 0, 0, Number(BigInt.asIntN(32, value)));
    insn.imm64 = BigInt.asUintN(64, value);
    if (reference !== undefined) insn.reference = reference;
  }

  /** The address of a function of this program. */
  loadFunction(dst: number, name: string): void {
    this.pushTo(name, Class.LD | Mode.IMM | Size.DW, dst, PseudoLoad.FUNC, 0).imm64 = 0n;
  }

  call(callee: Callee): void {
    const opcode = Class.JMP | JumpOp.CALL;
    if (callee.kind === 'helper') this.push(opcode, 0, 0, 0, callee.id);
    else if (callee.kind === 'function') this.pushTo(callee.name, opcode, 0, PseudoCall.SUBPROGRAM, 0);
    else this.push(opcode, 0, PseudoCall.KFUNC, 0, 0).reference = { kind: 'kfunc', name: callee.name };
  }

  load(size: AccessSize, dst: number, base: number, offset: number): void {
    this.push(Class.LDX | Mode.MEM | SIZE[size], dst, base, offset, 0);
  }

  store(size: AccessSize, base: number, offset: number, src: number): void {
    this.push(Class.STX | Mode.MEM | SIZE[size], base, src, offset, 0);
  }

  storeImm(size: AccessSize, base: number, offset: number, imm: number): void {
    this.push(Class.ST | Mode.MEM | SIZE[size], base, 0, offset, imm);
  }

  atomic(operation: number, size: 4 | 8, base: number, offset: number, src: number): void {
    this.push(Class.STX | Mode.ATOMIC | SIZE[size], base, src, offset, operation);
  }

  jump(target: string): void {
    this.pushTo(target, Class.JMP | JumpOp.JA, 0, 0, 0);
  }

  jumpIfImm(op: number, left: number, imm: number, target: string): void {
    this.pushTo(target, Class.JMP | op | Source.K, left, 0, imm);
  }

  jumpIfReg(op: number, left: number, right: number, target: string): void {
    this.pushTo(target, Class.JMP | op | Source.X, left, right, 0);
  }
}

/** Immediates are 32 bits, sign-extended. */
export function fitsImm(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

export function fitsOffset(offset: number): boolean {
  return offset >= -0x8000 && offset <= 0x7fff;
}
