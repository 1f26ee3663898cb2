/**
 * What a compile asks about the machine it compiles for. The real one is in `runtime`; tests use a recorded one.
 * All answers are data and stay the same during a compile.
 */
import type { Btf } from '../btf/index.ts';
import type { LinkedObject, ProgramSpec, TargetError, UserBinary } from '../spec/index.ts';

export type Architecture = 'x86_64' | 'arm64';

/** Feature probes that change what the compiler does. Names are those of `kernel/features`. */
export const targetFeatures = [
  'kprobe',
  'kprobe-multi',
  'kprobe-session',
  'fentry',
  'uprobe',
  'uprobe-multi',
  'btf-tracepoint',
  'attach-cookie',
  'attach-cookie-raw-tracepoint',
  'current-task-btf',
  'probe-read-kernel',
  'ktime-boot',
  'atomic-fetch',
  'large-map-key',
  'no-prealloc-tracing',
  'lookup-percpu-elem',
  'for-each-map-elem',
  'loop',
  'find-vma',
  'signed-division',
  'probe-write-user',
  'override-return',
] as const;
export type TargetFeature = (typeof targetFeatures)[number];

export interface TracepointField {
  /** C type as in the format file, without the name: `const char *`, `char[16]`, `__data_loc char[]`. */
  readonly type: string;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
}

export interface TracepointFormat {
  readonly id: number;
  /** All fields, `common_*` included. */
  readonly fields: readonly TracepointField[];
}

/** A BPF program in the kernel. */
export interface LoadedProgram {
  readonly id: number;
  /** Of its main function; whole, where the kernel itself cuts a program's name. */
  readonly name: string;
  readonly btf: Btf;
}

export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
  /** Packets begin with an Ethernet header. */
  readonly hasLinkHeader: boolean;
}

/** What `import` finds at a path. `id` is the same for the same file, whatever its path. */
export type ImportedPath =
  | { readonly error: string }
  | { readonly id: string; readonly isWorldWritable: boolean; readonly bytes: Uint8Array }
  | { readonly id: string; readonly isWorldWritable: boolean; readonly names: readonly string[] };

/** Functions of an imported C program or object, or why there are none. */
export type ImportedCode = LinkedObject | { readonly error: string; readonly hints?: readonly string[] };

export interface Target {
  readonly architecture: Architecture;
  readonly kernelRelease: string;
  readonly possibleCpus: number;
  /** Undefined: no BTF on this kernel. Opened on first use. */
  readonly btf: Btf | undefined;
  /** Types of loaded modules, each on top of `btf`. All are opened at once: for names that nothing else explains. */
  moduleBtfs?(): readonly Btf[];
  /** Types of one loaded module, on top of `btf`; undefined: it has none. */
  moduleBtf?(module: string): Btf | undefined;
  /** BPF programs that are loaded and whose functions have types, by id. */
  bpfPrograms?(): readonly LoadedProgram[];
  have(feature: TargetFeature): boolean;
  /** `category:event` of every tracepoint, or (fast) of one category, sorted; the reason where tracefs can't be read. */
  tracepoints(category?: string): readonly string[] | { readonly error: string };
  tracepointFormat(category: string, event: string): TracepointFormat | undefined;
  /** Whether a program of this kind may call a kernel function (kfunc). Absent: it isn't known. */
  mayCallKfunc?(program: Pick<ProgramSpec, 'type' | 'expectedAttachType' | 'attachTo'>, name: string): boolean;
  /** Names of kernel functions that can be probed (`available_filter_functions`; else from BTF). `module` only for modules' functions. */
  kernelFunctions(): {
    readonly source: 'tracefs' | 'btf';
    readonly functions: readonly { readonly name: string; readonly module?: string }[];
  };
  /** The functions come from a list that the user gave. */
  readonly hasOwnFunctions?: boolean;
  /** Loaded kernel modules by name. */
  modules(): readonly string[];
  /** Frames of a stack that the kernel notes at the most; undefined: 127, unless an administrator changed it. */
  readonly maxStackFrames?: number;
  kernelSymbol(name: string): bigint | undefined;
  /** Bytes up to the next symbol: a function's size, and the padding behind it. Where it isn't told, places in functions are not checked. */
  kernelFunctionSize?(name: string): bigint | undefined;
  /** Executables for a path as written in a script; several where it has a wildcard. */
  userBinaries(
    path: string,
    pid: number | undefined,
    provider?: 'uprobe' | 'usdt',
  ): readonly UserBinary[] | TargetError;
  /** Text of a C header; undefined: there is no such file. A relative path counts from the working directory. */
  readHeader(path: string): string | undefined;
  /** A file or folder to import; a relative path counts from the working directory. Absent: nothing can be imported. */
  readImport?(path: string): ImportedPath;
  /** Compiles C, or reads an object (`.o`), whose bytes `readImport` gave. Headers are looked for in these folders first. */
  readCode?(path: string, bytes: Uint8Array, includeFolders: readonly string[]): ImportedCode;
  /** Folders of the C library's and the compiler's headers, in the order in which they are searched. */
  headerFolders(): readonly string[];
  /** Whether programs of a type may call a helper. Absent: it isn't known. */
  mayCallHelper?(programType: number, helper: number): boolean;
  /** Of the namespace that we are in, sorted by name. */
  networkInterfaces?(): readonly NetworkInterface[];
  /** Id of the cgroup at a path such as `/sys/fs/cgroup/x`; undefined: there is none. */
  cgroupId?(path: string): bigint | undefined;
  /** How many groups lie between this one and the root of version 2's hierarchy (whose level is 0); undefined: it is not in it. */
  cgroupLevel?(path: string): number | undefined;
  /** Device and inode of the tracer's pid namespace where it isn't the initial one. */
  readonly pidNamespace: { readonly device: bigint; readonly inode: bigint } | undefined;
}

export function inKernel<T>({ btf }: Target, find: (btf: Btf) => T | undefined): T | undefined {
  return btf === undefined ? undefined : find(btf);
}

export function inModules<T>(target: Target, find: (btf: Btf) => T | undefined): T | undefined {
  if (target.btf === undefined) return undefined;
  for (const btf of target.moduleBtfs?.() ?? []) {
    const found = find(btf);
    if (found !== undefined) return found;
  }
  return undefined;
}
