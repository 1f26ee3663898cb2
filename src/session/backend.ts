import type { SondeError } from '../base/index.ts';
import type { MapEntry, ValueResolver } from '../output/index.ts';
import type { CollectionSpec, MapColumns, PlannedPoint, PlannedProbe, ScriptPlan } from '../spec/index.ts';

/**
 * Where a script runs: the kernel, or a simulated machine. A session drives it: open, runOnce for the begin programs,
 * attach, then drain and reads again and again, detachAll, runOnce for the end programs, close. What the world
 * refuses is thrown as the error classes of `base`. Names of maps and programs are those of the CollectionSpec.
 */
export interface Backend {
  /** Creates the maps and loads the programs; nothing is attached and nothing runs. */
  open(collection: CollectionSpec, plan: ScriptPlan): void | Promise<void>;
  /** Runs a program of the tracer's own (begin, end, a test) to its end. Returns what it returned. */
  runOnce(program: string): number | Promise<number>;
  /** Runs such a program over and over, dropping what it sends. */
  measure(program: string): Measurement | Promise<Measurement>;
  /** Attaches a program to all points of a probe. Points that can't be attached are told, not thrown. */
  attach(probe: PlannedProbe): AttachOutcome | Promise<AttachOutcome>;
  /** Starts an attached program's walk over what it iterates over. */
  iterate(program: string): Walk;
  /** Detaches the watchpoints at this address; there may be none. */
  unwatch(address: bigint): void | Promise<void>;
  /** After it no program runs any more and nothing is written to maps, data or ring. */
  detachAll(): void | Promise<void>;
  /** Detaches and gives everything back. Also after a failed `open`, and more than once. */
  close(): void | Promise<void>;

  /** All elements, copied. A per-CPU value is the values of all possible CPUs, each rounded up to 8 bytes. */
  entries(map: string): Iterable<MapEntry>;
  /** The elements in columns, without an object for each; undefined where they can't be had so. */
  columns?(map: string): MapColumns | undefined;
  /** Takes all elements out, each in one step: what comes meanwhile is either among them or stays. */
  takeAll(map: string): Iterable<MapEntry>;
  /** Creates or replaces an element. The value is in the form of `entries`. */
  update(map: string, key: Uint8Array, value: Uint8Array): void;
  /** Deleting what isn't there is no error. */
  delete(map: string, key: Uint8Array): void;
  deleteAll(map: string): void;

  /** The script's data region; asked for only where the plan has one, after `open`. */
  readonly data: DataRegion;

  /**
   * Hands the records that are in the ring at the call to `visit`, in order, until none of them is left or `visit`
   * returns false (that record counts as taken). Records that come meanwhile may wait for the next call: programs that
   * send faster than we read must not keep us here. The memory is the ring's own: it is valid only during the call, each
   * record stands in one piece at a multiple of 8. Returns the number of bytes taken.
   */
  drain(visit: RecordVisitor): number;
  /**
   * Sleeps until there are records, or for so long. Undefined where nothing can wake it. One at a time, and nothing is
   * taken from the ring meanwhile.
   */
  sleep?(maxMs: number): Sleep | undefined;
  /** Events that programs missed because the kernel doesn't run a program inside itself: totals since `open`. */
  missedEvents(): readonly MissedEvents[];

  readonly resolver: ValueResolver;
  /** strerror(3) of a positive errno: `No such file or directory`. */
  errorText(errno: number): string;
  /** At most `maxBytes` from the start of a file. */
  readFile(path: string, maxBytes: number): FileContents | Promise<FileContents>;
  /** Writes at the end of a file, which is made where it isn't there. What went wrong, as strerror(3) says it; undefined: nothing. */
  appendFile(path: string, bytes: Uint8Array): string | undefined | Promise<string | undefined>;
  /** `sh -c command` to its end; its standard output is gathered, its standard error goes where ours goes. */
  runShell(command: string): ShellResult | Promise<ShellResult>;
}

export interface Sleep {
  readonly over: Promise<void>;
  /** Ends it. */
  wake(): void;
}

export interface Measurement {
  readonly iterations: number;
  /** Of the program alone, a whole number. */
  readonly averageNs: number;
}

export interface AttachOutcome {
  readonly failures: readonly AttachFailure[];
  /** By what the kernel calls the program, for -v: `a raw tracepoint`. */
  readonly by?: string;
}

export interface AttachFailure {
  readonly point: PlannedPoint;
  readonly error: SondeError;
}

/** `view` and `bytes` are over the same memory; the record of `length` bytes starts at `offset` with its u32 id. */
export type RecordVisitor = (view: DataView, bytes: Uint8Array, offset: number, length: number) => boolean;

/** Memory that programs write to at any time. Offsets are in bytes from the start of the region. */
export interface DataRegion {
  copy(offset: number, length: number): Uint8Array;
  /** A u64, exact below 2^53. `offset` is a multiple of 8. */
  readCounter(offset: number): number;
  /** Takes these u64 words from those at `offset`, each in one step. */
  subtract(offset: number, words: Uint8Array): void;
  /** Writes zeros, in words of 8 bytes. Both are multiples of 8. */
  zero(offset: number, length: number): void;
}

export interface Walk {
  /** Goes on for a while and hands the records of the programs to `visit`, until that returns false. False: that was all. */
  step(visit: RecordVisitor): boolean;
  close(): void;
}

export interface MissedEvents {
  readonly program: string;
  readonly count: number;
}

/** `reason` is the strerror text. */
export type FileContents =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string };

export interface ShellResult {
  /** 0 … 255; 128 + N when signal N ended it. */
  readonly status: number;
  readonly output: Uint8Array;
}

/** Where the output goes. */
export interface OutputSink {
  /**
   * `bytes` are valid only during the call. False: nothing more should come until `drained` resolves (what was given
   * is taken all the same).
   */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
}

/** Lines for standard error, each with its newline. */
export interface MessageSink {
  write(text: string): void;
}

/** Time, so that tests can drive it. */
export interface SessionClock {
  /** Nanoseconds since the Unix epoch. */
  unixTimeNs(): bigint;
  /** Monotonic. */
  nowMs(): number;
  /** Calls back once; the result cancels. */
  after(delayMs: number, callback: () => void): () => void;
}
