import type { Instruction } from '../asm/index.ts';

/** A BPF map to be created. Numbers of `type` and `flags` are the kernel's (`MapType`, `BPF_F_*` in abi). */
export interface MapSpec {
  readonly name: string;
  readonly type: number;
  readonly keySizeBytes: number;
  /** For per-CPU maps the size of one CPU's value. */
  readonly valueSizeBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Written after creation; with `frozen` the map then becomes read-only for user space and (flag) for programs. */
  readonly contents?: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  readonly frozen?: boolean;
  /** What a user called it, for messages: `@start`. */
  readonly title?: string;
}

/**
 * Kernel object that a program is bound to at load (TRACING programs): looked up in kernel BTF by the loader. `typedef`
 * is for TRACE_RAW_TP (`btf_trace_NAME`), `function` for fentry and fexit, `program` (by its id and the name of its
 * function in its own BTF) for fentry and fexit of another BPF program.
 */
export type AttachTo =
  | { readonly kind: 'typedef' | 'function'; readonly name: string; readonly module?: string }
  | { readonly kind: 'program'; readonly name: string; readonly id: number };

/** A program to be loaded: symbolic instructions and the facts that `bpf(PROG_LOAD)` wants. */
export interface ProgramSpec {
  /** Unique in its collection. The kernel sees the first 15 characters. */
  readonly name: string;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  readonly instructions: readonly Instruction[];
  readonly license: string;
  /** BPF_* attach type, for the program types that want one at load. */
  readonly expectedAttachType?: number;
  readonly attachTo?: AttachTo;
  /** BPF_F_* program flags (sleepable, …). */
  readonly flags?: number;
}

export interface CollectionSpec {
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
}
