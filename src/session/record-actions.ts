import { BugError } from '../base/index.ts';
import {
  type ByteBuffer,
  byteStringOf,
  type ByteString,
  decodeText,
  encodeText,
  formatArgument,
  type FormatOptions,
  formatPrintf,
  locateArguments,
  TimeFormatter,
  type ValueBytes,
} from '../output/index.ts';
import { type EventSchema, type FormatPiece, PLAIN_CONVERSION, type ScriptPlan } from '../spec/index.ts';
import type { Backend, MessageSink, RecordVisitor, SessionClock } from './backend.ts';
import { Captures } from './captures.ts';
import type { Presenter } from './presenter.ts';
import type { Rates } from './rates.ts';
import type { ScriptMaps } from './script-maps.ts';

/** What the actions need around them. */
export interface ActionContext {
  readonly plan: ScriptPlan;
  readonly backend: Backend;
  readonly maps: ScriptMaps;
  readonly rates: Rates;
  readonly presenter: Presenter;
  readonly out: ByteBuffer;
  readonly messages: MessageSink;
  readonly clock: SessionClock;
  readonly warningLevel: 0 | 1 | 2;
  /** Text in messages, made harmless where they go to a terminal. */
  readonly shown: (text: ByteString) => string;
  /** Writes out what was gathered; false: stop taking records for now. */
  readonly flush: () => boolean;
  /** No more records are taken until this is done. */
  readonly suspend: (work: Promise<void>) => void;
  readonly onExit: () => boolean;
  /** errorf() was called. */
  readonly onError: () => void;
}

type Event<Kind extends EventSchema['kind']> = EventSchema & { kind: Kind };
type TextEvent = Event<'printf' | 'cat' | 'system' | 'errorf' | 'warnf'>;

/** Gathered output is written out from this size on. */
export const FLUSH_BYTES = 200_000;
const WHOLE_VALUE: readonly FormatPiece[] = [
  PLAIN_CONVERSION,
  // print() ends its line.
  { kind: 'text', text: '\n' },
];

/** A visitor that does what each record asks for. */
export function createRecordVisitor(context: ActionContext): RecordVisitor {
  const actions = context.plan.events.map((event) => checked(event, createAction(event, context)));
  return (view, bytes, offset, length) => {
    const action = actions[length < 8 ? -1 : view.getUint32(offset, true)];
    if (action === undefined) throw new BugError(`a record of unknown kind came out of the ring (${length} bytes)`);
    return action(view, bytes, offset, length);
  };
}

function checked(event: EventSchema, action: RecordVisitor): RecordVisitor {
  return (view, bytes, offset, length) => {
    if (length < event.sizeBytes)
      throw new BugError(`a ${event.kind} record is ${length} bytes long instead of ${event.sizeBytes}`);
    return action(view, bytes, offset, length);
  };
}

function createAction(event: EventSchema, context: ActionContext): RecordVisitor {
  const { presenter, maps } = context;
  const isSpaceLeft = (): boolean => context.out.length < FLUSH_BYTES || context.flush();
  switch (event.kind) {
    case 'printf':
      return writeAction(presenter, event.format, event, context);
    case 'printValue':
      return valueAction(event, context);
    case 'printMap':
      return () => {
        printMap(event, context);
        return isSpaceLeft();
      };
    case 'clearMap':
      return () => {
        if (event.printed === true) maps.clearPrinted(event.map);
        else maps.clear(event.map);
        context.rates.reset(event.map);
        return true;
      };
    case 'zeroMap':
      return () => {
        maps.zero(event.map);
        context.rates.reset(event.map);
        return true;
      };
    case 'time': {
      const formatter = new TimeFormatter(event.format, context.backend.resolver);
      return () => {
        presenter.text('time', encodeText(formatter.format(context.clock.unixTimeNs())));
        return isSpaceLeft();
      };
    }
    case 'join':
      return joinAction(event, context, isSpaceLeft);
    case 'unwatch':
      return (view, _bytes, offset) => {
        context.suspend(unwatch(context.backend, view.getBigUint64(offset + event.address.offset, true)));
        return false;
      };
    case 'packet':
      return packetAction(event, context);
    case 'exit':
      return () => context.onExit();
    default:
      return textAction(event, context);
  }
}

/** The packet is copied: while it is written, the ring goes on. */
function packetAction(event: Event<'packet'>, context: ActionContext): RecordVisitor {
  const captures = new Captures(context.backend, context.messages);
  const bootOffsetNs = context.backend.resolver.bootTimeOffsetNs();
  return (view, bytes, offset, length) => {
    const [time, whole, data] = locateArguments(event.args, event.sizeBytes, { view, bytes }, offset, length);
    if (time === undefined || whole === undefined || data === undefined) return true;
    const timeNs = view.getBigUint64(time.offset, true) + bootOffsetNs;
    const start = data.offset + (data.length === undefined ? 4 : 0);
    const packet = bytes.slice(start, start + (data.length ?? view.getUint32(data.offset, true)));
    context.suspend(captures.add(event.path, timeNs, packet, Number(view.getBigUint64(whole.offset, true))));
    return false;
  };
}

async function unwatch(backend: Backend, address: bigint): Promise<void> {
  await backend.unwatch(address);
}

function printMap(event: Event<'printMap'>, { presenter, maps, rates, clock }: ActionContext): void {
  const print = { top: event.top, div: event.div };
  const snapshot = maps.snapshotToPrint(event.map);
  if (event.rate === true) presenter.rates(snapshot, rates.next(event.id, snapshot, clock.nowMs()), print);
  else presenter.map(snapshot, print);
}

function writeAction(
  presenter: Presenter,
  format: readonly FormatPiece[],
  { args, sizeBytes }: Pick<TextEvent, 'args' | 'sizeBytes'>,
  context: ActionContext,
): RecordVisitor {
  const write = presenter.recordWriter({ format, args, sizeBytes });
  const { out, flush } = context;
  return (view, bytes, offset, length) => {
    write(view, bytes, offset, length, out);
    return out.length < FLUSH_BYTES || flush();
  };
}

function valueAction(event: Event<'printValue'>, context: ActionContext): RecordVisitor {
  const { presenter } = context;
  if (presenter.writesText)
    return writeAction(presenter, WHOLE_VALUE, { args: [event.arg], sizeBytes: event.sizeBytes }, context);
  return (view, bytes, offset, length) => {
    const memory = { view, bytes };
    const [argument] = locateArguments([event.arg], event.sizeBytes, memory, offset, length);
    if (argument !== undefined) presenter.value(argument, memory);
    return context.out.length < FLUSH_BYTES || context.flush();
  };
}

/** The arguments up to the end of the list: a packed one without bytes (an empty text still has its NUL), or an empty text. */
function joinAction(event: Event<'join'>, { presenter }: ActionContext, isSpaceLeft: () => boolean): RecordVisitor {
  const separator = encodeText(event.separator);
  return (view, bytes, offset, length) => {
    const memory = { view, bytes };
    const texts: ByteString[] = [];
    for (const argument of locateArguments(event.args, event.sizeBytes, memory, offset, length)) {
      const text = formatArgument(argument, memory, presenter.options);
      if (argument.length === undefined ? text === '' : argument.length === 0) break;
      texts.push(text);
    }
    presenter.text('join', texts.join(separator));
    return isSpaceLeft();
  };
}

/** Actions that format a text and then do something with it. */
function textAction(event: Exclude<TextEvent, { kind: 'printf' }>, context: ActionContext): RecordVisitor {
  // A path or a command must come through unchanged; messages are made harmless when they are shown.
  const options: FormatOptions = { ...context.presenter.options, terminal: false };
  return (view, bytes, offset, length) => {
    const memory: ValueBytes = { view, bytes };
    const args = locateArguments(event.args, event.sizeBytes, memory, offset, length);
    return actOnText(event, formatPrintf(event.format, args, memory, options), context);
  };
}

function actOnText(event: TextEvent, text: ByteString, context: ActionContext): boolean {
  switch (event.kind) {
    case 'errorf':
      context.onError();
      context.presenter.located('ERROR', text, event.span);
      return true;
    case 'warnf':
      if (context.warningLevel > 0) context.presenter.located('WARNING', text, event.span);
      return true;
    case 'cat':
      context.suspend(printFile(text, context));
      return false;
    default:
      context.suspend(printCommand(text, context));
      return false;
  }
}

async function printFile(
  path: ByteString,
  { backend, plan, presenter, messages, shown }: ActionContext,
): Promise<void> {
  const file = await backend.readFile(decodeText(path), plan.config.maxCatBytes);
  if (file.ok) presenter.text('cat', byteStringOf(file.bytes, 0, undefined));
  else messages.write(`ERROR: failed to open file '${shown(path)}' (${file.reason})\n`);
}

async function printCommand(
  command: ByteString,
  { backend, presenter, messages, flush }: ActionContext,
): Promise<void> {
  // The command may write to our terminal itself: what came before it must stand before it.
  flush();
  const { status, output } = await backend.runShell(decodeText(command));
  if (status === 0) presenter.text('system', byteStringOf(output, 0, undefined));
  else messages.write(`ERROR: command exited with code ${status}\n`);
}
