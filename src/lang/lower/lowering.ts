/** What the parts of lowering share: the program being built, and the script that it belongs to. */
import { HelperId } from '../../abi/index.ts';
import type { EventSchema, LinkedObject, MapSpec, MapStorage } from '../../spec/index.ts';
import type { CheckedFunction, CheckedProgram, Expression, ScriptMap, Statement, Variable } from '../checked/index.ts';
import type { ScriptConfig } from '../config.ts';
import type { Diagnostic, Span } from '../diagnostic/index.ts';
import type { Block, Builder, Value } from '../ir/index.ts';
import type { Off } from '../optimizations.ts';
import type { Target } from '../target.ts';
import type { Type } from '../types/index.ts';
import type { KnownReads } from './known-reads.ts';
import type { Outline } from './outline.ts';
import type { DataRegion } from './region.ts';

export const Helper = HelperId;

/** Bytes in memory: `offset` from an address. */
export interface Address {
  readonly base: Value;
  readonly offset: number;
}

export interface LowerOptions {
  readonly pid?: number;
  readonly childPid?: number;
  /** 2: failing reads and look-ups are warned of too. They are the rule in many scripts, and each check costs. */
  readonly warningLevel?: 0 | 1 | 2;
  /** CLOCK_BOOTTIME when the script started, for `elapsed`. */
  readonly bootTimeNs: bigint;
  /** What to add to CLOCK_BOOTTIME for the time since 1970: where the intervals of tseries() begin. */
  readonly bootTimeOffsetNs?: bigint;
  /** What to add to CLOCK_BOOTTIME for CLOCK_TAI. */
  readonly taiOffsetNs?: bigint;
  readonly off?: Off;
}

/** One script: what its programs have in common. */
export interface ScriptLowering {
  function(name: string, space: 'kernel' | 'user'): CheckedFunction;
  readonly target: Target;
  readonly config: ScriptConfig;
  readonly options: LowerOptions;
  /** Optimizations that are switched off. */
  readonly off: Off;
  readonly region: DataRegion;
  readonly diagnostics: Diagnostic[];
  /** Adds an event kind; gives its id. */
  addEvent(make: (id: number) => EventSchema): number;
  /** Ring buffer's map; made on first call. */
  ring(): string;
  hasRing(): boolean;
  storageOf(map: ScriptMap): Storage;
  /** Takes an imported function in; gives the name to call it by. */
  link(object: LinkedObject, name: string): string;
  /** Map of the frames of such stacks. */
  stackMap(type: Type & { kind: 'stack' }): string;
  lostOffset(): number;
  /** Of the flags with which records are given to the ring. */
  wakeOffset(): number;
  exitOffset(): number;
  /** Where a program marks that it ran; only for probes that may silently never be hit. */
  hitOffset(program: CheckedProgram): number | undefined;
  /** Offset in the region of at least this many zero bytes, never written. */
  zeros(sizeBytes: number): number;
}

export interface Storage {
  readonly planned: MapStorage;
  /** Where the storage is a map of its own. */
  readonly map: MapSpec | undefined;
  readonly valueSizeBytes: number;
  /** Elements of the map are deleted by programs or by the user side while it runs. */
  readonly isDeletedFrom: boolean;
}

/** One program. */
export interface Lowering {
  readonly script: ScriptLowering;
  readonly program: CheckedProgram;
  /** Of the function in hand. */
  readonly builder: Builder;
  /** Where the function in hand ends without a value, and with it the program. */
  readonly end: Block;
  /** Innermost loop. */
  readonly loops: { readonly continueTo: Block; readonly breakTo: Block }[];
  readonly outline: Outline;
  readonly reads: KnownReads;
  word(expression: Expression): Value;
  /** The value's bytes at an address: an existing place that must not be written, or a new one. */
  address(expression: Expression): Address;
  /**
   * Writes the value at `to`, in the layout of its type. `padded`: text is followed by zeros up to its size, as keys
   * and stored values want it. A place for a string has room for one more byte than its size.
   */
  store(expression: Expression, to: Address, padded: boolean): void;
  statements(list: readonly Statement[]): void;
  /** Ends the program or function with this value. */
  returnValue(value: Expression): void;
  /** Calls a function of the script: its word, or where its value stands until the next call. */
  callOwn(call: Expression & { kind: 'ownCall' }): Value | Address;
  /** A place for the statement at hand, on the stack or, if large, in the per-CPU scratch area. */
  temporary(sizeBytes: number): Address;
  /** A place that keeps its contents to the end of the program. */
  permanent(sizeBytes: number): Address;
  /** Where a variable of a type that is no word lives. */
  placeOf(variable: Variable): Address;
  /** A variable of a word type. */
  readVariable(variable: Variable): Value;
  writeVariable(variable: Variable, value: Value): void;
  /** The run's part of the scratch area, where programs can be preempted. */
  scratchBase(): Value;
  /** A place outside of the stack, that all functions of the program reach. */
  sharedPlace(sizeBytes: number): Address;
  /**
   * Makes a function of a loop's body, for a helper to call once a round: gives its name, and whether something in it
   * ends the program. `build` is given what the helper passes; the last of these must be `sharedPointer()`.
   */
  callback(argumentCount: number, build: (args: readonly Value[]) => void): { name: string; leaves: boolean };
  /** What the first function shares with the others. */
  sharedPointer(): Value;
  /** Around the call that runs a loop's function: goes on behind the loop, or leaves the program if the body did. */
  aroundLoop(leaves: boolean, run: () => void): void;
  /** While `build` runs, `expression` is not evaluated: its value stands at `place`. */
  withPlace(expression: Expression, place: Address, build: () => void): void;
}

// ---- small shared steps -------------------------------------------------------------------------------

/** This CPU's block of the data region. */
export function perCpuBlock(l: Lowering): Value {
  const b = l.builder;
  return b.once('perCpuBlock', () => {
    const region = l.script.region;
    const cpu = b.binary('and', cpuNumber(l), b.constant(region.cpus - 1));
    return b.binary('add', b.binary('shl', cpu, region.perCpuShift), region.perCpuBase);
  });
}

export function cpuNumber(l: Lowering): Value {
  return l.builder.once('cpu', () => l.builder.call(Helper.get_smp_processor_id, []));
}

export function pointer(l: Lowering, address: Address): Value {
  return l.builder.add(address.base, address.offset);
}

/** Counts a run-time warning at this place of the script. `code` is what a helper returned. */
export function warn(
  l: Lowering,
  site: {
    message?: string;
    messageByCode?: Readonly<Record<string, string>>;
    helper?: string;
    level: 1 | 2;
    span: Span;
  },
  code?: Value,
): void {
  const { region } = l.script;
  const countOffset = region.perCpu(8);
  const codeOffset = code === undefined ? undefined : region.perCpu(8);
  region.warnings.push({
    countOffset,
    level: site.level,
    span: site.span,
    ...(site.message === undefined ? {} : { message: site.message }),
    ...(site.messageByCode === undefined ? {} : { messageByCode: site.messageByCode }),
    ...(site.helper === undefined ? {} : { helper: site.helper }),
    ...(codeOffset === undefined ? {} : { codeOffset }),
  });
  const block = perCpuBlock(l);
  if (code !== undefined && codeOffset !== undefined) l.builder.store(8, block, codeOffset, code);
  l.builder.atomicAdd(8, block, countOffset, l.builder.constant(1));
}

/** A warning of level 2, only where it was asked for. */
export function warnOfAll(l: Lowering, site: { message?: string; helper: string; span: Span }, code: Value): void {
  if (l.script.options.warningLevel === 2) warn(l, { ...site, level: 2 }, code);
}

/** `if (condition) then` where the body is rarely run. */
export function whenRare(
  l: Lowering,
  compare: 'eq' | 'ne' | 'slt' | 'ugt' | 'uge',
  left: Value,
  right: Value,
  body: () => void,
): void {
  const b = l.builder;
  const rare = b.block({ cold: true });
  const after = b.block();
  b.branch(compare, left, right, rare, after);
  b.enter(rare);
  b.scope(body);
  b.jump(after);
  b.enter(after);
}

/** Reports at `s` where the kernel lacks a helper. */
export function requireFeature(
  l: Lowering,
  s: Statement | Expression,
  feature: 'loop' | 'for-each-map-elem',
  message: string,
  kernel: string,
): boolean {
  const { target, diagnostics } = l.script;
  if (target.have(feature)) return true;
  diagnostics.push({
    severity: 'error',
    code: 'missing-helper',
    message: `${message}, which this kernel lacks`,
    span: s.span,
    hints: [`it came with kernel ${kernel}`],
  });
  return false;
}
