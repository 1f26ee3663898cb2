/** Passes that only remove: each leaves the function's meaning as it was. */
import {
  type Block,
  eachOperand,
  eachOperandOfTerminator,
  type Instruction,
  type IrFunction,
  isPure,
  isRematerialized,
  type Phi,
  type PlacedValue,
  replaceOperands,
  successorsOf,
  type Value,
} from './ir.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';
import { threadJumps } from './thread-jumps.ts';

/** The passes in their order; each can be read, and run, alone. */
export function clean(fn: IrFunction, off: Off = NONE_OFF): IrFunction {
  const copies = !off.has('copies');
  const deadCode = !off.has('dead-code');
  if (copies) removeTrivialPhis(fn);
  if (deadCode) removeDeadCode(fn);
  const threaded = !off.has('jump-threading') && threadJumps(fn);
  if (threaded && copies) removeTrivialPhis(fn);
  const droppedBranch = !off.has('merge-blocks') && mergeBlocks(fn);
  // A branch both sides of which have become one no longer needs its operands.
  if (deadCode && (threaded || droppedBranch)) removeDeadCode(fn);
  return fn;
}

/** phi(a, a, itself) is a: replaced everywhere, until nothing changes. */
export function removeTrivialPhis(fn: IrFunction): void {
  const replaced = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let found = value;
    for (let next = replaced.get(found); next !== undefined; next = replaced.get(found)) found = next;
    return found;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < fn.blocks.length; i++) {
      const { phis } = fn.blocks[i] as Block;
      for (let j = 0; j < phis.length;) {
        const phi = phis[j] as Phi;
        const value = onlyValue(phi, resolve);
        if (value === undefined) {
          j++;
          continue;
        }
        replaced.set(phi, value);
        phis.splice(j, 1);
        changed = true;
      }
    }
  }
  if (replaced.size > 0) replaceOperands(fn, resolve);
}

/** What a phi always is, if all that flows into it (besides itself) is the same. */
function onlyValue(phi: Phi, resolve: (value: Value) => Value): Value | undefined {
  let only: Value | undefined;
  let count = 0;
  phi.incoming.forEach((incoming) => {
    const value = resolve(incoming);
    if (value === phi || (only !== undefined && isSame(only, value))) return;
    only = value;
    count++;
  });
  return count === 1 ? only : undefined;
}

function isSame(a: Value, b: Value): boolean {
  return a === b || (a.op === 'const' && b.op === 'const' && a.value === b.value);
}

/** Drops pure instructions and phis whose value nothing needs. */
export function removeDeadCode(fn: IrFunction): void {
  /** By the value's id. */
  const live: boolean[] = [];
  const work: PlacedValue[] = [];
  const need = (value: Value): void => {
    if (isRematerialized(value) || live[value.id]) return;
    live[value.id] = true;
    work.push(value);
  };
  const { blocks } = fn;
  for (let i = 0; i < blocks.length; i++) {
    const { instructions, terminator } = blocks[i] as Block;
    for (let j = 0; j < instructions.length; j++) {
      const instruction = instructions[j] as Instruction;
      if (isPure(instruction)) continue;
      live[instruction.id] = true;
      eachOperand(instruction, need);
    }
    eachOperandOfTerminator(terminator, need);
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    if (value.op === 'phi') value.incoming.forEach(need);
    else eachOperand(value, need);
  }
  for (let i = 0; i < blocks.length; i++) {
    const { phis, instructions } = blocks[i] as Block;
    keep(phis, live);
    keep(instructions, live);
  }
}

function keep(list: PlacedValue[], wanted: readonly boolean[]): void {
  let kept = 0;
  for (let i = 0; i < list.length; i++) {
    const item = list[i] as PlacedValue;
    if (wanted[item.id]) list[kept++] = item;
  }
  list.length = kept;
}

/**
 * Joins a block to its only predecessor where that one only leads here, and jumps over empty blocks. True: a branch
 * became a jump by that.
 */
export function mergeBlocks(fn: IrFunction): boolean {
  const merging: Merging = { entry: fn.blocks[0], gone: new Set(), droppedBranch: false };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < fn.blocks.length; i++) {
      const block = fn.blocks[i] as Block;
      // An earlier step of this round may have taken it away.
      if (!merging.gone.has(block) && (skipEmpty(merging, block) || absorbSuccessor(merging, block))) changed = true;
    }
    if (changed) fn.blocks = fn.blocks.filter((block) => !merging.gone.has(block));
  }
  return merging.droppedBranch;
}

interface Merging {
  readonly entry: Block | undefined;
  readonly gone: Set<Block>;
  droppedBranch: boolean;
}

function absorbSuccessor({ gone }: Merging, block: Block): boolean {
  const terminator = block.terminator;
  if (terminator?.op !== 'jump') return false;
  const next = terminator.target;
  if (next === block || next.predecessors.length !== 1 || next.phis.length > 0) return false;
  for (const instruction of next.instructions) block.instructions.push(instruction);
  block.terminator = next.terminator;
  for (const successor of successorsOf(next)) replacePredecessor(successor, next, block);
  gone.add(next);
  return true;
}

/** An empty block that only jumps on: its predecessors jump there themselves, unless a phi tells them apart. */
function skipEmpty(merging: Merging, block: Block): boolean {
  const terminator = block.terminator;
  if (block === merging.entry || terminator?.op !== 'jump' || block.instructions.length > 0 || block.phis.length > 0)
    return false;
  const target = terminator.target;
  if (target === block || target.phis.length > 0) return false;
  target.predecessors.splice(target.predecessors.indexOf(block), 1);
  for (const predecessor of block.predecessors) {
    if (retarget(predecessor, block, target)) merging.droppedBranch = true;
    if (!target.predecessors.includes(predecessor)) target.predecessors.push(predecessor);
  }
  merging.gone.add(block);
  return true;
}

/** True: a branch became a jump. */
function retarget(block: Block, from: Block, to: Block): boolean {
  const terminator = block.terminator;
  if (terminator?.op === 'jump') {
    terminator.target = to;
  } else if (terminator?.op === 'branch') {
    if (terminator.then === from) terminator.then = to;
    if (terminator.else === from) terminator.else = to;
    if (terminator.then === terminator.else) {
      block.terminator = { op: 'jump', target: to, span: terminator.span };
      return true;
    }
  }
  return false;
}

function replacePredecessor(block: Block, from: Block, to: Block): void {
  const at = block.predecessors.indexOf(from);
  if (at >= 0) block.predecessors[at] = to;
  for (const phi of block.phis) {
    const value = phi.incoming.get(from);
    if (value === undefined) continue;
    phi.incoming.delete(from);
    phi.incoming.set(to, value);
  }
}
