/** Functions in the shapes that scripts are lowered to. For tests. */
import { HelperId } from '../../abi/index.ts';
import { Builder, type IrFunction, type Value } from '../ir/index.ts';

type Shape = (b: Builder) => void;

export function build(shape: Shape): IrFunction {
  const b = new Builder('f');
  shape(b);
  return b.finish();
}

export function argument(b: Builder, index: number): Value {
  return b.load(8, false, b.context(), index * 8);
}

/** `@counts[pid] = count()`. */
export const countPerProcess: Shape = (b) => {
  const end = b.block();
  const key = b.frame(b.slot(8));
  b.store(8, key, 0, b.binary('lshr', b.call(HelperId.get_current_pid_tgid, []), b.constant(32)));
  const place = b.call(HelperId.map_lookup_elem, [b.map('counts'), key]);
  const absent = b.block({ cold: true });
  const present = b.block();
  b.branch('eq', place, b.constant(0), absent, present);
  b.enter(absent);
  const one = b.frame(b.slot(8));
  b.store(8, one, 0, b.constant(1));
  b.call(HelperId.map_update_elem, [b.map('counts'), key, one, b.constant(1)]);
  b.jump(end);
  b.enter(present);
  b.atomicAdd(8, place, 0, b.constant(1));
  b.jump(end);
  b.enter(end);
  b.exit(b.constant(0));
};

/** `while ($i < 10) { $sum += $i * $i; $i++ }`, then `@ = $sum`. */
export const loop: Shape = (b) => {
  const [i, sum, untouched] = [1, 2, 3];
  b.write(i, b.constant(0));
  b.write(sum, argument(b, 1));
  b.write(untouched, argument(b, 2));
  const head = b.block();
  const body = b.block();
  const done = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.branch('ult', b.read(i), b.constant(10), body, done);
  b.enter(body);
  b.write(sum, b.binary('add', b.read(sum), b.binary('mul', b.read(i), b.read(i))));
  b.write(untouched, b.read(untouched));
  b.write(i, b.add(b.read(i), 1));
  b.jump(head);
  b.seal(head);
  b.enter(done);
  b.store(8, b.mapValue('data', 8), 0, b.binary('xor', b.read(sum), b.read(untouched)));
  b.exit(b.constant(0));
};

/** `@ = arg1 < 100 ? arg1 * 3 : 7`. */
export const choice: Shape = (b) => {
  const yes = b.block();
  const no = b.block();
  const done = b.block();
  const x = argument(b, 1);
  b.branch('slt', x, b.constant(100), yes, no);
  b.enter(yes);
  b.write(1, b.binary('mul', x, b.constant(3)));
  b.jump(done);
  b.enter(no);
  b.write(1, b.constant(7));
  b.jump(done);
  b.enter(done);
  b.atomicAdd(8, b.mapValue('data', 8), 0, b.read(1));
  b.exit(b.constant(0));
};

/** A predicate on the pid, then a record with time, pid, tid and an argument. */
export const event: Shape = (b) => {
  const end = b.block();
  const ids = b.call(HelperId.get_current_pid_tgid, []);
  const matches = b.block();
  b.branch('eq', b.binary('lshr', ids, b.constant(32)), b.constant(1234), matches, end);
  b.enter(matches);
  const now = b.call(HelperId.ktime_get_ns, []);
  const record = b.call(HelperId.ringbuf_reserve, [b.map('ring'), b.constant(32), b.constant(0)]);
  const full = b.block({ cold: true });
  const reserved = b.block();
  b.branch('eq', record, b.constant(0), full, reserved);
  b.enter(full);
  b.atomicAdd(8, b.mapValue('data', 0), 0, b.constant(1));
  b.jump(end);
  b.enter(reserved);
  b.store(8, record, 0, now);
  b.store(4, record, 8, ids);
  b.store(8, record, 16, argument(b, 2));
  b.call(HelperId.ringbuf_submit, [record, b.constant(1)]);
  b.jump(end);
  b.enter(end);
  b.exit(b.constant(0));
};
