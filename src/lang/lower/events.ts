/** Records sent to the user side through the ring buffer. */
import { BugError } from '../../base/index.ts';
import type { EventField, EventSchema } from '../../spec/index.ts';
import type { Emit, Expression, Statement } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import { alignOf, isWord, layout, sizeOf, type Type } from '../types/index.ts';
import { probeRead, READ, readIn } from './context.ts';
import { type Address, Helper, type Lowering, perCpuBlock, pointer, whenRare } from './lowering.ts';
import { writeRecord } from './iterator.ts';
import { copy } from './memory.ts';
import { atMost, readText } from './strings.ts';
import { copiedLength } from './text.ts';
import { wordFormat } from './word-format.ts';

/** Texts and buffers above this many bytes are sent with the length that they have. */
const PACKED_BYTES = 64;
/** u32 id, u32 zero. */
const HEADER_BYTES = 8;
const JOIN_MOST = 16;

export function lowerEmit(l: Lowering, s: Statement & { kind: 'emit' }): void {
  const { event } = s;
  if (l.program.variant.context.output === 'text') {
    l.script.diagnostics.push({
      severity: 'error',
      code: 'pinned',
      message: 'A pinned iterator can print only in its own body, not in functions',
      span: s.span,
    });
  }
  if (event.kind === 'exit') {
    lowerExit(l, s, event);
  } else if (event.kind === 'join') {
    lowerJoin(l, s, event);
  } else {
    const args = argumentsOf(event);
    send(l, args, (id, fields, sizeBytes) => schemaOf(event, { id, sizeBytes, span: s.span }, fields));
  }
}

function argumentsOf(event: Emit): readonly Expression[] {
  if ('args' in event) return event.args;
  if (event.kind === 'unwatch') return [event.address];
  return event.kind === 'printValue' ? [event.arg] : [];
}

function schemaOf(
  event: Emit,
  base: { id: number; sizeBytes: number; span: EventSchema['span'] },
  fields: readonly EventField[],
): EventSchema {
  switch (event.kind) {
    case 'printf':
    case 'cat':
    case 'system':
    case 'errorf':
    case 'warnf':
      return { ...base, kind: event.kind, format: event.format, args: fields };
    case 'printValue':
      return { ...base, kind: 'printValue', arg: fields[0] as EventField };
    case 'printMap':
      return {
        ...base,
        kind: 'printMap',
        map: event.map.name,
        ...(event.rate ? { rate: true } : {}),
        ...(event.top === undefined ? {} : { top: event.top }),
        ...(event.div === undefined ? {} : { div: event.div }),
      };
    case 'clearMap':
    case 'zeroMap':
      return { ...base, kind: event.kind, map: event.map.name, ...(event.printed === true ? { printed: true } : {}) };
    case 'unwatch':
      return { ...base, kind: 'unwatch', address: fields[0] as EventField };
    case 'packet':
      return { ...base, kind: 'packet', path: event.path, args: fields };
    case 'time':
      return { ...base, kind: 'time', format: event.format };
    default:
      throw new BugError(`no record for ${event.kind}`);
  }
}

/** The status is set where it can't be lost; the record marks the place among the others. */
function lowerExit(l: Lowering, s: Statement, event: Emit & { kind: 'exit' }): void {
  const b = l.builder;
  const code = b.binary('and', l.word(event.code), b.constant(0xff));
  b.store(8, b.mapValue('data', l.script.exitOffset()), 0, b.add(code, 1));
  if (l.script.hasRing()) {
    const field: EventField = { offset: HEADER_BYTES, type: { kind: 'integer', size: 8, signed: false } };
    const sizeBytes = HEADER_BYTES + 8;
    const id = l.script.addEvent((eventId) => ({ kind: 'exit', id: eventId, sizeBytes, span: s.span, code: field }));
    reserve(l, id, sizeBytes, ({ base, offset }) => b.store(8, base, offset + HEADER_BYTES, code));
  }
  if (event.returns) b.jump(l.end);
}

// ---- layout -------------------------------------------------------------------------------------------

interface Placed {
  readonly expression: Expression;
  readonly field: EventField;
}

function placeFields(args: readonly Expression[]): { placed: Placed[]; sizeBytes: number } {
  let end = HEADER_BYTES;
  const placed = args.map((expression) => {
    const packed = isPacked(expression.type);
    const align = packed ? 4 : Math.max(1, alignOf(expression.type));
    const offset = Math.ceil(end / align) * align;
    end = offset + (packed ? 4 : sizeOf(expression.type));
    const field: EventField = { offset, type: layout(expression.type), ...(packed ? { packed } : {}) };
    return { expression, field };
  });
  const last = args.at(-1);
  const slack = last !== undefined && writesBehind(last) ? 1 : 0;
  return { placed, sizeBytes: Math.ceil((end + slack) / 8) * 8 };
}

/** Reading a text may write a zero behind its place: what follows overwrites it, at the end there must be room. */
function writesBehind(e: Expression): boolean {
  return !isWord(e.type) && !isPacked(e.type) && e.kind !== 'builtin' && e.kind !== 'string';
}

function isPacked(type: Type): boolean {
  return (type.kind === 'string' || type.kind === 'buffer') && type.size > PACKED_BYTES;
}

function send(
  l: Lowering,
  args: readonly Expression[],
  schema: (id: number, fields: readonly EventField[], sizeBytes: number) => EventSchema,
): void {
  const { placed, sizeBytes } = placeFields(args);
  const fields = placed.map(({ field }) => field);
  const id = l.script.addEvent((eventId) => schema(eventId, fields, sizeBytes));
  const early = evaluateSideEffects(l, args);
  const fill = (record: Address): void => {
    for (const { expression, field } of placed) {
      if (field.packed !== true)
        storeField(l, expression, { base: record.base, offset: record.offset + field.offset }, early.get(expression));
    }
  };
  if (fields.some((field) => field.packed === true)) output(l, id, sizeBytes, { placed, early }, fill);
  else reserve(l, id, sizeBytes, fill);
}

/** What changes something is evaluated also when the record is then lost. */
function evaluateSideEffects(l: Lowering, args: readonly Expression[]): Map<Expression, Value | Address> {
  const early = new Map<Expression, Value | Address>();
  for (const arg of args) {
    if (!hasSideEffects(arg)) continue;
    early.set(arg, isWord(arg.type) ? l.word(arg) : l.address(arg));
  }
  return early;
}

const ACTING: ReadonlySet<string> = new Set(['signal', 'writeUser', 'override']);

function hasSideEffects(e: Expression): boolean {
  if (e.kind === 'increment' || e.kind === 'mapDelete' || e.kind === 'sequence') return true;
  if (e.kind === 'call' && ACTING.has(e.call.function)) return true;
  return childrenOf(e).some(hasSideEffects);
}

function childrenOf(e: Expression): Expression[] {
  const parts: unknown[] = Object.values(e.kind === 'call' ? e.call : e);
  const children = parts.filter(
    (part): part is Expression => typeof part === 'object' && part !== null && 'kind' in part && 'span' in part,
  );
  return e.kind === 'aggregate' ? e.members.map((member) => member.value) : children;
}

function storeField(l: Lowering, e: Expression, to: Address, early: Value | Address | undefined): void {
  if (early === undefined) {
    l.store(e, to, true);
  } else if ('base' in early && !('op' in early)) {
    copy(l, to, early, sizeOf(e.type));
  } else {
    l.builder.store(wordFormat(e.type).size, to.base, to.offset, early as Value);
  }
}

// ---- sending ------------------------------------------------------------------------------------------

/** A record of fixed size is filled where it stands in the ring. */
function reserve(l: Lowering, id: number, sizeBytes: number, fill: (record: Address) => void): void {
  const b = l.builder;
  if (isIterator(l)) {
    const area = l.permanent(sizeBytes);
    b.store(8, area.base, area.offset, b.constant(BigInt(id) | (BigInt(sizeBytes) << 32n)));
    fill(area);
    writeRecord(l, area, b.constant(sizeBytes));
    return;
  }
  const record = b.call(Helper.ringbuf_reserve, [b.map(l.script.ring()), b.constant(sizeBytes), b.constant(0)]);
  const full = b.block({ cold: true });
  const room = b.block();
  const done = b.block();
  b.branch('eq', record, b.constant(0), full, room);
  b.enter(full);
  b.scope(() => {
    countLost(l);
    b.jump(done);
  });
  b.enter(room);
  b.scope(() => {
    b.store(8, record, 0, b.constant(id));
    fill({ base: record, offset: 0 });
    b.call(Helper.ringbuf_submit, [record, ringFlags(l)]);
    b.jump(done);
  });
  b.enter(done);
}

/** Its records go into the file that is being read, not into the ring. */
function isIterator(l: Lowering): boolean {
  return l.program.variant.context.output === 'records';
}

/** While the reader looks by itself nobody wakes it; when it sleeps it has these flags say so. */
function ringFlags(l: Lowering): Value {
  return l.builder.load(8, false, l.builder.mapValue('data', l.script.wakeOffset()));
}

function countLost(l: Lowering): void {
  l.builder.atomicAdd(8, perCpuBlock(l), l.script.lostOffset(), l.builder.constant(1));
}

/** A record with packed parts is put together in scratch memory and copied to the ring with the length that it has. */
function output(
  l: Lowering,
  id: number,
  sizeBytes: number,
  { placed, early }: { readonly placed: readonly Placed[]; readonly early: ReadonlyMap<Expression, Value | Address> },
  fill: (record: Address) => void,
): void {
  const b = l.builder;
  const packed = placed.filter(({ field }) => field.packed === true);
  const most = packed.reduce((sum, { expression }) => sum + sizeOf(expression.type) + 8, 0);
  const area = l.permanent(sizeBytes + most + 64);
  b.store(8, area.base, area.offset, b.constant(id));
  fill(area);
  let end: Value = b.constant(0);
  for (const { expression, field } of packed) {
    const to = b.binary('add', pointer(l, { base: area.base, offset: area.offset + sizeBytes }), end);
    const known = early.get(expression);
    const at = known !== undefined && 'offset' in known && 'base' in known ? known : undefined;
    const pack = expression.type.kind === 'buffer' ? packBuffer : packText;
    const length = pack(l, expression, to, at);
    b.store(4, area.base, area.offset + field.offset, length);
    end = b.binary('add', end, length);
  }
  sendOutput(l, area, b.add(end, sizeBytes));
}

function sendOutput(l: Lowering, area: Address, length: Value): void {
  const b = l.builder;
  if (isIterator(l)) {
    b.store(4, area.base, area.offset + 4, length);
    writeRecord(l, area, length);
    return;
  }
  const result = b.call(Helper.ringbuf_output, [b.map(l.script.ring()), pointer(l, area), length, ringFlags(l)]);
  whenRare(l, 'ne', result, b.constant(0), () => countLost(l));
}

/** Gives the length, with the NUL where there is one. `at`: where the value is already. */
function packText(l: Lowering, e: Expression, to: Value, at: Address | undefined): Value {
  const size = sizeOf(e.type);
  const read =
    e.kind === 'call' && e.call.function === 'str' && at === undefined
      ? readText(l, e.call, size, to)
      : l.builder.call(Helper.probe_read_kernel_str, [
          to,
          l.builder.constant(size + 1),
          pointer(l, at ?? l.address(e)),
        ]);
  return copiedLength(l, read, size, 'with NUL');
}

function packBuffer(l: Lowering, e: Expression, to: Value, at: Address | undefined): Value {
  const b = l.builder;
  const capacity = sizeOf(e.type) - 4;
  if (e.kind === 'call' && e.call.function === 'buf' && at === undefined) {
    const length = atMost(l, l.word(e.call.length), capacity);
    readIn(l, e.call.space, READ, [to, length], l.word(e.call.address));
    return length;
  }
  const place = at ?? l.address(e);
  const length = atMost(l, b.load(4, false, place.base, place.offset), capacity);
  b.call(Helper.probe_read_kernel, [to, length, pointer(l, { base: place.base, offset: place.offset + 4 })]);
  return length;
}

/** An array of char pointers: read one by one until a null pointer, each as a packed text. */
function lowerJoin(l: Lowering, s: Statement, event: Emit & { kind: 'join' }): void {
  const b = l.builder;
  const textBytes = l.script.config.maxStrlen;
  const type = { kind: 'string' as const, size: textBytes };
  const args: EventField[] = Array.from({ length: JOIN_MOST }, (_, i) => ({
    offset: HEADER_BYTES + 4 * i,
    type,
    packed: true,
  }));
  const sizeBytes = HEADER_BYTES + 4 * JOIN_MOST;
  const id = l.script.addEvent((eventId) => ({
    kind: 'join',
    id: eventId,
    sizeBytes,
    span: s.span,
    separator: event.separator,
    args,
  }));
  const area = l.permanent(sizeBytes + JOIN_MOST * (textBytes + 1) + 64);
  b.store(8, area.base, area.offset, b.constant(id));
  for (let i = 0; i < JOIN_MOST / 2; i++) b.store(8, area.base, area.offset + HEADER_BYTES + 8 * i, b.constant(0));
  const array = l.word(event.array);
  const end = b.temporary();
  b.write(end, b.constant(0));
  const done = b.block();
  b.scope(() => {
    for (let i = 0; i < JOIN_MOST; i++) {
      const address = probeRead(l, event.space, b.add(array, 8 * i), 8, false);
      const more = b.block();
      b.branch('eq', address, b.constant(0), done, more);
      b.enter(more);
      const to = b.binary('add', pointer(l, { base: area.base, offset: area.offset + sizeBytes }), b.read(end));
      const helper = event.space === 'kernel' ? Helper.probe_read_kernel_str : Helper.probe_read_user_str;
      const read = b.call(helper, [to, b.constant(textBytes + 1), address]);
      const length = copiedLength(l, read, textBytes, 'with NUL');
      b.store(4, area.base, area.offset + HEADER_BYTES + 4 * i, length);
      b.write(end, b.binary('add', b.read(end), length));
    }
    b.jump(done);
  });
  b.enter(done);
  sendOutput(l, area, b.add(b.read(end), sizeBytes));
}
