/** tseries(): the value goes into its interval's slot of this CPU's ring of intervals. */
import type { Aggregation } from '../../spec/index.ts';
import type { Value } from '../ir/index.ts';
import { readBuiltin } from './builtins.ts';
import type { Lowering } from './lowering.ts';

type Series = Aggregation & { kind: 'tseries' };

/** Words of a slot. */
const EPOCH = 0;
const VALUE = 8;
const THIRD = 16;
export const SLOT_BYTES = 24;

export function updateSeries(l: Lowering, series: Series, element: Value, value: Value): void {
  const b = l.builder;
  const now = b.binary('add', readBuiltin(l, 'nsecs'), b.constant(l.script.options.bootTimeOffsetNs ?? 0n));
  const epoch = b.binary('udiv', now, b.constant(series.intervalNs));
  const index = b.binary('umod', epoch, b.constant(series.count));
  const inside = b.block();
  const fresh = b.block();
  const more = b.block();
  const done = b.block();
  // Always so: the comparison tells the verifier.
  b.branch('ult', index, b.constant(series.count), inside, done);
  b.enter(inside);
  const slot = b.binary('add', element, b.binary('mul', index, b.constant(SLOT_BYTES)));
  b.branch('eq', b.load(8, false, slot, EPOCH), epoch, more, fresh);
  b.enter(fresh);
  b.store(8, slot, EPOCH, epoch);
  b.store(8, slot, VALUE, value);
  b.store(8, slot, THIRD, series.combine === 'last' ? now : b.constant(1));
  b.jump(done);
  b.enter(more);
  addToSlot(l, series, slot, value, now);
  b.jump(done);
  b.enter(done);
}

/** The interval has a value already. */
function addToSlot(l: Lowering, series: Series, slot: Value, value: Value, now: Value): void {
  const b = l.builder;
  switch (series.combine) {
    case 'last':
      b.store(8, slot, VALUE, value);
      b.store(8, slot, THIRD, now);
      return;
    case 'sum':
      b.atomicAdd(8, slot, VALUE, value);
      return;
    case 'avg':
      b.atomicAdd(8, slot, VALUE, value);
      b.atomicAdd(8, slot, THIRD, b.constant(1));
      return;
    case 'min':
    case 'max': {
      const better = b.block();
      const done = b.block();
      const less = series.signed ? 'slt' : 'ult';
      const greater = series.signed ? 'sgt' : 'ugt';
      b.branch(series.combine === 'min' ? less : greater, value, b.load(8, false, slot, VALUE), better, done);
      b.enter(better);
      b.store(8, slot, VALUE, value);
      b.jump(done);
      b.enter(done);
    }
  }
}
