/** The running kernel as a session's Backend. */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readSync } from 'node:fs';
import { BpfFlag, signalNumber, strerror } from '../abi/index.ts';
import { BugError, SondeError } from '../base/index.ts';
import {
  attachAll,
  closeLinks,
  detachLinks,
  IteratorLink,
  KernelMap,
  KernelProgram,
  type Link,
  RingBuffer,
  RingSleeper,
  threadsToDetach,
} from '../kernel/index.ts';
import type { MapEntry } from '../output/index.ts';
import type {
  AttachFailure,
  AttachOutcome,
  Backend,
  DataRegion,
  FileContents,
  Measurement,
  MissedEvents,
  RecordVisitor,
  ShellResult,
  Sleep,
  Walk,
} from '../session/index.ts';
import type {
  CollectionSpec,
  MapColumns,
  PlanConfig,
  PlannedPoint,
  PlannedProbe,
  ProgramSpec,
  ScriptPlan,
} from '../spec/index.ts';
import { IteratorWalk } from './iterator-walk.ts';
import { describeLinks } from './describe-links.ts';
import { KernelResolver } from './kernel-resolver.ts';
import { optimizeNow } from './optimize.ts';
import { CostMeter, measureProgram, type ProbeCost } from './program-costs.ts';
import { type UnwindTargets, Unwinding } from './unwinding.ts';

export interface KernelBackendOptions {
  /** Receives the verifier's log of each program (-d verifier). */
  readonly onVerifierLog?: (program: string, log: string) => void;
  /** The verifier's whole log of a refused program is wanted (-v), not only the end with the reason. */
  readonly wholeLog?: boolean;
  /** Whose stacks are walked by tables, where the script does that. */
  readonly unwinds?: UnwindTargets;
  /** The kernel is to measure each run of a program, for `costs`. That takes some 20 ns per run. */
  readonly measuresCosts?: boolean;
}

/** Sorting and writing so many elements of a map takes longer than V8 takes to compile the loops. */
const WORTH_OPTIMIZING = 10_000;

export class KernelBackend implements Backend {
  readonly #options: KernelBackendOptions;
  readonly #maps = new Map<string, KernelMap>();
  readonly #programs = new Map<string, KernelProgram>();
  readonly #links = new Map<string, Link[]>();
  readonly #missedAtHooks = new Map<string, number>();
  readonly resolver: KernelResolver;
  #unwinding: Unwinding | undefined;
  #ring: RingBuffer | undefined;
  /** Null: there can't be one. */
  #sleeper: RingSleeper | undefined | null;
  #data: MappedRegion | undefined;
  /** Commands of system() that are running. */
  readonly #commands = new Set<ChildProcess>();
  #plan: ScriptPlan | undefined;
  #unhit: PlannedProbe[] = [];
  #meter: CostMeter | undefined;
  #costs: readonly ProbeCost[] = [];

  constructor(options: KernelBackendOptions & { readonly config?: Partial<PlanConfig> } = {}) {
    this.#options = options;
    this.resolver = new KernelResolver((map) => this.#map(map), {
      demangle: options.config?.cppDemangle ?? true,
      cacheUsers: options.config?.cacheUserSymbols !== 'NONE',
      nameUsers: options.config?.userSymbols !== false,
      showLines: options.config?.showDebugInfo !== false,
    });
  }

  // ---- life ---------------------------------------------------------------------------------------

  open(collection: CollectionSpec, plan: ScriptPlan): void {
    this.#plan = plan;
    if (this.#options.measuresCosts === true) this.#meter = CostMeter.open();
    if (plan.unwinds) this.#unwinding = new Unwinding(this.#options.unwinds ?? { pids: [] });
    for (const map of collection.maps) this.#maps.set(map.name, KernelMap.create(this.#unwinding?.sized(map) ?? map));
    this.#unwinding?.start((name) => this.#map(name));
    for (const program of collection.programs) this.#load(program);
    if (plan.data !== undefined) this.#data = new MappedRegion(this.#map(plan.data.map));
    if (plan.ring !== undefined)
      this.#ring = new RingBuffer(this.#map(plan.ring.map), { maxRecordBytes: largestRecord(plan) });
  }

  #load(spec: ProgramSpec): void {
    const { onVerifierLog } = this.#options;
    const program = KernelProgram.load(spec, {
      maps: this.#maps,
      wholeLog: this.#options.wholeLog === true,
      ...(this.#plan === undefined ? {} : { logSizeBytes: this.#plan.config.logSizeBytes }),
      ...(onVerifierLog === undefined ? {} : { logLevel: 1 }),
    });
    this.#programs.set(spec.name, program);
    onVerifierLog?.(spec.name, program.log);
  }

  runOnce(program: string): number {
    return this.#program(program).testRun().returnValue;
  }

  measure(name: string): Measurement {
    return measureProgram(this.#program(name), () => this.#ring?.drain(() => true));
  }

  attach(probe: PlannedProbe): AttachOutcome {
    const failures: AttachFailure[] = [];
    const program = this.#program(probe.program);
    const links = attachAll(program, probe.points, {
      onFailure: (point, error) => {
        if (!(error instanceof SondeError)) throw error;
        failures.push({ point: point as PlannedPoint, error });
      },
    });
    this.#links.set(probe.program, links);
    if (links.length === 0) return { failures };
    return { failures, by: describeLinks(probe.points, program.expectedAttachType, links.length) };
  }

  iterate(program: string): Walk {
    const link = this.#links.get(program)?.find((each) => each instanceof IteratorLink);
    if (link === undefined) throw new BugError(`program ${program} is no attached iterator`);
    return new IteratorWalk(link.open());
  }

  unwatch(address: bigint): void {
    for (const { program, points } of this.#plan?.probes ?? []) {
      const { hook } = points[0]!;
      if (hook.kind !== 'perfEvent' || hook.breakpoint?.address !== address) continue;
      for (const link of this.#links.get(program) ?? []) link.close();
      this.#links.delete(program);
    }
  }

  async detachAll(): Promise<void> {
    for (const [program, links] of this.#links) {
      const missed = links.reduce((sum, link) => sum + Number(link.info().missed), 0);
      this.#missedAtHooks.set(program, missed);
    }
    await detachLinks([...this.#links.values()].flat());
    this.#unhit = this.#probesWithoutHits();
    const traced = (this.#plan?.probes ?? []).filter(({ phase }) => phase === 'run');
    this.#costs = this.#meter?.read(traced, (name) => this.#program(name), this.missedEvents()) ?? [];
  }

  close(): void {
    this.#meter?.[Symbol.dispose]();
    this.#meter = undefined;
    this.#unwinding?.[Symbol.dispose]();
    closeLinks([...this.#links.values()].flat());
    this.#links.clear();
    for (const program of this.#programs.values()) program.close();
    this.#programs.clear();
    this.#sleeper?.close();
    this.#sleeper = undefined;
    this.#ring?.[Symbol.dispose]();
    this.#ring = undefined;
    this.#data = undefined;
    for (const map of this.#maps.values()) map.close();
    this.#maps.clear();
    // A command that no one has the patience to wait for must not keep us here.
    for (const child of this.#commands) {
      child.stdout?.destroy();
      child.unref();
    }
  }

  /** Of all probes that trace, in the script's order; known after `detachAll`, empty where nothing was measured. */
  get costs(): readonly ProbeCost[] {
    return this.#costs;
  }

  /** Probes whose programs never ran, among those that say so; known after `detachAll`. */
  get unhit(): readonly PlannedProbe[] {
    return this.#unhit;
  }

  #probesWithoutHits(): PlannedProbe[] {
    const probes = this.#plan?.probes ?? [];
    return probes.filter(({ hitOffset }) => hitOffset !== undefined && this.data.readCounter(hitOffset) === 0);
  }

  /** What the kernel says about each loaded program, by name: for -v and for tests. */
  programs(): ReadonlyMap<string, KernelProgram> {
    return this.#programs;
  }

  // ---- maps and records ---------------------------------------------------------------------------

  entries(map: string): Iterable<MapEntry> {
    const found: MapEntry[] = [];
    for (const [key, value] of this.#map(map).entries()) found.push({ key, value });
    return found;
  }

  columns(map: string): MapColumns | undefined {
    const columns = this.#map(map).columns();
    if (columns !== undefined && columns.count >= WORTH_OPTIMIZING) optimizeNow();
    return columns;
  }

  takeAll(map: string): Iterable<MapEntry> {
    const taken: MapEntry[] = [];
    for (const [key, value] of this.#map(map).takeAll()) taken.push({ key, value });
    return taken;
  }

  update(map: string, key: Uint8Array, value: Uint8Array): void {
    this.#map(map).update(key, value);
  }

  delete(map: string, key: Uint8Array): void {
    this.#map(map).delete(key);
  }

  deleteAll(map: string): void {
    this.#map(map).clear();
  }

  get data(): DataRegion {
    if (this.#data === undefined) throw new BugError('the script has no data region');
    return this.#data;
  }

  drain(visit: RecordVisitor): number {
    if (this.#ring === undefined) return 0;
    let taken = 0;
    this.#ring.drain((view, offset, length) => {
      taken += length + 8;
      return visit(view.data, view.u8, offset, length);
    });
    return taken;
  }

  sleep(maxMs: number): Sleep | undefined {
    const wakeOffset = this.#plan?.ring?.wakeOffset;
    const sleeper = this.#openSleeper();
    if (sleeper === undefined || wakeOffset === undefined) return undefined;
    const setFlags = (flags: bigint): void => this.#data?.store(wakeOffset, flags);
    setFlags(BigInt(BpfFlag.BPF_RB_FORCE_WAKEUP));
    const over = sleeper.sleep(maxMs).then(() => setFlags(BigInt(BpfFlag.BPF_RB_NO_WAKEUP)));
    return { over, wake: () => sleeper.wake() };
  }

  #openSleeper(): RingSleeper | undefined {
    const ring = this.#plan?.ring;
    if (this.#sleeper === undefined && ring !== undefined) {
      try {
        this.#sleeper = new RingSleeper(this.#map(ring.map).fd, threadsToDetach([...this.#links.values()].flat()));
      } catch (error) {
        if (!(error instanceof SondeError)) throw error;
        this.#sleeper = null;
      }
    }
    return this.#sleeper ?? undefined;
  }

  missedEvents(): readonly MissedEvents[] {
    return [...this.#programs].map(([program, loaded]) => ({
      program,
      count: Number(loaded.info().recursionMisses) + (this.#missedAtHooks.get(program) ?? 0),
    }));
  }

  // ---- the world ----------------------------------------------------------------------------------

  errorText(errno: number): string {
    return strerror(errno);
  }

  readFile(path: string, maxBytes: number): FileContents {
    let fd: number | undefined;
    try {
      fd = openSync(path, 'r');
      const bytes = Buffer.alloc(maxBytes);
      let length = 0;
      for (let read = 1; read > 0 && length < maxBytes; length += read)
        read = readSync(fd, bytes, length, maxBytes - length, null);
      return { ok: true, bytes: bytes.subarray(0, length) };
    } catch (error) {
      return { ok: false, reason: strerror(-((error as NodeJS.ErrnoException).errno ?? 0)) };
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  appendFile(path: string, bytes: Uint8Array): string | undefined {
    try {
      appendFileSync(path, bytes);
      return undefined;
    } catch (error) {
      return strerror(-((error as NodeJS.ErrnoException).errno ?? 0));
    }
  }

  runShell(command: string): Promise<ShellResult> {
    // Loaded only here: it brings sockets and streams along.
    const { spawn } = process.getBuiltinModule('node:child_process');
    return new Promise((resolve) => {
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['inherit', 'pipe', 'inherit'] });
      const output: Buffer[] = [];
      this.#commands.add(child);
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
      child.on('error', () => resolve({ status: 127, output: Buffer.concat(output) }));
      child.on('close', (status, signal) => {
        this.#commands.delete(child);
        resolve({ status: status ?? 128 + (signalNumber(signal ?? '') ?? 0), output: Buffer.concat(output) });
      });
    });
  }

  #map(name: string): KernelMap {
    const map = this.#maps.get(name);
    if (map === undefined) throw new BugError(`no map ${name}`);
    return map;
  }

  #program(name: string): KernelProgram {
    const program = this.#programs.get(name);
    if (program === undefined) throw new BugError(`no program ${name}`);
    return program;
  }
}

/** Bytes of the longest record that the plan's programs can send. */
function largestRecord(plan: ScriptPlan): number {
  return Math.max(0, ...plan.events.map((event) => event.sizeBytes + packedBytes(event)));
}

function packedBytes(event: ScriptPlan['events'][number]): number {
  const fields = 'args' in event ? event.args : 'arg' in event ? [event.arg] : [];
  return fields.reduce((sum, field) => sum + (field.packed === true ? field.type.size : 0), 0);
}

/** The mmapped value of the data map. Its memory goes with the map: nothing of it is handed out. */
class MappedRegion implements DataRegion {
  readonly #bytes: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #halves: Uint32Array;

  constructor(map: KernelMap) {
    const memory = map.memory();
    this.#bytes = new Uint8Array(memory);
    this.#words = new BigUint64Array(memory);
    this.#halves = new Uint32Array(memory);
  }

  copy(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  readCounter(offset: number): number {
    return (this.#halves[offset / 4] ?? 0) + (this.#halves[offset / 4 + 1] ?? 0) * 2 ** 32;
  }

  subtract(offset: number, words: Uint8Array): void {
    const view = new DataView(words.buffer, words.byteOffset, words.length);
    for (let at = 0; at < words.length; at += 8)
      Atomics.sub(this.#words, (offset + at) / 8, view.getBigUint64(at, true));
  }

  store(offset: number, value: bigint): void {
    Atomics.store(this.#words, offset / 8, value);
  }

  zero(offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += 8) Atomics.store(this.#words, at / 8, 0n);
  }
}
