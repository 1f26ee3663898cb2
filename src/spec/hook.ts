/**
 * Where a program is attached: plain data, made by the compiler (or an ELF reader), carried out by
 * `kernel/link`. A hook already names everything (addresses, file offsets, numbers): wildcards and
 * symbols were resolved through the compiler's Target.
 */
export type Hook =
  /** Perf tracepoint: `category:event`. The program gets the record that the format file describes. Kernel 4.7; link 5.15. */
  | { readonly kind: 'tracepoint'; readonly category: string; readonly event: string }
  /** Raw tracepoint by name: ctx is an array of u64 arguments. Kernel 4.17. */
  | { readonly kind: 'rawTracepoint'; readonly event: string }
  /** BTF-typed raw tracepoint (program type TRACING, attach type TRACE_RAW_TP). Kernel 5.5. */
  | { readonly kind: 'btfTracepoint'; readonly event: string }
  /** Entry or exit of a function with types in BTF (program type TRACING), to which the program is bound at load. Kernel 5.5. */
  | { readonly kind: 'fentry'; readonly return: boolean; readonly function: string; readonly module?: string }
  | KprobeHook
  | UprobeHook
  /** A perf event on every online CPU, on one, or on a process. */
  | {
      readonly kind: 'perfEvent';
      /** PERF_TYPE_*: 0 hardware, 1 software. */
      readonly eventType: number;
      readonly config: bigint;
      /** Sample each `period` events (ns for the clocks), or at `frequencyHz`. Exactly one is set. */
      readonly period?: bigint;
      readonly frequencyHz?: number;
      readonly cpus: 'all' | 'one';
      /** Of type 5, a breakpoint: accesses to these bytes. */
      readonly breakpoint?: Breakpoint;
      /** Only while this process runs. */
      readonly pid?: number;
    }
  | IteratorHook
  | PacketHook
  /** Hook of the Linux security modules, to which the program is bound at load. Kernel 5.7. */
  | { readonly kind: 'lsm'; readonly name: string }
  /** Run once by BPF_PROG_TEST_RUN in our own process (begin, end). Kernel 5.10 for raw tracepoint programs. */
  | { readonly kind: 'testRun' };

/** Packets: at a network interface as they come in (xdp), or are handed on (ingress, egress), for a socket; or of a cgroup. */
export type PacketHook =
  | {
      readonly kind: 'packets';
      readonly at: 'xdp' | 'ingress' | 'egress' | 'socket';
      readonly interface: string;
      readonly index: number;
    }
  | { readonly kind: 'packets'; readonly at: 'cgroupIngress' | 'cgroupEgress'; readonly path: string };

/** A place in memory that a debug register of the processor watches. */
export interface Breakpoint {
  readonly address: bigint;
  readonly lengthBytes: number;
  /** HW_BREAKPOINT_*: 1 read, 2 write, 3 both, 4 execute. */
  readonly access: number;
}

/** An iterator over kernel objects (program type TRACING, attach type TRACE_ITER): runs whenever its file is read. Kernel 5.8. */
export interface IteratorHook {
  readonly kind: 'iterator';
  /** What it goes through: `task`, `tcp` … */
  readonly target: string;
  /** Of an iterator over tasks: only those of this process. Kernel 6.1. */
  readonly pid?: number;
  /** Path in a BPF file system at which it is to stay. */
  readonly pin?: string;
}

export interface KprobeHook {
  readonly kind: 'kprobe';
  readonly return: boolean;
  /** Exactly one of `function` (with `offset`) and `address`. */
  readonly function?: string;
  readonly module?: string;
  readonly offset?: number;
  readonly address?: bigint;
}

export interface UprobeHook {
  readonly kind: 'uprobe';
  readonly return: boolean;
  /** Path that the kernel opens. */
  readonly path: string;
  /** Offset in the file, not a virtual address. */
  readonly fileOffset: bigint;
  /** File offset of a USDT semaphore. */
  readonly refCtrOffset?: bigint;
  readonly pid?: number;
}
