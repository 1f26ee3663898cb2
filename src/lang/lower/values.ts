/** Expressions whose value stands in memory: written to a place, or found where they are. */
import { BugError } from '../../base/index.ts';
import type { Expression, SyncCall } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Value } from '../ir/index.ts';
import { encodeText } from '../source/index.ts';
import { isWord, placeMembers, sizeOf, type Type } from '../types/index.ts';
import { storeBuiltin } from './builtins.ts';
import { storeInet } from './bytes.ts';
import { contextAddress, probeReadInto } from './context.ts';
import { type Address, type Lowering } from './lowering.ts';
import { storeMapValue, storeStats } from './maps.ts';
import { chunks, copy, storeBytes, zero } from './memory.ts';
import { storeBuffer, storeText } from './strings.ts';
import { addressOfName, storeBeginning, storeJoined, storeName } from './text.ts';
import { storePath } from './trusted.ts';
import { wordFormat } from './word-format.ts';
import { lowerCondition } from './words.ts';

export function storeValue(l: Lowering, e: Expression, to: Address, padded: boolean): void {
  if (isWord(e.type)) {
    l.builder.store(wordFormat(e.type).size, to.base, to.offset, l.word(e));
    return;
  }
  switch (e.kind) {
    case 'string':
      storeBytes(l, to, textBytes(e.value, padded ? sizeOf(e.type) : 0, sizeOf(e.type)));
      return;
    case 'builtin':
      storeBuiltin(l, e, to);
      return;
    case 'mapRead':
      storeMapValue(l, e, to);
      return;
    case 'aggregationRead':
      storeStats(l, e, to);
      return;
    case 'conditional':
      storeChoice(l, e, to, padded);
      return;
    case 'convert':
      storeConversion(l, e, to, padded);
      return;
    case 'read':
      probeReadInto(l, e.space, to, l.builder.add(l.word(e.address), e.offset), sizeOf(e.type));
      return;
    case 'aggregate':
      storeAggregate(l, e, to);
      return;
    case 'sequence':
      l.statements(e.statements);
      l.store(e.value, to, padded);
      return;
    case 'call':
      storeCall(l, e, to, padded);
      return;
    case 'ownCall':
      copy(l, to, l.callOwn(e) as Address, sizeOf(e.type));
      return;
    default:
      copy(l, to, l.address(e), sizeOf(e.type));
  }
}

/** UTF-8 with a NUL where there is room; at least `atLeast`, at most `atMost` bytes. */
export function textBytes(text: string, atLeast: number, atMost: number): Uint8Array {
  const encoded = encodeText(text);
  const bytes = new Uint8Array(Math.min(atMost, Math.max(atLeast, encoded.length + 1)));
  bytes.set(encoded.subarray(0, bytes.length));
  return bytes;
}

export function addressOfValue(l: Lowering, e: Expression): Address {
  switch (e.kind) {
    case 'variable':
      return l.placeOf(e.variable);
    case 'member': {
      const whole = l.address(e.operand);
      return { base: whole.base, offset: whole.offset + e.offset };
    }
    case 'context':
      if (e.access.kind === 'address' || e.access.kind === 'words') return contextAddress(l, e.access);
      break;
    case 'call':
      if (e.call.function === 'nameOf') return addressOfName(l, e.call, sizeOf(e.type));
      break;
    default:
      break;
  }
  const place = l.temporary(sizeOf(e.type) + 1);
  l.store(e, place, false);
  return place;
}

function storeChoice(l: Lowering, e: Expression & { kind: 'conditional' }, to: Address, padded: boolean): void {
  const b = l.builder;
  const yes = b.block();
  const no = b.block();
  const done = b.block();
  lowerCondition(l, e.condition, yes, no);
  for (const [block, branch] of [
    [yes, e.then],
    [no, e.else],
  ] as const) {
    b.enter(block);
    b.scope(() => {
      l.store(branch, to, padded);
      b.jump(done);
    });
  }
  b.enter(done);
}

function storeConversion(l: Lowering, e: Expression & { kind: 'convert' }, to: Address, padded: boolean): void {
  const from = e.operand.type;
  const size = sizeOf(e.type);
  if (isWord(from)) {
    // Word to array: the word's bytes, as many as there is room for, then zeros.
    const word = wordFormat(from).size;
    if (size >= word && to.offset % word === 0) {
      l.builder.store(word, to.base, to.offset, l.word(e.operand));
    } else {
      const place = l.temporary(8);
      l.builder.store(word, place.base, place.offset, l.word(e.operand));
      copy(l, to, place, Math.min(size, word));
    }
    if (size > word) zero(l, { base: to.base, offset: to.offset + word }, size - word);
    return;
  }
  if (isSameLayout(from, e.type)) {
    l.store(e.operand, to, padded);
    return;
  }
  if (from.kind === 'tuple' || from.kind === 'record') {
    convertMembers(l, e, to);
    return;
  }
  const fromSize = sizeOf(from);
  if (e.operand.kind === 'string') {
    storeBytes(l, to, textBytes(e.operand.value, padded ? size : 0, size));
    return;
  }
  l.store(e.operand, to, padded);
  if (size > fromSize) zero(l, { base: to.base, offset: to.offset + fromSize }, padded ? size - fromSize : 1);
}

function isSameLayout(a: Type, b: Type): boolean {
  return a.kind === b.kind && sizeOf(a) === sizeOf(b) && a.kind !== 'tuple' && a.kind !== 'record';
}

/** Member by member: integers widen, texts grow. */
function convertMembers(l: Lowering, e: Expression & { kind: 'convert' }, to: Address): void {
  const from = membersOf(e.operand.type);
  zeroPadding(l, to, e.type);
  l.withPlace(e.operand, l.address(e.operand), () => {
    for (const [i, member] of membersOf(e.type).entries()) {
      const original = from.find((other) => other.name === member.name) ?? (from[i] as (typeof from)[number]);
      const value: Expression = {
        kind: 'member',
        span: e.span,
        type: original.type,
        operand: e.operand,
        offset: original.offset,
      };
      const converted: Expression = { kind: 'convert', span: e.span, type: member.type, operand: value };
      l.store(converted, { base: to.base, offset: to.offset + member.offset }, true);
    }
  });
}

function storeAggregate(l: Lowering, e: Expression & { kind: 'aggregate' }, to: Address): void {
  zeroPadding(l, to, e.type);
  // In ascending order: a text may write one byte, a zero, behind its place.
  for (const { offset, value } of e.members) l.store(value, { base: to.base, offset: to.offset + offset }, true);
}

/** Zeroes the words that members do not fill, so that equal values have equal bytes. */
export function zeroPadding(l: Lowering, to: Address, type: Type): void {
  const size = sizeOf(type);
  if (l.script.off.has('no-zeroing')) {
    zero(l, to, size);
    return;
  }
  const filled = new Uint8Array(size);
  for (const member of membersOf(type)) filled.fill(1, member.offset, member.offset + sizeOf(member.type));
  for (const { at, size: chunk } of chunks(l, 'wide-stores', size, to.offset)) {
    if (filled.subarray(at, at + chunk).includes(0))
      l.builder.store(chunk, to.base, to.offset + at, l.builder.constant(0));
  }
}

function membersOf(type: Type): { name: string; offset: number; type: Type }[] {
  if (type.kind === 'record')
    return type.fields().map((field) => ({ name: field.name, offset: field.offset, type: field.type }));
  if (type.kind !== 'tuple') return [];
  const { offsets } = placeMembers(type.elements);
  return type.elements.map((element, i) => ({ name: String(i), offset: offsets[i] as number, type: element }));
}

function storeCall(l: Lowering, e: Expression & { kind: 'call' }, to: Address, padded: boolean): void {
  switch (e.call.function) {
    case 'str':
      storeText(l, e.call, sizeOf(e.type), to, padded);
      return;
    case 'buf':
    case 'bufOf':
      storeBuffer(l, e.call, e.type, to, padded);
      return;
    case 'strOf':
      storeBeginning(l, e.call, sizeOf(e.type), to, padded);
      return;
    case 'concat':
      storeJoined(l, e.call, sizeOf(e.type), to, padded);
      return;
    case 'nameOf':
      storeName(l, e.call, sizeOf(e.type), to);
      return;
    case 'path':
      storePath(l, e.call, sizeOf(e.type), to);
      return;
    case 'inet':
      storeInet(l, e.call, to);
      return;
    case 'usym':
      l.builder.store(8, to.base, to.offset, l.word(e.call.address));
      l.builder.store(8, to.base, to.offset + 8, processAndFunction(l, e.call, e.span));
      return;
    default:
      throw new BugError(`${e.call.function}() gives a word`);
  }
}

/** The second word of a usym: the process, and above it the number of a known function. */
function processAndFunction(l: Lowering, call: SyncCall & { function: 'usym' }, span: Span): Value {
  const process = l.word({ kind: 'builtin', name: 'pid', span, type: { kind: 'integer', size: 4, signed: false } });
  if (call.known === undefined) return process;
  const b = l.builder;
  return b.binary('or', process, b.binary('shl', l.word(call.known), b.constant(32)));
}
