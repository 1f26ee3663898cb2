/**
 * Jump threading: where a block only decides by a phi, predecessors that bring a constant know the outcome, and jump
 * on by themselves. `a && b` as a condition becomes two branches by this.
 */
import { foldCompare } from './fold.ts';
import {
  type Block,
  type IrFunction,
  operandsOf,
  operandsOfTerminator,
  type Phi,
  successorsOf,
  type Terminator,
  type Value,
} from './ir.ts';

export function threadJumps(fn: IrFunction): void {
  const uses = countUses(fn);
  for (const block of fn.blocks.slice()) {
    const [phi, ...others] = block.phis;
    const { terminator } = block;
    if (phi === undefined || others.length > 0 || block.instructions.length > 0 || terminator?.op !== 'branch')
      continue;
    if (uses.get(phi) !== operandsOfTerminator(terminator).filter((operand) => operand === phi).length) continue;
    for (const predecessor of block.predecessors.slice()) bypass(predecessor, block, phi, terminator);
  }
  removeUnreachable(fn);
}

function countUses(fn: IrFunction): Map<Value, number> {
  const uses = new Map<Value, number>();
  const note = (value: Value): void => {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) for (const value of phi.incoming.values()) note(value);
    for (const instruction of block.instructions) operandsOf(instruction).forEach(note);
    if (block.terminator !== undefined) operandsOfTerminator(block.terminator).forEach(note);
  }
  return uses;
}

function bypass(predecessor: Block, block: Block, phi: Phi, terminator: Terminator & { op: 'branch' }): void {
  const brought = phi.incoming.get(predecessor) as Value;
  const known = (operand: Value): Value => (operand === phi ? brought : operand);
  const [left, right] = [known(terminator.left), known(terminator.right)];
  if (left.op !== 'const' || right.op !== 'const') return;
  const target = foldCompare(terminator.compare, left.value, right.value) ? terminator.then : terminator.else;
  // A phi of the target could not tell two ways from one block apart.
  if (target === block || successorsOf(predecessor).includes(target)) return;
  for (const other of target.phis) other.incoming.set(predecessor, known(other.incoming.get(block) as Value));
  target.predecessors.push(predecessor);
  redirect(predecessor, block, target);
  phi.incoming.delete(predecessor);
  block.predecessors.splice(block.predecessors.indexOf(predecessor), 1);
}

function redirect({ terminator }: Block, from: Block, to: Block): void {
  if (terminator?.op === 'jump') {
    terminator.target = to;
  } else if (terminator?.op === 'branch') {
    if (terminator.then === from) terminator.then = to;
    if (terminator.else === from) terminator.else = to;
  }
}

function removeUnreachable(fn: IrFunction): void {
  const reached = new Set(fn.blocks.slice(0, 1));
  for (const block of reached) for (const successor of successorsOf(block)) reached.add(successor);
  fn.blocks = fn.blocks.filter((block) => reached.has(block));
  for (const block of fn.blocks) {
    for (const predecessor of block.predecessors.filter((one) => !reached.has(one))) {
      block.predecessors.splice(block.predecessors.indexOf(predecessor), 1);
      for (const phi of block.phis) phi.incoming.delete(predecessor);
    }
  }
}
