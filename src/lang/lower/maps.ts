/** Reading, writing and deleting elements of the script's maps. */
import { Errno } from '../../abi/index.ts';
import type { Expression, ScriptMap, Statement } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Value } from '../ir/index.ts';
import { isWord, sizeOf, type Type } from '../types/index.ts';
import { truth } from './context.ts';
import {
  type Address,
  Helper,
  type Lowering,
  perCpuBlock,
  pointer,
  type Storage,
  warn,
  warnOfAll,
  whenRare,
} from './lowering.ts';
import { copy, zero } from './memory.ts';
import { wordFormat } from './word-format.ts';

const MAP_FULL =
  "Map full; can't update element. Try increasing max_map_keys config or manually setting the max entries in a map declaration e.g. `let @a = hash(5000)`";

/** Maps of large values take memory as keys come, which the kernel can run short of for a moment. */
const NO_MEMORY = {
  [-Errno.ENOMEM]:
    "Out of memory; can't update element. New keys came faster than the kernel could take memory for them: fewer keys, or smaller values.",
};

const ABSENT = "Can't lookup map element because it does not exist";

/** Keys and values take whole words: padding is zero, a word key is stored extended to 64 bits. */
export function keySizeBytes(key: Type | undefined): number {
  return key === undefined || isWord(key) ? 8 : Math.ceil(sizeOf(key) / 8) * 8;
}

/** Address of the element's key, built on the stack or in scratch memory. */
export function keyPointer(l: Lowering, map: ScriptMap, key: Expression | undefined): Value {
  const b = l.builder;
  if (map.key === undefined || key === undefined || isWord(map.key))
    return wordKeyPointer(l, key === undefined ? undefined : l.word(key));
  const size = sizeOf(map.key);
  const total = keySizeBytes(map.key);
  const place = l.temporary(total + 1);
  const tail = size & ~7;
  if (total > size) b.store(8, place.base, place.offset + tail, b.constant(0));
  l.store(key, place, true);
  return pointer(l, place);
}

function wordKeyPointer(l: Lowering, key: Value | undefined): Value {
  const place = l.temporary(8);
  l.builder.store(8, place.base, place.offset, key ?? l.builder.constant(0));
  return pointer(l, place);
}

export function mapOf(l: Lowering, storage: Storage): Value {
  return l.builder.map(storage.planned.kind === 'map' ? storage.planned.map : '');
}

export function lookup(l: Lowering, storage: Storage, key: Value): Value {
  return l.builder.call(Helper.map_lookup_elem, [mapOf(l, storage), key]);
}

/** Runs `found` with the element's address, or `missing`. */
export function ifFound(l: Lowering, element: Value, found: () => void, missing: () => void): void {
  const b = l.builder;
  const yes = b.block();
  const no = b.block();
  const done = b.block();
  b.branch('ne', element, b.constant(0), yes, no);
  b.enter(yes);
  b.scope(() => {
    found();
    b.jump(done);
  });
  b.enter(no);
  b.scope(() => {
    missing();
    b.jump(done);
  });
  b.enter(done);
}

export function readMapWord(l: Lowering, e: Expression & { kind: 'mapRead' }): Value {
  const b = l.builder;
  const storage = l.script.storageOf(e.map);
  const { size, signed } = wordFormat(e.type);
  if (storage.planned.kind === 'shared')
    return b.load(size, signed, b.mapValue('data', storage.planned.valueOffset), 0);
  const readAt = (key: Value): Value => {
    const element = lookup(l, storage, key);
    const result = b.temporary();
    ifFound(
      l,
      element,
      () => b.write(result, b.load(size, signed, element)),
      () => {
        warnOfAll(l, { message: ABSENT, helper: 'map_lookup_elem', span: e.span }, b.constant(0));
        b.write(result, b.constant(0));
      },
    );
    return b.read(result);
  };
  // Each look-up that fails is to be warned of.
  const isEachTold = l.script.options.warningLevel === 2;
  const isWordKey = e.map.key === undefined || e.key === undefined || isWord(e.map.key);
  if (!isWordKey || isEachTold || l.script.off.has('reuse-reads')) return readAt(keyPointer(l, e.map, e.key));
  const key = e.key === undefined ? undefined : l.word(e.key);
  return b.remembered(l.reads.nameOf(e.map.name, key), () => readAt(wordKeyPointer(l, key)));
}

export function storeMapValue(l: Lowering, e: Expression & { kind: 'mapRead' }, to: Address): void {
  const storage = l.script.storageOf(e.map);
  const element = lookup(l, storage, keyPointer(l, e.map, e.key));
  const size = sizeOf(e.type);
  ifFound(
    l,
    element,
    () => copy(l, to, { base: element, offset: 0 }, size),
    () => {
      warnOfAll(l, { message: ABSENT, helper: 'map_lookup_elem', span: e.span }, l.builder.constant(0));
      zero(l, to, size);
    },
  );
}

export function lowerAssignMap(l: Lowering, s: Statement & { kind: 'assignMap' }): void {
  const b = l.builder;
  const storage = l.script.storageOf(s.map);
  if (storage.planned.kind === 'shared') {
    const value = l.word(s.value);
    b.store(8, b.mapValue('data', storage.planned.valueOffset), 0, value);
    b.store(8, b.mapValue('data', storage.planned.isSetOffset), 0, b.constant(1));
    return;
  }
  const key = keyPointer(l, s.map, s.key);
  if (!isWord(s.value.type)) {
    updateMemory(l, storage, key, s);
    return;
  }
  const value = l.word(s.value);
  if (storage.isDeletedFrom || l.script.off.has('in-place')) {
    updateWord(l, storage, key, value, s.span);
    return;
  }
  // An element that stays is written in place: a store of one word is as atomic as an update, and much cheaper.
  const element = lookup(l, storage, key);
  ifFound(
    l,
    element,
    () => b.store(8, element, 0, value),
    () => updateWord(l, storage, key, value, s.span),
  );
}

function updateMemory(l: Lowering, storage: Storage, key: Value, s: Statement & { kind: 'assignMap' }): void {
  const size = sizeOf(s.value.type);
  const place = l.temporary(storage.valueSizeBytes + 1);
  if (storage.valueSizeBytes > size) l.builder.store(8, place.base, place.offset + (size & ~7), l.builder.constant(0));
  l.store(s.value, place, true);
  update(l, storage, key, pointer(l, place), s.span);
}

function updateWord(l: Lowering, storage: Storage, key: Value, value: Value, span: Span): void {
  const place = l.temporary(8);
  l.builder.store(8, place.base, place.offset, value);
  update(l, storage, key, pointer(l, place), span);
}

function update(l: Lowering, storage: Storage, key: Value, value: Value, span: Span): void {
  const b = l.builder;
  const result = b.call(Helper.map_update_elem, [mapOf(l, storage), key, value, b.constant(0)]);
  whenRare(l, 'ne', result, b.constant(0), () =>
    warn(l, { message: MAP_FULL, messageByCode: NO_MEMORY, helper: 'map_update_elem', level: 1, span }, result),
  );
}

/**
 * Runs `use` with the address of this CPU's value, made with zeros if it wasn't there. Another CPU may make the same
 * element at this moment: therefore it is looked up again, and only then is the map full.
 */
export function withElement(
  l: Lowering,
  map: ScriptMap,
  key: Expression | undefined,
  span: Span,
  use: (element: Value) => void,
): void {
  const b = l.builder;
  const storage = l.script.storageOf(map);
  if (storage.planned.kind === 'perCpu') {
    const { offset, isSetOffset } = storage.planned;
    if (isSetOffset !== undefined) b.store(8, perCpuBlock(l), isSetOffset, b.constant(1));
    use(b.add(perCpuBlock(l), offset));
    return;
  }
  const keyAt = keyPointer(l, map, key);
  const element = b.temporary();
  b.write(element, lookup(l, storage, keyAt));
  const missing = b.block({ cold: true });
  const full = b.block({ cold: true });
  const found = b.block();
  const done = b.block();
  b.branch('eq', b.read(element), b.constant(0), missing, found);
  b.enter(missing);
  b.scope(() => {
    const zeros = b.mapValue('data', l.script.zeros(storage.valueSizeBytes));
    const result = b.call(Helper.map_update_elem, [mapOf(l, storage), keyAt, zeros, b.constant(1)]);
    b.write(element, lookup(l, storage, keyAt));
    b.branch('eq', b.read(element), b.constant(0), full, found);
    b.enter(full);
    warn(l, { message: MAP_FULL, messageByCode: NO_MEMORY, helper: 'map_update_elem', level: 1, span }, result);
    b.jump(done);
  });
  b.enter(found);
  b.scope(() => {
    use(b.read(element));
    b.jump(done);
  });
  b.enter(done);
}

export function lowerIncrement(l: Lowering, e: Expression & { kind: 'increment' }): Value {
  const b = l.builder;
  const by = b.constant(e.by);
  const { size, signed } = wordFormat(e.type);
  const result = (old: Value): Value => (e.prefix ? b.extend(size, signed, b.binary('add', old, by)) : old);
  if (e.target.kind === 'variable') {
    const old = l.readVariable(e.target.variable);
    const variable = wordFormat(e.target.variable.type);
    l.writeVariable(e.target.variable, b.extend(variable.size, variable.signed, b.binary('add', old, by)));
    return result(old);
  }
  const storage = l.script.storageOf(e.target.map);
  if (storage.planned.kind === 'shared') {
    const value = b.mapValue('data', storage.planned.valueOffset);
    const old = b.load(size, signed, value, 0);
    b.atomicAdd(8, value, 0, by);
    b.store(8, b.mapValue('data', storage.planned.isSetOffset), 0, b.constant(1));
    return result(old);
  }
  const key = keyPointer(l, e.target.map, e.target.key);
  const element = lookup(l, storage, key);
  const old = b.temporary();
  ifFound(
    l,
    element,
    () => {
      b.write(old, b.load(size, signed, element));
      b.atomicAdd(8, element, 0, by);
    },
    () => {
      b.write(old, b.constant(0));
      updateWord(l, storage, key, by, e.span);
    },
  );
  return result(b.read(old));
}

export function lowerMapDelete(l: Lowering, e: Expression & { kind: 'mapDelete' }): Value {
  const b = l.builder;
  const storage = l.script.storageOf(e.map);
  switch (storage.planned.kind) {
    case 'shared': {
      const isSet = b.mapValue('data', storage.planned.isSetOffset);
      const existed = truth(l, 'ne', b.load(8, false, isSet), b.constant(0));
      b.store(8, b.mapValue('data', storage.planned.valueOffset), 0, b.constant(0));
      b.store(8, isSet, 0, b.constant(0));
      return existed;
    }
    case 'perCpu':
      // An aggregation without key: this CPU's part starts anew; the others' are the user side's to clear.
      zero(l, { base: perCpuBlock(l), offset: storage.planned.offset }, storage.planned.sizeBytes);
      return b.constant(1);
    case 'map':
      return truth(
        l,
        'eq',
        b.call(Helper.map_delete_elem, [mapOf(l, storage), keyPointer(l, e.map, e.key)]),
        b.constant(0),
      );
  }
}

export function lowerMapHasKey(l: Lowering, e: Expression & { kind: 'mapHasKey' }): Value {
  const element = lookup(l, l.script.storageOf(e.map), keyPointer(l, e.map, e.key));
  return truth(l, 'ne', element, l.builder.constant(0));
}

type AggregationRead = Pick<Expression & { kind: 'aggregationRead' }, 'map' | 'key' | 'span'>;

/** count, sum, min, max and avg as an integer: all CPUs' parts combined at this moment. `keyAt`: the key's address, where there is one. */
export function readAggregation(l: Lowering, e: AggregationRead, keyAt?: Value): Value {
  const { kind, signed, total, second } = combineParts(l, e, keyAt);
  return kind === 'avg' ? average(l, second, total, signed) : total;
}

/** A record of stats: its count, average and total. */
export function storeStats(l: Lowering, e: AggregationRead, to: Address): void {
  const { signed, total, second } = combineParts(l, e);
  const words = [second, average(l, second, total, signed), total];
  words.forEach((word, index) => l.builder.store(8, to.base, to.offset + index * 8, word));
}

/** `second` is the count, where there is one. */
function combineParts(
  l: Lowering,
  e: AggregationRead,
  keyAt?: Value,
): { kind: string; signed: boolean; total: Value; second: Value } {
  const b = l.builder;
  const storage = l.script.storageOf(e.map);
  const aggregation = e.map.value.kind === 'aggregation' ? e.map.value.aggregation : undefined;
  const kind = aggregation?.kind ?? 'count';
  const signed = aggregation !== undefined && 'signed' in aggregation && aggregation.signed;
  const total = b.temporary();
  const second = b.temporary();
  b.write(total, b.constant(0));
  b.write(second, b.constant(0));
  const combine = (element: Value): void => combinePart(l, kind, signed, element, total, second);
  if (storage.planned.kind === 'perCpu') {
    const { offset } = storage.planned;
    forEachCpu(l, (cpu) => {
      const block = b.binary('add', b.binary('shl', cpu, l.script.region.perCpuShift), l.script.region.perCpuBase);
      combine(b.add(block, offset));
    });
  } else {
    readKeyed(l, e, storage, keyAt ?? keyPointer(l, e.map, e.key), combine);
  }
  return { kind, signed, total: b.read(total), second: b.read(second) };
}

function readKeyed(
  l: Lowering,
  e: AggregationRead,
  storage: Storage,
  key: Value,
  combine: (element: Value) => void,
): void {
  const b = l.builder;
  if (!l.script.target.have('lookup-percpu-elem')) {
    const message = `Reading ${e.map.name} in the program needs the helper bpf_map_lookup_percpu_elem, which this kernel lacks`;
    l.script.diagnostics.push({
      severity: 'error',
      code: 'missing-helper',
      message,
      span: e.span,
      hints: ['it came with kernel 5.19'],
    });
    return;
  }
  forEachCpu(l, (cpu) => {
    const element = b.call(Helper.map_lookup_percpu_elem, [mapOf(l, storage), key, cpu]);
    ifFound(
      l,
      element,
      () => combine(element),
      () => undefined,
    );
  });
}

function combinePart(l: Lowering, kind: string, signed: boolean, element: Value, total: number, second: number): void {
  const b = l.builder;
  const first = b.load(8, false, element, 0);
  if (kind === 'count' || kind === 'sum' || kind === 'topk') {
    b.write(total, b.binary('add', b.read(total), first));
  } else if (kind === 'avg' || kind === 'stats') {
    b.write(second, b.binary('add', b.read(second), first));
    b.write(total, b.binary('add', b.read(total), b.load(8, false, element, 8)));
  } else {
    combineExtreme(l, kind === 'min', signed, { value: first, isSet: b.load(8, false, element, 8) }, total, second);
  }
}

/** `second` says whether `total` holds a value yet. */
function combineExtreme(
  l: Lowering,
  isMin: boolean,
  signed: boolean,
  part: { value: Value; isSet: Value },
  total: number,
  second: number,
): void {
  const b = l.builder;
  const present = b.block();
  const compare = b.block();
  const take = b.block();
  const done = b.block();
  b.branch('ne', part.isSet, b.constant(0), present, done);
  b.enter(present);
  b.branch('eq', b.read(second), b.constant(0), take, compare);
  b.enter(compare);
  const less = signed ? 'slt' : 'ult';
  const greater = signed ? 'sgt' : 'ugt';
  b.branch(isMin ? less : greater, part.value, b.read(total), take, done);
  b.enter(take);
  b.write(total, part.value);
  b.write(second, b.constant(1));
  b.jump(done);
  b.enter(done);
}

function average(l: Lowering, count: Value, sum: Value, signed: boolean): Value {
  const b = l.builder;
  const result = b.temporary();
  const some = b.block();
  const done = b.block();
  b.write(result, b.constant(0));
  b.branch('ne', count, b.constant(0), some, done);
  b.enter(some);
  if (!signed || l.script.target.have('signed-division')) {
    b.write(result, b.binary(signed ? 'sdiv' : 'udiv', sum, count));
  } else {
    const mask = b.binary('ashr', sum, b.constant(63));
    const absolute = b.binary('sub', b.binary('xor', sum, mask), mask);
    b.write(result, b.binary('sub', b.binary('xor', b.binary('udiv', absolute, count), mask), mask));
  }
  b.jump(done);
  b.enter(done);
  return b.read(result);
}

function forEachCpu(l: Lowering, body: (cpu: Value) => void): void {
  const b = l.builder;
  const cpus = l.script.target.possibleCpus;
  const cpu = b.temporary();
  b.write(cpu, b.constant(0));
  const head = b.block();
  const inside = b.block();
  const done = b.block();
  b.jump(head);
  b.enter(head, { loop: true });
  b.branch('ult', b.read(cpu), b.constant(cpus), inside, done);
  b.enter(inside);
  b.scope(() => body(b.read(cpu)));
  b.write(cpu, b.add(b.read(cpu), 1));
  b.jump(head);
  b.seal(head);
  b.enter(done);
}
