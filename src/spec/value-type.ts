/**
 * The layout of a value as the kernel side writes it and the user side reads it: a map key, a map value,
 * an argument of an event record. All integers are little-endian as on the target. Sizes are in bytes.
 */
export type ValueType =
  | { readonly kind: 'integer'; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }
  /** One byte, 0 or 1. */
  | { readonly kind: 'bool'; readonly size: 1 }
  /** NUL-terminated, zero-padded text in a buffer of `size` bytes. Full without NUL means: was truncated. */
  | {
      readonly kind: 'string';
      readonly size: number;
      /** A char[N] member: N bytes without NUL are the whole text, not a truncated one (spec T-53). */
      readonly exact?: boolean;
    }
  /** u32 length, then up to `size - 4` bytes. */
  | { readonly kind: 'buffer'; readonly size: number }
  | { readonly kind: 'pointer'; readonly size: 8 }
  | {
      readonly kind: 'enum';
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly names: ReadonlyMap<bigint, string>;
    }
  /** A name that is known by number: `probe` in a program with many attach points. u64. Prints as a string. */
  | { readonly kind: 'symbolic'; readonly size: 8; readonly names: ReadonlyMap<bigint, string> }
  | { readonly kind: 'tuple'; readonly size: number; readonly elements: readonly ValueField[] }
  /** struct, union, record, args: fields by name; an anonymous member's fields stand in its parent. */
  | { readonly kind: 'record'; readonly size: number; readonly fields: readonly NamedValueField[] }
  | { readonly kind: 'array'; readonly size: number; readonly element: ValueType; readonly count: number }
  /** u64 address of kernel code or data. */
  | { readonly kind: 'ksym'; readonly size: 8 }
  /** u64 address, then u64 process id (low half: tgid). */
  /**
   * User address (u64), process (u32), and where the address is that of a known function 1 + its index in `names` (u32): its
   * name is then certain even when its process is gone.
   */
  | { readonly kind: 'usym'; readonly size: 16; readonly names?: readonly string[] }
  /** s64 stack id in the stack map `map` (negative: errno, no stack), then u64 process id (tgid; 0 for kernel stacks). */
  | {
      readonly kind: 'stack';
      readonly size: 16;
      readonly space: 'kernel' | 'user';
      readonly mode: StackMode;
      readonly limit: number;
      /** Name of the MapSpec of type STACK_TRACE. */
      readonly map: string;
    }
  /** u32 address family (2, 10; 0: none, prints as nothing), then 16 bytes: an IPv4 address and zeros, or an IPv6 one. */
  | { readonly kind: 'inet'; readonly size: 20 }
  | { readonly kind: 'macaddr'; readonly size: 6 }
  /** u64 user id, printed as a name. */
  | { readonly kind: 'username'; readonly size: 8 }
  /** u64 id of a cgroup, printed as its paths in the hierarchies whose names the pattern `filter` matches. */
  | { readonly kind: 'cgroupPath'; readonly size: 8; readonly filter: string }
  /** u64 ns of CLOCK_BOOTTIME, printed with strftime(3) `format`. */
  | { readonly kind: 'timestamp'; readonly size: 8; readonly format: string }
  /** Unreadable: prints as null. */
  | { readonly kind: 'none'; readonly size: number };

export type StackMode = 'bpftrace' | 'perf' | 'raw' | 'build_id';

export interface ValueField {
  readonly offset: number;
  readonly type: ValueType;
}
export interface NamedValueField extends ValueField {
  readonly name: string;
  /** Bit-field: bits from the least significant bit of the `type.size` bytes at `offset`. */
  readonly bits?: { readonly offset: number; readonly size: number };
}

/**
 * What an aggregation map holds per CPU. Layouts (u64 words unless said), to be combined over CPUs by the reader:
 * - count: [n]; sum: [total]; avg, stats: [count, total];
 * - min, max: [value, isSet];
 * - hist: bucket counters, `buckets` of them, index as in spec V-04 (0 = negative);
 * - topk: [total];
 * - quantile: bucket counters as of a hist with `bits`, then [largest value, isSet];
 * - lhist: bucket counters, index as in spec V-06 (0 = below min, last = at or above max);
 * - tseries: `count` slots of [epoch, value, third], where slot = epoch % count, epoch = time since 1970 / interval and 0
 *   stands for no data; `third` is the number of values for avg, when the value came for last (ns), else of no meaning.
 */
export type Aggregation =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'min' | 'max' | 'avg' | 'stats'; readonly signed: boolean }
  | { readonly kind: 'hist'; readonly bits: number; readonly buckets: number }
  | { readonly kind: 'quantile'; readonly signed: boolean; readonly bits: number; readonly buckets: number }
  /** `shown`: how many of the largest are printed. */
  | { readonly kind: 'topk'; readonly signed: boolean; readonly shown: number }
  | {
      readonly kind: 'lhist';
      readonly min: bigint;
      readonly max: bigint;
      readonly step: bigint;
      readonly buckets: number;
    }
  | {
      readonly kind: 'tseries';
      readonly signed: boolean;
      readonly intervalNs: bigint;
      /** Intervals kept. */
      readonly count: number;
      /** What an interval shows of its values. */
      readonly combine: SeriesCombination;
    };

export type SeriesCombination = 'last' | 'avg' | 'max' | 'min' | 'sum';
