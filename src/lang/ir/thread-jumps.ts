/**
 * Jump threading: where a block only decides by a phi, predecessors that bring a constant know the outcome, and jump
 * on by themselves. `a && b` as a condition becomes two branches by this.
 */
import { foldCompare } from './fold.ts';
import {
  type Block,
  eachOperandOfTerminator,
  eachUse,
  type IrFunction,
  type Phi,
  successorsOf,
  type Terminator,
  type Value,
} from './ir.ts';

/** True: something changed. */
export function threadJumps(fn: IrFunction): boolean {
  let changed = false;
  const candidates = fn.blocks.filter(decidesByPhi);
  const uses = candidates.length === 0 ? [] : countUses(fn);
  for (const block of candidates) {
    // An earlier one may have brought it a jump, but nothing to do.
    const phi = block.phis[0] as Phi;
    const terminator = block.terminator as Branch;
    let ownUses = 0;
    eachOperandOfTerminator(terminator, (operand) => void (ownUses += operand === phi ? 1 : 0));
    if (uses[phi.id] !== ownUses) continue;
    for (const predecessor of block.predecessors.slice())
      if (bypass(predecessor, block, phi, terminator)) changed = true;
  }
  return removeUnreachable(fn) || changed;
}

type Branch = Terminator & { op: 'branch' };

function decidesByPhi({ phis, instructions, terminator }: Block): boolean {
  return phis.length === 1 && instructions.length === 0 && terminator?.op === 'branch';
}

/** By the value's id. */
function countUses(fn: IrFunction): readonly number[] {
  const uses: number[] = [];
  const note = ({ id }: Value): void => {
    uses[id] = (uses[id] ?? 0) + 1;
  };
  eachUse(fn, note);
  return uses;
}

function bypass(predecessor: Block, block: Block, phi: Phi, terminator: Branch): boolean {
  const brought = phi.incoming.get(predecessor) as Value;
  const known = (operand: Value): Value => (operand === phi ? brought : operand);
  const [left, right] = [known(terminator.left), known(terminator.right)];
  if (left.op !== 'const' || right.op !== 'const') return false;
  const target = foldCompare(terminator.compare, left.value, right.value) ? terminator.then : terminator.else;
  // A phi of the target could not tell two ways from one block apart.
  if (target === block || successorsOf(predecessor).includes(target)) return false;
  for (const other of target.phis) other.incoming.set(predecessor, known(other.incoming.get(block) as Value));
  target.predecessors.push(predecessor);
  redirect(predecessor, block, target);
  phi.incoming.delete(predecessor);
  block.predecessors.splice(block.predecessors.indexOf(predecessor), 1);
  return true;
}

function redirect({ terminator }: Block, from: Block, to: Block): void {
  if (terminator?.op === 'jump') {
    terminator.target = to;
  } else if (terminator?.op === 'branch') {
    if (terminator.then === from) terminator.then = to;
    if (terminator.else === from) terminator.else = to;
  }
}

/** True: there was something. */
function removeUnreachable(fn: IrFunction): boolean {
  const reached = new Set<Block>();
  const reach = (block: Block): void => {
    if (reached.has(block)) return;
    reached.add(block);
    work.push(block);
  };
  const work: Block[] = [];
  fn.blocks.slice(0, 1).forEach(reach);
  for (let block = work.pop(); block !== undefined; block = work.pop()) successorsOf(block).forEach(reach);
  if (reached.size === fn.blocks.length) return false;
  fn.blocks = fn.blocks.filter((block) => reached.has(block));
  for (const block of fn.blocks) {
    for (const predecessor of block.predecessors.filter((one) => !reached.has(one))) {
      block.predecessors.splice(block.predecessors.indexOf(predecessor), 1);
      for (const phi of block.phis) phi.incoming.delete(predecessor);
    }
  }
  return true;
}
