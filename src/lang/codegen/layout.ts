/** Order of the blocks in the program: reverse postorder, rarely run ones last; critical edges into phis split. */
import { type Block, type IrFunction, successorsOf } from '../ir/index.ts';

export interface Layout {
  readonly blocks: readonly Block[];
  /** Nesting depth of loops, by block. */
  readonly loopDepth: ReadonlyMap<Block, number>;
}

export function layoutBlocks(fn: IrFunction): Layout {
  splitCriticalEdges(fn);
  const order = reversePostorder(fn);
  const hot = order.filter((block) => !block.cold);
  const cold = order.filter((block) => block.cold);
  const blocks = [...hot, ...cold];
  return { blocks, loopDepth: loopDepths(order) };
}

/** Moves for a phi stand at the end of the predecessor: it must lead nowhere else. */
function splitCriticalEdges(fn: IrFunction): void {
  let nextId = Math.max(...fn.blocks.map((block) => block.id)) + 1;
  for (const block of fn.blocks.slice()) {
    const terminator = block.terminator;
    if (terminator?.op !== 'branch') continue;
    for (const side of ['then', 'else'] as const) {
      const target = terminator[side];
      if (target.phis.length === 0) continue;
      const middle: Block = {
        id: nextId++,
        phis: [],
        instructions: [],
        terminator: { op: 'jump', target },
        predecessors: [block],
        cold: block.cold || target.cold,
      };
      terminator[side] = middle;
      target.predecessors[target.predecessors.indexOf(block)] = middle;
      for (const phi of target.phis) {
        const value = phi.incoming.get(block);
        if (value === undefined) continue;
        phi.incoming.delete(block);
        phi.incoming.set(middle, value);
      }
      fn.blocks.push(middle);
    }
  }
}

function reversePostorder(fn: IrFunction): Block[] {
  const order: Block[] = [];
  const seen = new Set<Block>();
  const entry = fn.blocks[0] as Block;
  const stack: { block: Block; successors: Block[]; next: number }[] = [];
  const visit = (block: Block): void => {
    seen.add(block);
    // The likelier side is visited last, so that it comes right after its branch.
    const successors = successorsOf(block).sort((a, b) => Number(b.cold) - Number(a.cold)).reverse();
    stack.push({ block, successors: successors.reverse(), next: 0 });
  };
  visit(entry);
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as (typeof stack)[number];
    const successor = top.successors[top.next++];
    if (successor === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(successor)) {
      visit(successor);
    }
  }
  return order.reverse();
}

/** A jump backwards in the order closes a loop: the blocks between the target and it are one deeper. */
function loopDepths(order: readonly Block[]): Map<Block, number> {
  const index = new Map(order.map((block, i) => [block, i]));
  const depth = new Map(order.map((block) => [block, 0]));
  for (const [i, block] of order.entries()) {
    for (const successor of successorsOf(block)) {
      const start = index.get(successor) ?? 0;
      if (start > i) continue;
      for (let j = start; j <= i; j++) depth.set(order[j] as Block, (depth.get(order[j] as Block) ?? 0) + 1);
    }
  }
  return depth;
}
