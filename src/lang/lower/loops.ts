/** `for`: over ranges and over the elements of maps. */
import { BugError } from '../../base/index.ts';
import type { Expression, Statement, Variable } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { isWord, placeMembers, sizeOf, type Type } from '../types/index.ts';
import { Helper, type Lowering, requireFeature, warn, whenRare } from './lowering.ts';
import { mapOf, readAggregation } from './maps.ts';
import { copy } from './memory.ts';
import { isPlain } from './outline.ts';
import { zeroPadding } from './values.ts';
import { wordFormat } from './word-format.ts';

/** Rounds that bpf_loop does at most. */
const MAX_ROUNDS = 1 << 23;
/** What a callback returns. */
const GO_ON = 0;
const STOP = 1;

type ForRange = Statement & { kind: 'forRange' };
type ForMap = Statement & { kind: 'forMap' };

export function lowerForRange(l: Lowering, s: ForRange): void {
  if (isPlain(s, l.script.target)) {
    lowerPlain(l, s);
    return;
  }
  if (!requireFeature(l, s, 'loop', 'A loop over a range needs the helper bpf_loop', '5.17')) return;
  const b = l.builder;
  const from = l.word(s.from);
  const to = l.word(s.to);
  const start = from.op === 'const' ? undefined : l.sharedPlace(8);
  if (start !== undefined) b.store(8, start.base, start.offset, from);
  const body = l.callback(2, ([index]) => {
    const inner = l.builder;
    const first = start === undefined ? inner.constant((from as { value: bigint }).value) : undefined;
    const base = first ?? inner.load(8, false, (start as { base: Value }).base, start?.offset);
    l.writeVariable(s.variable, inner.binary('add', base, index as Value));
    callbackBody(l, s.body);
  });
  const some = b.block();
  const done = b.block();
  b.branch('slt', from, to, some, done);
  b.enter(some);
  b.scope(() => {
    const rounds = limitedRounds(l, b.binary('sub', to, from));
    l.aroundLoop(body.leaves, () => {
      const called = b.call(Helper.loop, [rounds, b.functionAddress(body.name), l.sharedPointer(), b.constant(0)]);
      // Where the kernel replaces the call by a loop of its own, an error has 32 bits.
      const result = b.extend(4, true, called);
      whenRare(l, 'slt', result, b.constant(0), () => warn(l, { helper: 'loop', level: 1, span: s.span }, result));
    });
    b.jump(done);
  });
  b.enter(done);
}

/** The helper takes 32 bits, and refuses what is over its limit. */
function limitedRounds(l: Lowering, rounds: Value): Value {
  const b = l.builder;
  if (rounds.op === 'const') return b.constant(rounds.value > MAX_ROUNDS ? MAX_ROUNDS + 1 : rounds.value);
  const limited = b.temporary();
  b.write(limited, rounds);
  whenRare(l, 'ugt', rounds, b.constant(MAX_ROUNDS), () => b.write(limited, b.constant(MAX_ROUNDS + 1)));
  return b.read(limited);
}

/** The verifier walks through each round. */
function lowerPlain(l: Lowering, s: ForRange): void {
  const b = l.builder;
  const head = b.block();
  const body = b.block();
  const next = b.block();
  const done = b.block();
  const counter = b.temporary();
  const to = l.word(s.to);
  b.write(counter, l.word(s.from));
  b.jump(head);
  b.enter(head, { loop: true });
  b.scope(() => {
    b.branch('slt', b.read(counter), to, body, done);
    b.enter(body);
    b.scope(() => {
      l.writeVariable(s.variable, b.read(counter));
      l.loops.push({ continueTo: next, breakTo: done });
      l.statements(s.body);
      l.loops.pop();
      b.jump(next);
      b.enter(next);
      b.write(counter, b.add(b.read(counter), 1));
      b.jump(head);
    });
  });
  b.seal(head);
  b.enter(done);
}

export function lowerForMap(l: Lowering, s: ForMap): void {
  if (!requireFeature(l, s, 'for-each-map-elem', 'A loop over a map needs the helper bpf_for_each_map_elem', '5.13'))
    return;
  const b = l.builder;
  const storage = l.script.storageOf(s.map);
  const body = l.callback(4, ([, key, value]) => {
    storeElement(l, s, key as Value, value as Value);
    callbackBody(l, s.body);
  });
  b.scope(() =>
    l.aroundLoop(body.leaves, () =>
      b.call(Helper.for_each_map_elem, [
        mapOf(l, storage),
        b.functionAddress(body.name),
        l.sharedPointer(),
        b.constant(0),
      ]),
    ),
  );
}

/** Makes the pair of key and value, as far as the body looks at it. */
function storeElement(l: Lowering, s: ForMap, key: Value, value: Value): void {
  const b = l.builder;
  const { type } = s.variable;
  if (type.kind !== 'tuple') throw new BugError(`the element of a map is no ${type.kind}`);
  const [keyType, valueType] = type.elements as [Type, Type];
  const [keyOffset, valueOffset] = placeMembers(type.elements).offsets as [number, number];
  const used = usedMembers(s.body, s.variable, valueOffset);
  if (!used.key && !used.value) return;
  const place = l.placeOf(s.variable);
  if (used.key && used.value) zeroPadding(l, place, type);
  // A text may write one byte behind its place: the value comes after the key.
  if (used.key) storeMember(l, { base: place.base, offset: place.offset + keyOffset }, keyType, key);
  if (!used.value) return;
  const at = { base: place.base, offset: place.offset + valueOffset };
  if (s.map.value.kind === 'value') storeMember(l, at, valueType, value);
  else b.store(8, at.base, at.offset, readAggregation(l, { map: s.map, key: undefined, span: s.span }, key));
}

/** Words in maps take 8 bytes, extended. */
function storeMember(l: Lowering, to: { base: Value; offset: number }, type: Type, from: Value): void {
  const b = l.builder;
  if (isWord(type)) b.store(wordFormat(type).size, to.base, to.offset, b.load(8, false, from, 0));
  else copy(l, to, { base: from, offset: 0 }, sizeOf(type));
}

function usedMembers(body: unknown, variable: Variable, valueOffset: number): { key: boolean; value: boolean } {
  const used = { key: false, value: false };
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    const expression = node as Expression;
    if (expression.kind === 'member' && isVariable(expression.operand, variable)) {
      if (expression.offset >= valueOffset && valueOffset > 0) used.value = true;
      else if (valueOffset > 0) used.key = true;
      else used.key = used.value = true;
      return;
    }
    for (const [key, child] of Object.entries(node)) {
      if (key === 'variable' && (child as Variable).id === variable.id) used.key = used.value = true;
      else if (key !== 'type' && key !== 'map' && key !== 'span' && key !== 'variable') visit(child);
    }
  };
  visit(body);
  return used;
}

function isVariable(node: Expression, variable: Variable): boolean {
  return node.kind === 'variable' && node.variable.id === variable.id;
}

/** The end of a round, and the ways out of the loop. */
function callbackBody(l: Lowering, body: readonly Statement[]): void {
  const b = l.builder;
  const next = b.block();
  const stop = b.block();
  l.loops.push({ continueTo: next, breakTo: stop });
  b.scope(() => l.statements(body));
  l.loops.pop();
  b.jump(next);
  b.enter(next);
  b.exit(b.constant(GO_ON));
  b.enter(stop);
  b.exit(b.constant(STOP));
}
