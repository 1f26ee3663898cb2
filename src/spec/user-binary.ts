/** What user probes ask of executables and libraries, and what they are told. */
import type { DebugFunction } from './debug-types.ts';

/** Why something can't be had, as a sentence or the end of one. */
export interface TargetError {
  readonly error: string;
}

/** A place in the code of a file. Whether it is a good one for a probe is not said by its being found. */
export interface UserPlace {
  /** Where a uprobe goes. */
  readonly fileOffset: bigint;
  /** Virtual address as the file counts; a process adds where it has mapped the file. */
  readonly address: bigint;
  /** Bytes of the function; 0: its symbol doesn't say. */
  readonly size: bigint;
  /** Whether an instruction begins here; undefined: can't be told. Where one doesn't, a probe would damage the code. */
  readonly startsInstruction: boolean | undefined;
  /** What stands here (GNU IFUNC) is called once in each program, and chooses a function of another name for all calls of this one. */
  readonly isIndirect: boolean;
}

export interface FunctionPlace extends UserPlace {
  /** Of the function that holds it; undefined: none is known. */
  readonly name: string | undefined;
}

/** A place where a source line's code begins. */
export interface LinePlace extends FunctionPlace {
  /** It is the first instruction of its function. */
  readonly isEntry: boolean;
}

/** A line of a source file, as scripts name it. */
export interface SourcePlace {
  /** As in the source: `file.c`, or with as much of its path as tells it from others. */
  readonly file: string;
  readonly line: number;
  /** Undefined: the line as a whole. */
  readonly column?: number | undefined;
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
  /** Nothing but an instruction without effect stands here. Elsewhere a breakpoint could do harm: the note is wrong then. */
  readonly isNop: boolean;
}

/** An executable or library that user probes can name. Failing look-ups say why in `error`. */
export interface UserBinary {
  /** Path for the kernel, absolute. */
  readonly path: string;
  /** As scripts name it, where the kernel's path is another one. */
  readonly title?: string | undefined;
  /** Names of functions with code in this file, sorted bytewise, unique. */
  functions(): readonly string[];
  /** Why functions may be missing among those: a sentence. Undefined: none are. */
  damage?(): string | undefined;
  /** The compiler put calls of this function into their callers, as far as debug information says. */
  isInlined?(name: string): boolean;
  /** The place of `symbol + offset`, which may lie behind the function's end. */
  resolveFunction(symbol: string, offset: bigint): UserPlace | TargetError;
  /** The place of a virtual address. */
  resolveAddress(address: bigint): FunctionPlace | TargetError;
  /** A function's name as its source has it. Absent: as the file has it. */
  sourceName?(name: string): string;
  /** Names (as in the file) of functions by their name in the source, with or without the list of parameters. */
  functionsByDemangledName?(text: string): readonly string[];
  functionsByDemangledPattern?(matches: (name: string) => boolean): readonly string[];
  /** Written in Go. */
  readonly isGo?: boolean;
  /** Where the code of a source line begins: one place in each function that has some of it. */
  linePlaces?(place: SourcePlace): readonly LinePlace[] | TargetError;
  /**
   * What debug information says about the function that begins at this place of the file. Undefined: it says nothing, or there is
   * none. Absent: it isn't looked for.
   */
  debugFunction?(fileOffset: bigint): DebugFunction | TargetError | undefined;
  /** In the file's order. Absent: not known. */
  usdtProbes?(): readonly UsdtPlace[] | TargetError;
  /** Virtual address and size in bytes of a function or variable; thread-local ones have none. Absent: not known. */
  resolveSymbol?(name: string): { readonly address: bigint; readonly size: bigint } | undefined;
}
