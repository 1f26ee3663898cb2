/** A backend in memory: programs are closures, the ring is a list. It shows what a session asks for and in which order. */
import { SystemError } from '../../base/index.ts';
import { decodeText, byteStringOf, type MapEntry } from '../../output/index.ts';
import { emptyWorld, writeInteger } from '../../output/testdata/values.ts';
import type { DataLayout, EventSchema, PlannedMap, PlannedProbe, ScriptPlan } from '../../spec/index.ts';
import { type AttachOutcome, type Backend, type DataRegion, type FileContents, type MissedEvents, type OutputSink, type RecordVisitor, Session, type SessionClock, type SessionOptions, type SessionResult, type ShellResult } from '../index.ts';

export class MemoryBackend implements Backend {
  /** What was asked, in order. */
  readonly calls: string[] = [];
  readonly programs = new Map<string, () => unknown>();
  readonly ring: Uint8Array[] = [];
  readonly maps = new Map<string, Map<string, MapEntry>>();
  readonly files = new Map<string, string>();
  readonly commands = new Map<string, ShellResult>();
  readonly unattachable = new Set<string>();
  missed: MissedEvents[] = [];
  memory = new Uint8Array(4096);
  resolver = emptyWorld;

  open(): void {
    this.calls.push('open');
  }
  runOnce(program: string): number {
    this.calls.push(`run ${program}`);
    return Number(this.programs.get(program)?.() ?? 0);
  }
  measure(program: string): { iterations: number; averageNs: number } {
    this.calls.push(`measure ${program}`);
    return { iterations: 3, averageNs: 12 };
  }
  attach(probe: PlannedProbe): AttachOutcome {
    this.calls.push(`attach ${probe.program}`);
    const failures = probe.points
      .filter((point) => this.unattachable.has(point.name))
      .map((point) => ({ point, error: new SystemError('bpf(LINK_CREATE)', 2, `no such event: ${point.name}`) }));
    if (probe.phase !== 'iterate') this.programs.get(probe.program)?.();
    return { failures };
  }
  /** The records that the program puts into the ring, two at a time. */
  iterate(program: string): { step(visit: RecordVisitor): boolean; close(): void } {
    this.calls.push(`iterate ${program}`);
    this.programs.get(program)?.();
    const records = this.ring.splice(0);
    return {
      step: (visit) => {
        this.ring.push(...records.splice(0, 2));
        this.drain(visit);
        return records.length > 0;
      },
      close: () => void this.calls.push(`end of ${program}`),
    };
  }
  unwatch(address: bigint): void {
    this.calls.push(`unwatch ${address}`);
  }
  detachAll(): void {
    this.calls.push('detach');
  }
  close(): void {
    this.calls.push('close');
  }

  entries(map: string): MapEntry[] {
    return [...this.#map(map).values()];
  }
  update(map: string, key: Uint8Array, value: Uint8Array): void {
    this.#map(map).set(key.join(), { key: key.slice(), value: value.slice() });
  }
  delete(map: string, key: Uint8Array): void {
    this.#map(map).delete(key.join());
  }
  takeAll(map: string): MapEntry[] {
    this.calls.push(`takeAll ${map}`);
    const taken = [...this.#map(map).values()];
    this.#map(map).clear();
    return taken;
  }
  deleteAll(map: string): void {
    this.#map(map).clear();
  }
  #map(name: string): Map<string, MapEntry> {
    const map = this.maps.get(name) ?? new Map<string, MapEntry>();
    this.maps.set(name, map);
    return map;
  }

  get data(): DataRegion {
    const { memory } = this;
    const view = new DataView(memory.buffer);
    return {
      copy: (offset, length) => memory.slice(offset, offset + length),
      readCounter: (offset) => Number(view.getBigUint64(offset, true)),
      subtract: (offset, words) => {
        const taken = new DataView(words.buffer, words.byteOffset);
        for (let at = 0; at < words.length; at += 8)
          view.setBigUint64(offset + at, view.getBigUint64(offset + at, true) - taken.getBigUint64(at, true), true);
      },
      zero: (offset, length) => void memory.fill(0, offset, offset + length),
    };
  }
  setWord(offset: number, value: number): void {
    writeInteger(this.memory, offset, 8, BigInt(value));
  }

  drain(visit: RecordVisitor): number {
    let taken = 0;
    for (let record = this.ring.shift(); record !== undefined; record = this.ring.shift()) {
      const bytes = new Uint8Array(record.length + 16);
      bytes.set(record, 8);
      taken += record.length;
      if (!visit(new DataView(bytes.buffer), bytes, 8, record.length)) break;
    }
    return taken;
  }
  missedEvents(): MissedEvents[] {
    return this.missed;
  }
  errorText(errno: number): string {
    return errno === 17 ? 'File exists' : `error ${errno}`;
  }
  readFile(path: string, maxBytes: number): FileContents {
    const text = this.files.get(path);
    if (text === undefined) return { ok: false, reason: 'No such file or directory' };
    return { ok: true, bytes: new TextEncoder().encode(text).subarray(0, maxBytes) };
  }
  appendFile(path: string, bytes: Uint8Array): string | undefined {
    this.calls.push(`append ${bytes.length} bytes to ${path}`);
    return undefined;
  }
  async runShell(command: string): Promise<ShellResult> {
    await Promise.resolve();
    return this.commands.get(command) ?? { status: 127, output: new Uint8Array(0) };
  }
}

/** Time that passes only when someone waits. `at` plans what happens meanwhile. */
export class MemoryClock implements SessionClock {
  now = 0;
  readonly #planned: { at: number; action: () => void }[] = [];

  at(ms: number, action: () => void): void {
    this.#planned.push({ at: ms, action });
    this.#planned.sort((a, b) => a.at - b.at);
  }
  unixTimeNs(): bigint {
    return 1_767_323_045_000_000_000n + BigInt(Math.round(this.now * 1e6));
  }
  nowMs(): number {
    return this.now;
  }
  after(delayMs: number, callback: () => void): () => void {
    const end = this.now + delayMs;
    const timer = setImmediate(() => {
      while (this.#planned[0] !== undefined && this.#planned[0].at <= end) {
        const next = this.#planned.shift() as { at: number; action: () => void };
        this.now = Math.max(this.now, next.at);
        next.action();
      }
      this.now = end;
      callback();
    });
    return () => clearImmediate(timer);
  }
}

export interface ScriptParts {
  readonly text?: string;
  /** Titles by phase: `begin`, `end`, `iter:WHAT[:PIN]`, anything else is attached. Program names are `p0`, `p1`, … */
  readonly probes?: readonly string[];
  readonly maps?: readonly PlannedMap[];
  readonly events?: readonly EventSchema[];
  readonly data?: DataLayout;
  readonly config?: Partial<ScriptPlan['config']>;
}

export function planOf({ text = '', probes = ['begin'], maps = [], events = [], data, config }: ScriptParts): ScriptPlan {
  return {
    source: { name: 'stdin', text },
    probes: probes.map((title, index): PlannedProbe => {
      const [, target, pin] = /^iter:([^:]*):?(.*)$/.exec(title) ?? [];
      const phase = title === 'begin' || title === 'end' ? title : target === undefined ? 'run' : 'iterate';
      const hook = target === undefined ? { kind: 'testRun' as const } : { kind: 'iterator' as const, target, ...(pin === '' ? {} : { pin }) };
      return { program: `p${index}`, phase, points: [{ hook, name: title }], pointCount: 1, title, span: { start: 0, end: 1 } };
    }),
    maps,
    events,
    ring: { map: 'ring', sizeBytes: 1 << 23, wakeOffset: 0 },
    data,
    config: { printMapsOnExit: true, missingProbes: 'error', strTruncTrailer: '..', maxCatBytes: 10240, cppDemangle: true, logSizeBytes: 1_000_000, ...config },
  };
}

/** Takes everything, or nothing more until `open` is called. */
export class MemorySink implements OutputSink {
  text = '';
  writes = 0;
  isReady = true;
  #open = Promise.withResolvers<void>();

  write(bytes: Uint8Array): boolean {
    this.text += decodeText(byteStringOf(bytes, 0, undefined));
    this.writes++;
    return this.isReady;
  }
  drained(): Promise<void> {
    return this.#open.promise;
  }
  open(): void {
    this.isReady = true;
    this.#open.resolve();
    this.#open = Promise.withResolvers<void>();
  }
}

export interface Run {
  readonly session: Session;
  readonly backend: MemoryBackend;
  readonly clock: MemoryClock;
  readonly output: MemorySink;
  readonly errors: () => string;
}

export function prepare(parts: ScriptParts, options: Partial<SessionOptions> = {}): Run {
  const backend = new MemoryBackend();
  const clock = new MemoryClock();
  const output = new MemorySink();
  let errors = '';
  const session = new Session({
    collection: { maps: [], programs: [] },
    plan: planOf(parts),
    backend,
    clock,
    output,
    messages: { write: (text) => void (errors += text) },
    ...options,
  });
  return { session, backend, clock, output, errors: () => errors };
}

export interface Outcome extends SessionResult {
  readonly stdout: string;
  readonly stderr: string;
}

export async function finish(run: Run): Promise<Outcome> {
  const result = await run.session.run();
  return { ...result, stdout: run.output.text, stderr: run.errors() };
}
