/** Addresses of what the program keeps in memory, searches in maps, and calls of the kernel's functions. */
import type { Expression } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { isWord } from '../types/index.ts';
import { stackFlags } from './builtins.ts';
import { Helper, type Lowering, perCpuBlock, pointer, requireFeature } from './lowering.ts';
import { typedPointer } from './context.ts';
import { ifFound, keyPointer, lookup, mapOf } from './maps.ts';
import { typedArgument } from './typed-reads.ts';

/**
 * As a number: the verifier forgets that it was an address when it has been in memory, and so lets it be calculated
 * with, compared and cut.
 */
export function lowerAddressOf(l: Lowering, e: Expression & { kind: 'addressOf' }): Value {
  const b = l.builder;
  const place = l.sharedPlace(8);
  b.store(8, place.base, place.offset, addressOf(l, e));
  return b.load(8, false, place.base, place.offset);
}

function addressOf(l: Lowering, { target }: Expression & { kind: 'addressOf' }): Value {
  const b = l.builder;
  if (target.kind === 'variable') return pointer(l, l.placeOf(target.variable));
  const storage = l.script.storageOf(target.map);
  const { planned } = storage;
  if (target.kind === 'wholeMap') return mapOf(l, storage);
  switch (planned.kind) {
    case 'shared':
      return b.mapValue('data', planned.valueOffset);
    case 'perCpu':
      return b.add(perCpuBlock(l), planned.offset);
    case 'map':
      return lookup(l, storage, keyPointer(l, target.map, target.key));
  }
}

/** What is larger than a word is passed by its address. */
export function lowerKernelCall(l: Lowering, e: Expression & { kind: 'kernelCall' }): Value {
  const result = l.builder.callFunction({ kind: 'kernelFunction', name: e.name }, passed(l, e.arguments));
  l.reads.forgetAll();
  return result;
}

/** C leaves the upper part of a register undefined behind a result that is narrower. */
export function lowerLinkedCall(l: Lowering, e: Expression & { kind: 'linkedCall' }): Value {
  const name = l.script.link(e.object, e.name);
  const result = l.builder.callFunction({ kind: 'function', name }, passed(l, e.arguments));
  l.reads.forgetAll();
  const { type } = e;
  if (type.kind === 'bool') return l.builder.extend(1, false, result);
  return (type.kind === 'integer' || type.kind === 'enum') && type.size !== 8
    ? l.builder.extend(type.size, type.signed, result)
    : result;
}

function passed(l: Lowering, given: readonly Expression[]): Value[] {
  return given.map((argument) => {
    if (argument.kind === 'addressOf') return addressOf(l, argument);
    const typed = typedArgument(argument);
    if (typed !== undefined) return typedPointer(l, typed);
    return isWord(argument.type) ? l.word(argument) : pointer(l, l.address(argument));
  });
}

/** One look-up: what is found is assigned. */
export function lowerMapFind(l: Lowering, e: Expression & { kind: 'mapFind' }): Value {
  const b = l.builder;
  const storage = l.script.storageOf(e.map);
  const element = lookup(l, storage, keyPointer(l, e.map, e.key));
  const result = b.temporary();
  ifFound(
    l,
    element,
    () => {
      l.withPlace(e.element, { base: element, offset: 0 }, () => l.statements([e.assign]));
      b.write(result, b.constant(1));
    },
    () => b.write(result, b.constant(0)),
  );
  return b.read(result);
}

/** The helper counts the elements that it goes through. */
export function lowerMapLength(l: Lowering, e: Expression & { kind: 'mapLength' }): Value {
  const b = l.builder;
  if (!requireFeature(l, e, 'for-each-map-elem', 'len() of a map needs the helper bpf_for_each_map_elem', '5.13'))
    return b.constant(0);
  const next = l.callback(4, () => l.builder.exit(l.builder.constant(0)));
  const map = mapOf(l, l.script.storageOf(e.map));
  const result = b.call(Helper.for_each_map_elem, [
    map,
    b.functionAddress(next.name),
    l.sharedPointer(),
    b.constant(0),
  ]);
  // It returns an int.
  return b.extend(4, true, result);
}

/** Frames are counted by taking the stack once more. */
export function lowerStackLength(l: Lowering, space: 'kernel' | 'user', limit: number): Value {
  const b = l.builder;
  const place = l.sharedPlace(limit * 8);
  const flags = b.constant(stackFlags(l, space));
  const bytes = b.call(Helper.get_stack, [b.context(), pointer(l, place), b.constant(limit * 8), flags]);
  const result = b.temporary();
  const some = b.block();
  const done = b.block();
  b.write(result, b.constant(0));
  b.branch('sgt', bytes, b.constant(0), some, done);
  b.enter(some);
  b.write(result, b.binary('lshr', bytes, b.constant(3)));
  b.jump(done);
  b.enter(done);
  return b.read(result);
}
