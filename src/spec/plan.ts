import type { SourceRange } from '../asm/index.ts';
import type { Hook } from './hook.ts';
import type { Aggregation, ValueField, ValueType } from './value-type.ts';

/** What the user side of a compiled script does: everything a session needs besides the CollectionSpec. */
export interface ScriptPlan {
  readonly source: { readonly name: string; readonly text: string };
  readonly probes: readonly PlannedProbe[];
  /** The script's own maps, in order of first appearance. */
  readonly maps: readonly PlannedMap[];
  /** Record kinds; a record's first u32 is the index in this list. */
  readonly events: readonly EventSchema[];
  /** Present when some program emits records. */
  readonly ring?: PlannedRing;
  /** The script's data region: one mmapped array value; see DataLayout. Absent when nothing needs it. */
  readonly data?: DataLayout;
  /** Stacks are walked by tables: the maps of `unwind.ts` want to be filled before anything runs, and kept up to date. */
  readonly unwinds?: boolean;
  readonly config: PlanConfig;
}

export interface PlannedRing {
  readonly map: string;
  readonly sizeBytes: number;
  /** Shared u64 of the data region: the flags with which programs give records to the ring. The reader says there when it sleeps. */
  readonly wakeOffset: number;
}

export interface PlanConfig {
  readonly printMapsOnExit: boolean;
  readonly missingProbes: 'error' | 'warn' | 'ignore';
  readonly strTruncTrailer: string;
  readonly maxCatBytes: number;
  readonly cppDemangle: boolean;
  readonly cacheUserSymbols?: 'NONE' | 'PER_PROGRAM' | 'PER_PID';
  /** False: addresses of processes are shown as numbers. */
  readonly userSymbols?: boolean;
  /** False: no source lines and inlined calls in stacks. */
  readonly showDebugInfo?: boolean;
  readonly logSizeBytes: number;
  readonly output?: OutputConfig;
}

/** How results look, where it is not the usual way. */
export interface OutputConfig {
  /** Digits behind the point of averages. */
  readonly averageDigits?: number;
  /** Stats as bpftrace printed them up to 0.24. */
  readonly oldStatsText?: boolean;
  /** The attach message as bpftrace printed it up to 0.23. */
  readonly oldAttachMessage?: boolean;
  /** Maps with keys in JSON as a list of pairs. */
  readonly structuredKeys?: boolean;
}

/** `iterate`: run over all objects once, one probe after another; `signal`: at a signal to the tracer; `test` and `bench`: when tests or benchmarks are run. */
export type ProbePhase = 'begin' | 'run' | 'iterate' | 'signal' | 'test' | 'bench' | 'end';

/** One program and the places it is attached to. Probes are listed in script order; begin and end run in this order. */
export interface PlannedProbe {
  readonly program: string;
  readonly phase: ProbePhase;
  readonly points: readonly PlannedPoint[];
  /** How many attach points of the script this stands for (a wildcard over system calls is one point in the kernel). */
  readonly pointCount: number;
  /** The attach point as written, for messages. */
  readonly title: string;
  /** Name in the reports of tests and benchmarks. */
  readonly label?: string;
  readonly span: SourceRange;
  /** Shared u64 of the data region that becomes 1 when the program first runs: where a probe without hits deserves a hint. */
  readonly hitOffset?: number;
}

export interface PlannedPoint {
  readonly hook: Hook;
  /** Full name, as `probe` gives it: `tracepoint:sched:sched_switch`. */
  readonly name: string;
  /** Value of bpf_get_attach_cookie() at this point (kernel 5.15). */
  readonly cookie?: bigint;
}

export interface PlannedMap {
  /** With the `@`. */
  readonly name: string;
  /** Undefined: a scalar map. Multi-part keys are tuples. */
  readonly key: ValueType | undefined;
  readonly value:
    | { readonly kind: 'value'; readonly type: ValueType }
    | { readonly kind: 'aggregation'; readonly aggregation: Aggregation };
  readonly storage: MapStorage;
  /** Its numbers are only counted up and down, never assigned. */
  readonly isCounter?: boolean;
}

export type MapStorage =
  /** A kernel map of its own; `perCpu` values are one `valueSizeBytes` (rounded up to 8) per possible CPU. A scalar has one u64 key, 0. */
  | { readonly kind: 'map'; readonly map: string; readonly perCpu: boolean }
  /** In the data region, shared by all CPUs: `valueOffset`, and a u64 at `isSetOffset` that is non-zero once assigned. */
  | { readonly kind: 'shared'; readonly valueOffset: number; readonly isSetOffset: number }
  /**
   * In the data region, once per CPU: value at `perCpuOffset + cpu * perCpuStrideBytes + offset`. At `isSetOffset` of each
   * block may stand a u64 that is non-zero once assigned; without it a map counts as set when its value says so (a sum
   * of zeros can't).
   */
  | { readonly kind: 'perCpu'; readonly offset: number; readonly sizeBytes: number; readonly isSetOffset?: number };

/**
 * The data region: the single value of an ARRAY map with BPF_F_MMAPABLE. First `sharedSizeBytes` shared by all
 * CPUs, then one block of `perCpuStrideBytes` (a power of two) for each of `cpus` (a power of two >= possible CPUs).
 */
export interface DataLayout {
  readonly map: string;
  readonly sizeBytes: number;
  readonly perCpuOffset: number;
  readonly perCpuStrideBytes: number;
  readonly cpus: number;
  /** u64 (per CPU block offset): records that did not fit into the ring, lost. */
  readonly lostOffset?: number;
  /** Shared u64: 0, or 1 + the status of exit() (set before its record is sent, so that an exit is never lost). */
  readonly exitOffset?: number;
  /** One entry for each place that can warn at run time. */
  readonly warnings: readonly WarningSite[];
}

/** A place in the script that counts a run-time warning in the data region (per CPU block). */
export interface WarningSite {
  /** u64 counter of occurrences. */
  readonly countOffset: number;
  /** s64: the last return code of the helper, where there is one. */
  readonly codeOffset?: number;
  readonly helper?: string;
  /** Text without `WARNING: `; undefined: the strerror text of the code. */
  readonly message?: string;
  /** Texts in place of that one, for some return codes. */
  readonly messageByCode?: Readonly<Record<string, string>>;
  readonly span: SourceRange;
  /** 1: shown by default, 2: only with -k (spec D-31). */
  readonly level: 1 | 2;
}

/** One argument of a record. */
export interface EventField extends ValueField {
  /**
   * The bytes are not at `offset` but packed after the fixed part, in the order of the packed fields; at `offset`
   * stands a u32 with their length. Only strings (length without or with NUL) and buffers are packed.
   */
  readonly packed?: boolean;
}

interface EventBase {
  readonly id: number;
  /** Bytes of the fixed part, including the 8 bytes of header (u32 id, u32 reserved). */
  readonly sizeBytes: number;
  readonly span: SourceRange;
}

export type EventSchema =
  /** printf, and what formats as it does. For cat and system the text is a path or a command. */
  | (EventBase & {
      readonly kind: 'printf' | 'cat' | 'system' | 'errorf' | 'warnf';
      readonly format: readonly FormatPiece[];
      readonly args: readonly EventField[];
    })
  /** print() of a value that is no whole map. */
  | (EventBase & { readonly kind: 'printValue'; readonly arg: EventField })
  | (EventBase & {
      readonly kind: 'printMap';
      readonly map: string;
      /** How fast the numbers grow, not the numbers. */
      readonly rate?: boolean;
      readonly top?: number;
      readonly div?: number;
    })
  /** `printed`: a print of the map comes before it in the same run; what is counted between the two stays. */
  | (EventBase & { readonly kind: 'clearMap' | 'zeroMap'; readonly map: string; readonly printed?: boolean })
  | (EventBase & { readonly kind: 'time'; readonly format: string })
  /** arg: array of strings, one after another; an empty one ends the list. */
  | (EventBase & { readonly kind: 'join'; readonly separator: string; readonly args: readonly EventField[] })
  /** What is watched at this address, a u64 in the record, is to be watched no more. */
  | (EventBase & { readonly kind: 'unwatch'; readonly address: EventField })
  /** For a capture file: u64 CLOCK_BOOTTIME, u64 length of the whole packet, its bytes. */
  | (EventBase & { readonly kind: 'packet'; readonly path: string; readonly args: readonly EventField[] })
  /** The status stands in the record: u64 `code`. Sent after the data region's exit word is set. */
  | (EventBase & { readonly kind: 'exit'; readonly code: EventField });

/** A piece of a format string: literal text, or one conversion that consumes one argument (spec section R). */
export type FormatPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'conversion';
      /** d i o u x X c s p, r rx rh gr. */
      readonly conversion: string;
      readonly leftAlign: boolean;
      readonly plus: boolean;
      readonly space: boolean;
      readonly alternate: boolean;
      readonly zeroPad: boolean;
      readonly width: number | undefined;
      readonly precision: number | undefined;
      /** Width of the integer by length modifier: hh 8, h 16, none 32, l ll j z t 64. */
      readonly bits: 8 | 16 | 32 | 64;
      /** gr: the names of bits, those looked for first in front. */
      readonly flags?: readonly (readonly [bits: bigint, name: string])[];
    };

/** `%s`: a value as it is printed elsewhere. */
export const PLAIN_CONVERSION: FormatPiece = {
  kind: 'conversion',
  conversion: 's',
  leftAlign: false,
  plus: false,
  space: false,
  alternate: false,
  zeroPad: false,
  width: undefined,
  precision: undefined,
  bits: 64,
};
