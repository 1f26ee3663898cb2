/**
 * What a compile asks about the machine it compiles for. The real one is in `runtime`; tests use a recorded one.
 * All answers are data and stay the same during a compile.
 */
import type { Btf } from '../btf/index.ts';
import type { LinkedObject, ProgramSpec } from '../spec/index.ts';
import type { DebugFunction } from './debug-types.ts';

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

/** A place in the code of a file. Whether it is a good one for a probe is not said by its being found. */
export interface UserPlace {
  readonly fileOffset: bigint;
  /** Virtual address as the file counts; a process adds where it has mapped the file. */
  readonly address: bigint;
  /** Bytes of the function; 0: its symbol doesn't say. */
  readonly size: bigint;
  /** Whether an instruction begins here; undefined: can't be told. Where one doesn't, a probe would damage the code. */
  readonly startsInstruction: boolean | undefined;
  /** What stands here is called once in each program, and chooses a function of another name for all calls of this one. */
  readonly isIndirect: boolean;
}

/** An executable or library that user probes can name. Failing look-ups say why in `error`. */
export interface UserBinary {
  /** Path for the kernel, absolute. */
  readonly path: string;
  /** As scripts name it, where the kernel's path is another one. */
  readonly title?: string | undefined;
  /** Names of functions with code in this file, sorted bytewise, unique. */
  functions(): readonly string[];
  /** The place of `symbol + offset`, which may lie behind the function's end. */
  resolveFunction(symbol: string, offset: bigint): UserPlace | { readonly error: string };
  /** The place of a virtual address. `name` is the function's that holds it; undefined: none is known. */
  resolveAddress(address: bigint): (UserPlace & { readonly name: string | undefined }) | { readonly error: string };
  /** A function's name as its source has it. Absent: as the file has it. */
  sourceName?(name: string): string;
  /** Names (as in the file) of functions by their name in the source, with or without the list of parameters. */
  functionsByDemangledName?(text: string): readonly string[];
  functionsByDemangledPattern?(matches: (name: string) => boolean): readonly string[];
  /** Written in Go. */
  readonly isGo?: boolean;
  /** Where the code of a source line begins: one place in each function that has some of it. */
  linePlaces?(place: {
    readonly file: string;
    readonly line: number;
    readonly column?: number | undefined;
  }):
    | readonly (UserPlace & { readonly name: string | undefined; readonly isEntry: boolean })[]
    | { readonly error: string };
  /**
   * What debug information says about the function that begins at this place of the file. Undefined: it says nothing, or there is
   * none. Absent: it isn't looked for.
   */
  debugFunction?(fileOffset: bigint): DebugFunction | { readonly error: string } | undefined;
  /** In the file's order. Absent: not known. */
  usdtProbes?(): readonly UsdtPlace[] | { readonly error: string };
  /** Virtual address and size in bytes of a function or variable; thread-local ones have none. Absent: not known. */
  resolveSymbol?(name: string): { readonly address: bigint; readonly size: bigint } | undefined;
}

/** A place of a USDT probe: a probe that the compiler put into several has several. */
export interface UsdtPlace {
  readonly provider: string;
  readonly name: string;
  /** Virtual address of the place. */
  readonly address: bigint;
  readonly fileOffset: bigint;
  /** Counter in the file that the program asks whether anyone looks; undefined: it doesn't ask. */
  readonly semaphoreOffset: bigint | undefined;
  /** In assembler notation: `-4@%eax 8@-16(%rbp)`. */
  readonly arguments: string;
  /** Nothing but an instruction without effect stands here: what belongs to a USDT probe. */
  readonly isNop: boolean;
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
  ): readonly UserBinary[] | { readonly error: string };
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
