/**
 * The intermediate representation: SSA over basic blocks; of the functions of an eBPF program, each is one of these.
 *
 * Every value is 64 bits wide and fits a register. What is larger lives in memory: in a frame slot, in the data
 * region, in a map's value or in a ring buffer record, and is handled by address. Values without a place in a block
 * (constants, frame and map addresses) are made anew where they are used: in BPF that is cheaper than to keep them.
 *
 * Passes over it run in code that V8 has not compiled yet. There `for … of` over a list makes an object for each of its
 * items, which for all passes together is half of what a compile allocates: they go by index, or by forEach.
 */
import type { Span } from '../diagnostic/index.ts';

export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'udiv'
  | 'sdiv'
  | 'umod'
  | 'smod'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'lshr'
  | 'ashr';
export type CompareOp = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge' | 'set';
export type AccessSize = 1 | 2 | 4 | 8;

export const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);

/** A piece of the stack frame, aligned to 8 bytes. Its place below r10 is chosen by code generation. */
export interface FrameSlot {
  readonly id: number;
  readonly sizeBytes: number;
}

interface ValueBase {
  readonly id: number;
}

export type Value =
  // made where used
  | (ValueBase & { readonly op: 'const'; readonly value: bigint })
  | (ValueBase & { readonly op: 'frame'; readonly slot: FrameSlot; readonly offset: number })
  | (ValueBase & { readonly op: 'map'; readonly map: string })
  | (ValueBase & { readonly op: 'mapValue'; readonly map: string; readonly offset: number })
  /** The address of another function of the program, for a helper to call. */
  | (ValueBase & { readonly op: 'function'; readonly name: string })
  // defined in a block
  | PlacedValue;

export type PlacedValue = Phi | Instruction;

export type Phi = ValueBase & { readonly op: 'phi'; readonly block: Block; readonly incoming: Map<Block, Value> };

export type Instruction = ValueBase & { readonly span: Span | undefined } &
  /** The program's context pointer; first instruction of the entry block. */
  (
    | { readonly op: 'context' }
    /** What a function was called with, by position 0 … 4; first instructions of the entry block. */
    | { readonly op: 'argument'; readonly index: number }
    | { readonly op: 'binary'; readonly operator: BinaryOp; left: Value; right: Value }
    | { readonly op: 'negate'; operand: Value }
    /** The same bits, of which the verifier forgets that they are a kernel object's address: it lets nobody compute with those. */
    | { readonly op: 'plain'; operand: Value }
    /** Reverses the order of the low `size` bytes, zero-extended. */
    | { readonly op: 'byteSwap'; readonly size: 2 | 4 | 8; operand: Value }
    /** Low `size` bytes, extended to 64 bits. */
    | { readonly op: 'extend'; readonly size: 1 | 2 | 4; readonly signed: boolean; operand: Value }
    /** floor(log2(operand)) of a positive int64. */
    | { readonly op: 'log2'; operand: Value }
    | { readonly op: 'load'; readonly size: AccessSize; readonly signed: boolean; base: Value; readonly offset: number }
    | { readonly op: 'store'; readonly size: AccessSize; base: Value; readonly offset: number; value: Value }
    /** No result; `fetchAdd` and `exchange` give the old value, `compareExchange` too (`expected`, new in `value`). */
    | { readonly op: 'atomicAdd'; readonly size: 4 | 8; base: Value; readonly offset: number; value: Value }
    | {
        readonly op: 'compareExchange';
        readonly size: 4 | 8;
        base: Value;
        readonly offset: number;
        expected: Value;
        value: Value;
      }
    | { readonly op: 'call'; readonly callee: Callee; args: Value[] }
  );

/** A helper by its number, another function of the program, or one of the kernel's that programs may call, by name. */
export type Callee =
  | { readonly kind: 'helper'; readonly id: number }
  | { readonly kind: 'function' | 'kernelFunction'; readonly name: string };

export type Terminator = { readonly span?: Span | undefined } & (
  | { readonly op: 'jump'; target: Block }
  /** `set`: left & right != 0. */
  | { readonly op: 'branch'; readonly compare: CompareOp; left: Value; right: Value; then: Block; else: Block }
  | { readonly op: 'exit'; value: Value }
);

export interface Block {
  readonly id: number;
  readonly phis: Phi[];
  readonly instructions: Instruction[];
  terminator: Terminator | undefined;
  readonly predecessors: Block[];
  /** Rarely run (losses, warnings): laid out at the end. */
  cold: boolean;
}

export interface IrFunction {
  readonly name: string;
  /** Entry first. */
  blocks: Block[];
  readonly slots: FrameSlot[];
}

/** Made anew at each use. */
export function isRematerialized(value: Value): value is Exclude<Value, PlacedValue> {
  switch (value.op) {
    case 'const':
    case 'frame':
    case 'map':
    case 'mapValue':
    case 'function':
      return true;
    default:
      return false;
  }
}

export function hasResult(instruction: Instruction): boolean {
  return instruction.op !== 'store' && instruction.op !== 'atomicAdd';
}

/** Can be dropped when its result is not used. */
export function isPure(instruction: Instruction): boolean {
  switch (instruction.op) {
    case 'context':
    case 'argument':
    case 'binary':
    case 'negate':
    case 'plain':
    case 'byteSwap':
    case 'extend':
    case 'log2':
    case 'load':
      return true;
    default:
      return false;
  }
}

/** Calls `visit` for each use of a value in the function: by phis, instructions and ends of blocks. */
export function eachUse(fn: IrFunction, visit: (value: Value) => void): void {
  for (let i = 0; i < fn.blocks.length; i++) {
    const { phis, instructions, terminator } = fn.blocks[i] as Block;
    phis.forEach(({ incoming }) => incoming.forEach(visit));
    for (let j = 0; j < instructions.length; j++) eachOperand(instructions[j] as Instruction, visit);
    eachOperandOfTerminator(terminator, visit);
  }
}

/** Calls `visit` with each operand, in their order. Makes no list: passes ask this of every instruction, several times. */
export function eachOperand(instruction: Instruction, visit: (value: Value) => void): void {
  switch (instruction.op) {
    case 'context':
    case 'argument':
      return;
    case 'binary':
      visit(instruction.left);
      visit(instruction.right);
      return;
    case 'negate':
    case 'plain':
    case 'byteSwap':
    case 'extend':
    case 'log2':
      visit(instruction.operand);
      return;
    case 'load':
      visit(instruction.base);
      return;
    case 'store':
    case 'atomicAdd':
      visit(instruction.base);
      visit(instruction.value);
      return;
    case 'compareExchange':
      visit(instruction.base);
      visit(instruction.expected);
      visit(instruction.value);
      return;
    case 'call':
      instruction.args.forEach(visit);
      return;
  }
}

export function eachOperandOfTerminator(terminator: Terminator | undefined, visit: (value: Value) => void): void {
  if (terminator?.op === 'branch') {
    visit(terminator.left);
    visit(terminator.right);
  } else if (terminator?.op === 'exit') {
    visit(terminator.value);
  }
}

export function successorsOf(block: Block): Block[] {
  const terminator = block.terminator;
  if (terminator === undefined || terminator.op === 'exit') return [];
  return terminator.op === 'jump' ? [terminator.target] : [terminator.then, terminator.else];
}

/** Replaces each operand of the function by `replace(operand)`. */
export function replaceOperands(fn: IrFunction, replace: (value: Value) => Value): void {
  const { blocks } = fn;
  for (let i = 0; i < blocks.length; i++) {
    const { phis, instructions, terminator } = blocks[i] as Block;
    phis.forEach(({ incoming }) => incoming.forEach((value, from) => incoming.set(from, replace(value))));
    for (let j = 0; j < instructions.length; j++) mapOperands(instructions[j] as Instruction, replace);
    if (terminator !== undefined) mapTerminatorOperands(terminator, replace);
  }
}

function mapOperands(instruction: Instruction, replace: (value: Value) => Value): void {
  switch (instruction.op) {
    case 'context':
    case 'argument':
      return;
    case 'binary':
      instruction.left = replace(instruction.left);
      instruction.right = replace(instruction.right);
      return;
    case 'negate':
    case 'plain':
    case 'byteSwap':
    case 'extend':
    case 'log2':
      instruction.operand = replace(instruction.operand);
      return;
    case 'load':
      instruction.base = replace(instruction.base);
      return;
    case 'store':
    case 'atomicAdd':
      instruction.base = replace(instruction.base);
      instruction.value = replace(instruction.value);
      return;
    case 'compareExchange':
      instruction.base = replace(instruction.base);
      instruction.expected = replace(instruction.expected);
      instruction.value = replace(instruction.value);
      return;
    case 'call':
      for (let i = 0; i < instruction.args.length; i++) instruction.args[i] = replace(instruction.args[i] as Value);
      return;
  }
}

function mapTerminatorOperands(terminator: Terminator, replace: (value: Value) => Value): void {
  if (terminator.op === 'branch') {
    terminator.left = replace(terminator.left);
    terminator.right = replace(terminator.right);
  } else if (terminator.op === 'exit') {
    terminator.value = replace(terminator.value);
  }
}
