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

export class Assembler {
  private readonly out: Insn[] = [];
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
    const targets = new Set([own, ...this.out.map((insn) => insn.jumpTo)]);
    return this.out.map(({ label, ...insn }) =>
      label === undefined || !targets.has(label) ? insn : { ...insn, label },
    );
  }

  push(opcode: number, dst: number, src: number, offset: number, imm: number, more: Partial<Insn> = {}): void {
    const { label, span } = this;
    this.label = undefined;
    this.out.push({
      opcode,
      dst,
      src,
      offset,
      imm,
      ...(label === undefined ? {} : { label }),
      ...(span === undefined ? {} : { source: span }),
      ...more,
    });
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
    const imm64 = BigInt.asUintN(64, value);
    const more = { imm64, ...(reference === undefined ? {} : { reference }) };
    this.push(Class.LD | Mode.IMM | Size.DW, dst, 0, 0, Number(BigInt.asIntN(32, value)), more);
  }

  /** The address of a function of this program. */
  loadFunction(dst: number, name: string): void {
    this.push(Class.LD | Mode.IMM | Size.DW, dst, PseudoLoad.FUNC, 0, 0, { imm64: 0n, jumpTo: name });
  }

  call(callee: Callee): void {
    const opcode = Class.JMP | JumpOp.CALL;
    if (callee.kind === 'helper') this.push(opcode, 0, 0, 0, callee.id);
    else if (callee.kind === 'function') this.push(opcode, 0, PseudoCall.SUBPROGRAM, 0, 0, { jumpTo: callee.name });
    else this.push(opcode, 0, PseudoCall.KFUNC, 0, 0, { reference: { kind: 'kfunc', name: callee.name } });
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
    this.push(Class.JMP | JumpOp.JA, 0, 0, 0, 0, { jumpTo: target });
  }

  jumpIfImm(op: number, left: number, imm: number, target: string): void {
    this.push(Class.JMP | op | Source.K, left, 0, 0, imm, { jumpTo: target });
  }

  jumpIfReg(op: number, left: number, right: number, target: string): void {
    this.push(Class.JMP | op | Source.X, left, right, 0, 0, { jumpTo: target });
  }
}

/** Immediates are 32 bits, sign-extended. */
export function fitsImm(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

export function fitsOffset(offset: number): boolean {
  return offset >= -0x8000 && offset <= 0x7fff;
}
