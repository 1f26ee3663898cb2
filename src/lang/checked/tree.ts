/**
 * The checked tree: what the script means. Names are resolved, types known, implicit conversions explicit,
 * wildcards expanded, fields turned into reads of memory. The checker makes it, lowering turns it into IR.
 *
 * A value of a word type (`isWord`) lives in a register, sign- or zero-extended to 64 bits by its type. Every
 * other value lives in memory in the layout of its type.
 */
import type { Aggregation, AttachTo, FormatPiece, LinkedObject, PlannedPoint, ProbePhase } from '../../spec/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { PacketLayout, PacketSource } from '../packet.ts';
import type { IntegerType, Type } from '../types/index.ts';
import type { ScriptConfig } from '../config.ts';

export interface CheckedScript {
  readonly programs: readonly CheckedProgram[];
  readonly functions: readonly CheckedFunction[];
  readonly maps: readonly ScriptMap[];
  readonly config: ScriptConfig;
  /** Named options, a line for each. */
  readonly programOptions: readonly string[];
}

/** A function of the script, as programs that read this address space call it. */
export interface CheckedFunction {
  readonly name: string;
  readonly space: ProbeContext['space'];
  readonly span: Span;
  readonly parameters: readonly Variable[];
  /** `void` for none. */
  readonly result: Type;
  readonly body: readonly Statement[];
  /** The parameters among them. */
  readonly variables: readonly Variable[];
}

/** One eBPF program: one body at the attach points that share its context. */
export interface CheckedProgram {
  /** Unique; `[A-Za-z0-9_]`. */
  readonly name: string;
  readonly variant: ProbeVariant;
  /** As written. */
  readonly title: string;
  readonly span: Span;
  readonly predicate: Expression | undefined;
  /** What it wants to know of its packet: is there before the predicate. */
  readonly packet?: PacketLoad | undefined;
  readonly body: readonly Statement[];
  readonly variables: readonly Variable[];
}

/** A variable that is filled from the packet that a program is given. */
export interface PacketLoad {
  readonly variable: Variable;
  readonly layout: PacketLayout;
  readonly source: PacketSource;
}

/** What a provider made of an attach point: the program to make, where to attach it, and how to read its context. */
export interface ProbeVariant {
  readonly provider: string;
  readonly phase: ProbePhase;
  /** BPF_PROG_TYPE_*. */
  readonly programType: number;
  readonly expectedAttachType?: number;
  readonly attachTo?: AttachTo;
  readonly points: readonly PlannedPoint[];
  /** Attach points of the script that this stands for. */
  readonly pointCount: number;
  /** Name in the reports of tests and benchmarks. */
  readonly label?: string;
  readonly context: ProbeContext;
  /** The body runs only for these system calls (one raw tracepoint stands for many tracepoints). */
  readonly systemCalls?: SystemCallFilter;
  /** What an iterator is at: the kernel also runs it without, at its end. */
  readonly object?: ContextAccess & { readonly kind: 'object' };
  /** What the kernel is told whatever happens, where what a program returns means something to it. */
  readonly verdict?: number;
  /** In-kernel -p filter (providers whose hook has none of its own). */
  readonly filterByPid: boolean;
}

export interface SystemCallFilter {
  readonly number: ContextAccess;
  /** Sorted. */
  readonly numbers: readonly number[];
  /** Where the 32-bit system calls of a 64-bit kernel can be told apart: thread_info.status & mask != 0 means compat. */
  readonly compat?: { readonly offsetInTask: number; readonly size: 1 | 2 | 4 | 8; readonly mask: number };
}

export interface ProbeContext {
  /** Address space of pointers that come from here (spec T-42). */
  readonly space: 'kernel' | 'user';
  /** The value of `probe`. */
  readonly probeName:
    | { readonly kind: 'fixed'; readonly name: string }
    /** By the attach point's cookie, or by system call number. */
    | { readonly kind: 'symbolic'; readonly access: ContextAccess; readonly names: ReadonlyMap<bigint, string> };
  readonly probeType: string;
  /** `args`: its fields, or why there are none (a whole sentence). */
  readonly args: readonly ArgumentField[] | { readonly error: string };
  /** `arg0` … ; undefined where the provider has none. */
  readonly argument?: (index: number) => ContextAccess | TypedAccess | { readonly error: string };
  readonly returnValue?: TypedAccess;
  readonly func?:
    | { readonly kind: 'ksym'; readonly access: ContextAccess }
    /** `names` by the points' numbers; the points' own names, so that they hold even after the process has ended. */
    | {
        readonly kind: 'usym';
        readonly access: ContextAccess;
        readonly names?: { readonly number: ContextAccess; readonly all: readonly string[] };
      };
  readonly register?: (name: string) => ContextAccess | { readonly error: string };
  /** The context is an iterator's, whose file takes what is printed: as records for us, or as text for whoever reads it. */
  readonly output?: 'records' | 'text';
  /** The program is given a packet. */
  readonly packet?: PacketSource;
  /** Type that `ctx` points to; undefined where `ctx` is an error. */
  readonly contextType?: Type;
  /** 1 in user mode, 0 in the kernel. */
  readonly userMode?: ContextAccess;
  readonly kernelStack: boolean;
  /** Frames of a kernel stack that are the program's own, above the traced function. */
  readonly ownStackFrames?: number;
  readonly userStack: boolean;
  /** Of a user probe at a single place: the file around it. */
  readonly image?: ProbedImage;
}

/** A file as the traced process has mapped it. */
export interface ProbedImage {
  readonly path: string;
  /** Where the process has the place of the probe … */
  readonly place: ContextAccess;
  /** … which the file counts as this. The difference is the same for all that is in the file. */
  readonly placeAddress: bigint;
  /** Address, as the file counts, and size in bytes; undefined: there is no such symbol. */
  symbol(name: string): { readonly address: bigint; readonly size: bigint } | undefined;
}

export interface ArgumentField {
  readonly name: string;
  readonly type: Type;
  readonly access: ValueAccess;
}

/** An argument whose type is known. */
export interface TypedAccess {
  readonly type: Type;
  readonly access: ValueAccess;
}

/** Where a value is that belongs to a probe: in its context, in the traced program's memory, or nowhere but in its description. */
export type ValueAccess =
  | ContextAccess
  | { readonly kind: 'immediate'; readonly value: bigint }
  /** Words of the context, by offset, one behind the other: a struct that travels in registers. */
  | { readonly kind: 'registers'; readonly offsets: readonly number[] }
  /** In user memory at base + index * scale + displacement. */
  | {
      readonly kind: 'userMemory';
      readonly base?: ContextAccess;
      readonly index?: ContextAccess;
      readonly scale?: number;
      readonly displacement: bigint;
    };

/** How to get a value out of a program's context pointer. */
export type ContextAccess =
  /**
   * Integer of `size` bytes at ctx + offset, extended by sign. `typed`: a pointer to a struct that the verifier knows by
   * the function's BTF (fentry, fexit, typed raw tracepoints), so that memory behind it is loaded without a helper;
   * `trusted`: where it, or a pointer in what it points to, may be null, the verifier wants that asked first.
   */
  | {
      readonly kind: 'word';
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly typed?: true;
      readonly trusted?: true;
    }
  /** Memory in the context that programs may read in whole words only (structs passed by value). */
  | { readonly kind: 'words'; readonly offset: number; readonly sizeBytes: number }
  /** The address ctx + offset: memory inside the context (arrays of a tracepoint's record), readable by direct loads. */
  | { readonly kind: 'address'; readonly offset: number }
  /** Address given by a `__data_loc` word: ctx + (u32 at offset & 0xffff), and `plus` (a `__rel_loc` counts from its own end). */
  | { readonly kind: 'dataLoc'; readonly offset: number; readonly plus?: number }
  /** The same wherever the program runs. */
  | { readonly kind: 'constant'; readonly value: number }
  /** (Value of base) + by. */
  | { readonly kind: 'sum'; readonly base: ContextAccess; readonly by: number }
  /** Integer of `size` bytes at (value of base) + offset; `direct` where the verifier knows the pointer (tp_btf), else probe_read. */
  | {
      readonly kind: 'pointed';
      readonly base: ContextAccess;
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly direct: boolean;
    }
  /** A pointer at ctx + offset that the kernel vouches for; the run ends where it is null. */
  | { readonly kind: 'object'; readonly offset: number }
  /** bpf_get_attach_cookie(). */
  | { readonly kind: 'cookie' }
  /** bpf_get_func_ip() (kprobe, kretprobe, multi). */
  | { readonly kind: 'functionAddress' }
  /** (value of base & mask) == equals, as 0 or 1. */
  | { readonly kind: 'maskEquals'; readonly base: ContextAccess; readonly mask: number; readonly equals: number };

export interface Variable {
  readonly id: number;
  /** With the `$`. */
  readonly name: string;
  readonly type: Type;
}

export interface ScriptMap {
  /** With the `@`. */
  readonly name: string;
  readonly span: Span;
  /** Undefined: scalar. A multi-part key is a tuple. */
  readonly key: Type | undefined;
  readonly value:
    | { readonly kind: 'value'; readonly type: Type }
    | { readonly kind: 'aggregation'; readonly aggregation: Aggregation };
  readonly maxEntries: number;
  readonly lru: boolean;
}

// ---- statements ---------------------------------------------------------------------------------------

export type Statement =
  | { readonly kind: 'expression'; readonly span: Span; readonly expression: Expression }
  /** `value.type` equals the variable's type. */
  | { readonly kind: 'assignVariable'; readonly span: Span; readonly variable: Variable; readonly value: Expression }
  /** `value.type` and `key.type` equal the map's. */
  | {
      readonly kind: 'assignMap';
      readonly span: Span;
      readonly map: ScriptMap;
      readonly key: Expression | undefined;
      readonly value: Expression;
    }
  /** count() has no value. Integers are already converted to int64 or uint64. */
  | {
      readonly kind: 'aggregate';
      readonly span: Span;
      readonly map: ScriptMap;
      readonly key: Expression | undefined;
      readonly value: Expression | undefined;
    }
  | {
      readonly kind: 'if';
      readonly span: Span;
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly else: readonly Statement[];
    }
  | { readonly kind: 'while'; readonly span: Span; readonly condition: Expression; readonly body: readonly Statement[] }
  | { readonly kind: 'unroll'; readonly span: Span; readonly count: number; readonly body: readonly Statement[] }
  /** The bounds are int64 and evaluated once; `to` itself is left out. */
  | {
      readonly kind: 'forRange';
      readonly span: Span;
      readonly variable: Variable;
      readonly from: Expression;
      readonly to: Expression;
      readonly body: readonly Statement[];
    }
  /** The variable is a tuple of an element's key and value (an aggregation's as an integer, of all CPUs). */
  | {
      readonly kind: 'forMap';
      readonly span: Span;
      readonly variable: Variable;
      readonly map: ScriptMap;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'block'; readonly span: Span; readonly statements: readonly Statement[] }
  | { readonly kind: 'break' | 'continue'; readonly span: Span }
  /** Ends the program or function; the value, if any, is its return value, of a function's declared type. */
  | { readonly kind: 'return'; readonly span: Span; readonly value: Expression | undefined }
  | { readonly kind: 'emit'; readonly span: Span; readonly event: Emit };

/** An asynchronous action: the record that is sent for it. */
export type Emit =
  | {
      readonly kind: 'printf' | 'cat' | 'system' | 'errorf' | 'warnf';
      readonly format: readonly FormatPiece[];
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'printValue'; readonly arg: Expression }
  | {
      readonly kind: 'printMap';
      readonly map: ScriptMap;
      readonly rate: boolean;
      readonly top: number | undefined;
      readonly div: number | undefined;
    }
  /** `printed`: a print of the map comes before it in the same block. */
  | { readonly kind: 'clearMap' | 'zeroMap'; readonly map: ScriptMap; readonly printed?: boolean }
  | { readonly kind: 'time'; readonly format: string }
  /** `array`: address of an array of `char *`, ended by a null pointer, in address space `space`. */
  | { readonly kind: 'join'; readonly array: Expression; readonly space: 'kernel' | 'user'; readonly separator: string }
  | { readonly kind: 'unwatch'; readonly address: Expression }
  /** `args`: CLOCK_BOOTTIME, bytes of the packet that were asked for and are there, and those of them that can be read. */
  | { readonly kind: 'packet'; readonly path: string; readonly args: readonly Expression[] }
  /** `returns`: also ends the program, as `return` does. In a macro it doesn't. */
  | { readonly kind: 'exit'; readonly code: Expression; readonly returns: boolean };

// ---- expressions --------------------------------------------------------------------------------------

interface Node {
  readonly span: Span;
  readonly type: Type;
}

export type ArithmeticOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'udiv'
  | 'sdiv'
  | 'umod'
  | 'smod'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr';
export type CompareOperator = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge';

export type Expression =
  /** integer, bool, enum, pointer, ksym…: any word type. In range of its type. */
  | (Node & { readonly kind: 'constant'; readonly value: bigint })
  /** UTF-8 bytes and a NUL; `type.size` may be larger. */
  | (Node & { readonly kind: 'string'; readonly value: string })
  | (Node & { readonly kind: 'variable'; readonly variable: Variable })
  /** Zero value where the key is absent. */
  | (Node & { readonly kind: 'mapRead'; readonly map: ScriptMap; readonly key: Expression | undefined })
  /**
   * count, sum, min, max, avg read as an integer: combined over all CPUs at this moment. Of stats, a record of count,
   * average and total, each a 64-bit integer.
   */
  | (Node & { readonly kind: 'aggregationRead'; readonly map: ScriptMap; readonly key: Expression | undefined })
  | (Node & { readonly kind: 'unary'; readonly operator: 'neg' | 'not' | 'logicalNot'; readonly operand: Expression })
  /** Both operands are 64-bit integers (or pointers, already scaled). A zero divisor gives 1 and a run-time warning. */
  | (Node & {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Words, both extended to 64 bits. Result bool. */
  | (Node & {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Strings up to the NUL. Result bool. */
  | (Node & {
      readonly kind: 'compareStrings';
      readonly operator: 'eq' | 'ne';
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Values in memory of one type (arrays, tuples, records), member by member; equal layouts without padding differences. Result bool. */
  | (Node & {
      readonly kind: 'compareMemory';
      readonly operator: 'eq' | 'ne';
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: 'logical';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Short-circuit; both branches have the type of the node. */
  | (Node & {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly then: Expression;
      readonly else: Expression;
    })
  /**
   * To `type`. Word to word: truncate, then extend by the sign of `type`; to bool: != 0. string to a larger string: pads
   * with zeros. tuple, record: member by member. Word to array and back, string to int8[]: the same bytes, zero-padded.
   */
  | (Node & { readonly kind: 'convert'; readonly operand: Expression })
  /** Memory at (address) + offset, read through probe_read of `space`; zero on a fault. A bit-field gives its extracted, extended value. */
  | (Node & {
      readonly kind: 'read';
      readonly address: Expression;
      readonly offset: number;
      readonly space: 'kernel' | 'user';
      readonly bits?: { readonly offset: number; readonly size: number };
    })
  | (Node & { readonly kind: 'context'; readonly access: ContextAccess })
  /** `ctx` itself. */
  | (Node & { readonly kind: 'contextPointer' })
  /** Part of a value in memory: tuple element, record field, constant array or string index. */
  | (Node & {
      readonly kind: 'member';
      readonly operand: Expression;
      readonly offset: number;
      readonly bits?: { readonly offset: number; readonly size: number };
      /** Of a packet's header: where in the operand a byte says whether it is there. */
      readonly presence?: number;
    })
  /** Element of an array or string value; out of bounds gives zero and a run-time warning. `index` is a 64-bit integer. */
  | (Node & {
      readonly kind: 'element';
      readonly operand: Expression;
      readonly index: Expression;
      readonly count: number;
    })
  /** Tuple or record: the members in evaluation order with their offsets in the layout of `type`. */
  | (Node & {
      readonly kind: 'aggregate';
      readonly members: readonly { readonly offset: number; readonly value: Expression }[];
    })
  /** A value that a helper or the compile gives: see BuiltinName. */
  | (Node & { readonly kind: 'builtin'; readonly name: BuiltinName })
  /** A synchronous function: see SyncFunction. */
  | (Node & { readonly kind: 'call'; readonly call: SyncCall })
  /** ++ and --: gives the old value, or with `prefix` the new one. */
  | (Node & {
      readonly kind: 'increment';
      readonly target:
        | { readonly kind: 'variable'; readonly variable: Variable }
        | { readonly kind: 'map'; readonly map: ScriptMap; readonly key: Expression | undefined };
      readonly by: 1n | -1n;
      readonly prefix: boolean;
    })
  /** True if the key existed. Without key: a scalar map is unset. */
  | (Node & { readonly kind: 'mapDelete'; readonly map: ScriptMap; readonly key: Expression | undefined })
  | (Node & { readonly kind: 'mapHasKey'; readonly map: ScriptMap; readonly key: Expression })
  /** Whether there is an element; if so, `assign` runs, in which `element` stands for its value. */
  | (Node & {
      readonly kind: 'mapFind';
      readonly map: ScriptMap;
      readonly key: Expression;
      readonly element: Expression;
      readonly assign: Statement;
    })
  /** Number of elements. */
  | (Node & { readonly kind: 'mapLength'; readonly map: ScriptMap })
  /** Of a variable, of a map's value (null where there is none; of an aggregation this CPU's share), or of a map. */
  | (Node & {
      readonly kind: 'addressOf';
      readonly target:
        | { readonly kind: 'variable'; readonly variable: Variable }
        | { readonly kind: 'map'; readonly map: ScriptMap; readonly key: Expression | undefined }
        | { readonly kind: 'wholeMap'; readonly map: ScriptMap };
    })
  /** A function of the kernel that programs may call. Arguments that are no words are passed by address. */
  | (Node & { readonly kind: 'kernelCall'; readonly name: string; readonly arguments: readonly Expression[] })
  /** An imported function, compiled elsewhere. */
  | (Node & {
      readonly kind: 'linkedCall';
      readonly object: LinkedObject;
      readonly name: string;
      readonly arguments: readonly Expression[];
    })
  /** A call of a function of the script; the arguments have its parameters' types. */
  | (Node & {
      readonly kind: 'ownCall';
      readonly name: string;
      readonly space: ProbeContext['space'];
      readonly arguments: readonly Expression[];
    })
  /** Statements, then a value. */
  | (Node & { readonly kind: 'sequence'; readonly statements: readonly Statement[]; readonly value: Expression });

export type BuiltinName =
  | 'pid'
  | 'tid'
  | 'uid'
  | 'gid'
  | 'comm'
  | 'nsecs'
  | 'nsecsMonotonic'
  | 'nsecsTai'
  /** CLOCK_TAI by CLOCK_BOOTTIME and what lay between them when the script started. */
  | 'nsecsSoftwareTai'
  /** What to add to CLOCK_BOOTTIME for CLOCK_TAI. */
  | 'taiOffset'
  /** As the initial pid namespace numbers them. */
  | 'pidInit'
  | 'tidInit'
  | 'elapsed'
  | 'cpu'
  | 'ncpus'
  | 'rand'
  | 'curtask'
  | 'cgroup'
  | 'cpid'
  | 'jiffies'
  | 'numaid'
  /** Type stack says which, how and how deep. */
  | 'stack'
  /** uid as username type. */
  | 'username';

/** `any`: a plain number, whose highest bit tells kernel from user addresses. */
export type ReadSpace = 'kernel' | 'user' | 'any';

export type SyncCall =
  /** NUL-terminated text at `address`, at most `length` bytes with the NUL; `length` undefined: type.size bytes. */
  | {
      readonly function: 'str';
      readonly address: Expression;
      readonly space: ReadSpace;
      readonly length: Expression | undefined;
    }
  /** The beginning of a text, at most `length` bytes with the NUL. */
  | { readonly function: 'strOf'; readonly value: Expression; readonly length: Expression }
  /** Raw bytes. */
  | { readonly function: 'buf'; readonly address: Expression; readonly space: ReadSpace; readonly length: Expression }
  /** Bytes of a value in memory (array or string) as a buffer. */
  | { readonly function: 'bufOf'; readonly value: Expression; readonly length: Expression | undefined }
  /** Address and current process. */
  /** `known`: 1 + index of its name in the type's `names`, for functions that are known. */
  | { readonly function: 'usym'; readonly address: Expression; readonly known?: Expression }
  /** 0 if the first `count` bytes are equal (up to a NUL), else 1. */
  | { readonly function: 'strncmp'; readonly left: Expression; readonly right: Expression; readonly count: number }
  /** `format` in the kernel's own form. */
  | { readonly function: 'debugf'; readonly format: string; readonly args: readonly Expression[] }
  /** `format` in the kernel's own form, into an iterator's file. */
  | { readonly function: 'seqPrintf'; readonly format: string; readonly args: readonly Expression[] }
  /** Path of a file by its `struct path`, which stands where the kernel knows its type. */
  | { readonly function: 'path'; readonly value: Expression }
  | { readonly function: 'socketCookie'; readonly socket: Expression }
  /** The probed function returns this without running. */
  | { readonly function: 'override'; readonly value: Expression }
  /** Frames of a stack of at most `limit`, taken anew. */
  | { readonly function: 'stackLength'; readonly space: 'kernel' | 'user'; readonly limit: number }
  | { readonly function: 'signal'; readonly signal: Expression; readonly thread: boolean }
  /** Bytes up to the NUL. */
  | { readonly function: 'strlen'; readonly value: Expression }
  /** Where `needle` first stands in `haystack`, or -1. */
  | { readonly function: 'strstr'; readonly haystack: Expression; readonly needle: Expression }
  /** Both texts, cut at the size of the node's type. */
  | { readonly function: 'concat'; readonly left: Expression; readonly right: Expression }
  /** -1, 0 or 1: the order of the first `count` bytes of two values. */
  | { readonly function: 'memcmp'; readonly left: Expression; readonly right: Expression; readonly count: number }
  /** The text of a number by a table; those without one have `unknown`. */
  | {
      readonly function: 'nameOf';
      readonly number: Expression;
      readonly names: NameTable;
      readonly ignoreSign: boolean;
    }
  /** Id of the current task's group, or of the one above it, at a level of version 2's hierarchy. */
  | { readonly function: 'ancestorCgroup'; readonly level: number }
  | { readonly function: 'bswap'; readonly value: Expression; readonly size: 2 | 4 | 8 }
  /** Family and bytes, zeros for an unknown family. */
  | { readonly function: 'inet'; readonly family: Expression; readonly address: Expression }
  /** The first `length` bytes of `value` to user memory; true where that succeeded. */
  | {
      readonly function: 'writeUser';
      readonly to: Expression;
      readonly value: Expression;
      readonly length: Expression;
    };

/** Texts by number, from 0. One object for each table. */
export interface NameTable {
  readonly texts: readonly string[];
  /** Of numbers outside. */
  readonly unknown: string;
}

export const UINT64: IntegerType = { kind: 'integer', size: 8, signed: false };
export const INT64: IntegerType = { kind: 'integer', size: 8, signed: true };
