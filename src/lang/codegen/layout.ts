/** Order of the blocks in the program: reverse postorder, rarely run ones last; critical edges into phis split. */
import { type Block, type IrFunction, successorsOf } from '../ir/index.ts';
import { NONE_OFF, type Off } from '../optimizations.ts';

export interface Layout {
  readonly blocks: readonly Block[];
  /** Nesting depth of loops, of the blocks in any. */
  readonly loopDepth: ReadonlyMap<Block, number>;
  /**
   * Heads of loops that stand behind the loops' ends. Kernel 6.1 refuses a loop that is closed by running on into its head
   * instead of by a jump; a jump to the next instruction, which it then is, the kernel takes out itself.
   */
  readonly rotatedHeads: ReadonlySet<Block>;
}

export function layoutBlocks(fn: IrFunction, off: Off = NONE_OFF): Layout {
  splitCriticalEdges(fn);
  const order = reversePostorder(fn);
  const loops = findLoops(order);
  if (off.has('layout')) return { blocks: order, loopDepth: loopDepths(loops), rotatedHeads: new Set() };
  const isHot = (block: Block): boolean => !block.cold || block === order[0];
  const hot = order.filter(isHot);
  const cold = order.filter((block) => !isHot(block));
  const rotated = loops.filter((loop) => rotate(hot, loop));
  const rotatedHeads = new Set(rotated.map(({ head }) => head));
  return { blocks: [...hot, ...cold], loopDepth: loopDepths(loops), rotatedHeads };
}

/** Moves for a phi stand at the end of the predecessor: it must lead nowhere else. */
function splitCriticalEdges(fn: IrFunction): void {
  let nextId = Math.max(...fn.blocks.map((block) => block.id)) + 1;
  const split = (block: Block, target: Block): Block => {
    if (target.phis.length === 0) return target;
    const middle: Block = {
      id: nextId++,
      phis: [],
      instructions: [],
      terminator: { op: 'jump', target },
      predecessors: [block],
      cold: block.cold || target.cold,
    };
    target.predecessors[target.predecessors.indexOf(block)] = middle;
    target.phis.forEach(({ incoming }) => {
      const value = incoming.get(block);
      if (value === undefined) return;
      incoming.delete(block);
      incoming.set(middle, value);
    });
    fn.blocks.push(middle);
    return middle;
  };
  fn.blocks.slice().forEach((block) => {
    const { terminator } = block;
    if (terminator?.op !== 'branch') return;
    terminator.then = split(block, terminator.then);
    terminator.else = split(block, terminator.else);
  });
}

/** Of a branch, the side `then` comes first: a loop's body before what follows it. */
function reversePostorder(fn: IrFunction): Block[] {
  const order: Block[] = [];
  const seen = new Set<Block>();
  const stack: { readonly block: Block; readonly successors: Block[] }[] = [];
  const visit = (block: Block): void => {
    seen.add(block);
    stack.push({ block, successors: successorsOf(block) });
  };
  visit(fn.blocks[0] as Block);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const successor = top.successors.pop();
    if (successor === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(successor)) {
      visit(successor);
    }
  }
  return order.reverse();
}

interface Loop {
  readonly head: Block;
  /** The head among them. */
  readonly blocks: ReadonlySet<Block>;
}

/** A jump backwards in the order closes a loop: all that leads to it without passing the head belongs to it. */
function findLoops(order: readonly Block[]): Loop[] {
  /** By the block's id. */
  const index: number[] = [];
  for (let i = 0; i < order.length; i++) index[(order[i] as Block).id] = i;
  const loops: Loop[] = [];
  for (let i = 0; i < order.length; i++) {
    const head = order[i] as Block;
    const work: Block[] = [];
    for (let j = 0; j < head.predecessors.length; j++) {
      const block = head.predecessors[j] as Block;
      if ((index[block.id] ?? -1) >= i) work.push(block);
    }
    if (work.length === 0) continue;
    const blocks = new Set([head]);
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (blocks.has(block)) continue;
      blocks.add(block);
      work.push(...block.predecessors);
    }
    loops.push({ head, blocks });
  }
  return loops;
}

function loopDepths(loops: readonly Loop[]): Map<Block, number> {
  const depth = new Map<Block, number>();
  for (const loop of loops) for (const block of loop.blocks) depth.set(block, (depth.get(block) ?? 0) + 1);
  return depth;
}

/** Puts a head that decides whether to go on behind the end of its loop: one jump per round instead of two. */
function rotate(order: Block[], loop: Loop): boolean {
  const { head, blocks } = loop;
  const last = order.findLastIndex((block) => blocks.has(block));
  const latch = order[last];
  const first = order.indexOf(head);
  const decides = head.terminator?.op === 'branch' && successorsOf(head).some((block) => !blocks.has(block));
  if (first <= 0 || latch === head || latch?.terminator?.op !== 'jump' || latch.terminator.target !== head || !decides)
    return false;
  order.splice(first, 1);
  order.splice(last, 0, head);
  return true;
}
