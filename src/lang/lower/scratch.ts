/**
 * Scratch memory of programs that can be preempted. The kernel runs most programs to their end before another one of
 * their kind starts on the CPU; user probes not: a second thread may enter the same program on the same CPU while the
 * first waits in its middle. So each run takes one of a few slots, and gives it back at its end.
 */
import { ProgramType } from '../../abi/index.ts';
import { sizeOf, type Type } from '../types/index.ts';
import type { Block, Value } from '../ir/index.ts';
import { type Address, type Lowering, perCpuBlock } from './lowering.ts';

/** Threads that can be in the middle of one program on one CPU before events are lost. */
const SLOTS = 4;
/** Nodes that need scratch memory whatever the size of their values. */
const USES_SCRATCH: ReadonlySet<string> = new Set([
  'join',
  'element',
  'compareStrings',
  'forRange',
  'forMap',
  'ownCall',
  'addressOf',
  'mapLength',
]);
/** Where in a slot the mark stands that it is taken; data follows. */
const MARK_BYTES = 8;
/** Values up to this size live on the stack. */
const STACK_VALUE_BYTES = 56;

export interface ScratchSlot {
  /** Address of the slot, in the program's first function. */
  base(): Value;
  place(sizeBytes: number): Address;
  release(): void;
  /** All places are known: gives the slots their room in the data region. */
  finish(): void;
}

/** Work in memory that is larger than their result. */
const SCRATCH_FUNCTIONS: ReadonlySet<string> = new Set([
  'strlen',
  'strstr',
  'strncmp',
  'concat',
  'memcmp',
  'writeUser',
]);

export function needsScratchSlot(l: Lowering): boolean {
  const { variant, predicate, body } = l.program;
  // A packet that is sent in a process's name can be interrupted by one that comes in.
  const isPreemptible =
    (variant.programType === ProgramType.Kprobe && variant.points.some(({ hook }) => hook.kind === 'uprobe')) ||
    (variant.context.packet !== undefined && variant.programType !== ProgramType.Xdp);
  return (
    isPreemptible &&
    l.script.target.have('atomic-fetch') &&
    mentionsLargeValue([predicate, body], Math.min(STACK_VALUE_BYTES, l.script.config.onStackLimit - MARK_BYTES))
  );
}

function mentionsLargeValue(node: unknown, largest: number): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((each) => mentionsLargeValue(each, largest));
  return Object.entries(node).some(([key, child]) => {
    if (key === 'type') return sizeOf(child as Type) > largest || (child as { unwound?: true }).unwound === true;
    if (key === 'function') return SCRATCH_FUNCTIONS.has(child as string);
    if (key === 'kind') return USES_SCRATCH.has(String(child));
    return key !== 'map' && key !== 'span' && mentionsLargeValue(child, largest);
  });
}

/** Takes a free slot; where there is none, the event is counted as lost and the program goes `outside`. */
export function acquireScratch(l: Lowering, outside: Block): ScratchSlot {
  const b = l.builder;
  const base = b.temporary();
  const taken = b.block();
  // Offsets of the slots in the CPU's block: known when the program's needs are.
  const offsets: Value[] = Array.from({ length: SLOTS }, (_, i) => b.constant(0x7000_0000 + i));
  for (const offset of offsets) {
    const slot = b.binary('add', perCpuBlock(l), offset);
    b.write(base, slot);
    const busy = b.block({ cold: true });
    b.branch('eq', b.compareExchange(8, slot, 0, b.constant(0), b.constant(1)), b.constant(0), taken, busy);
    b.enter(busy);
  }
  b.atomicAdd(8, perCpuBlock(l), l.script.lostOffset(), b.constant(1));
  b.jump(outside);
  b.enter(taken);
  let sizeBytes = MARK_BYTES;
  return {
    base: () => b.read(base),
    place(size) {
      const offset = sizeBytes;
      sizeBytes += size;
      return {
        get base() {
          return l.scratchBase();
        },
        offset,
      };
    },
    release: () => b.store(8, b.read(base), 0, b.constant(0)),
    finish() {
      const start = l.script.region.perCpu(sizeBytes * SLOTS);
      for (const [i, offset] of offsets.entries()) Object.assign(offset, { value: BigInt(start + i * sizeBytes) });
    },
  };
}
