import { encode, resolveLabels } from '../../asm/index.ts';
import { Command, Errno, ProgramType, programTypeName } from '../../abi/index.ts';
import { BugError, UnsupportedFeatureError, VerifierError } from '../../base/index.ts';
import type { ProgramSpec } from '../../spec/index.ts';
import { moduleBtf, openModuleBtfFd, requireKernelBtf } from '../btf-source.ts';
import { kernelName, withMemlockRetry, type KernelMap } from '../map/index.ts';
import { Attr, bpf, bpfAdvice, bpfCallName, closeFd, permissionAdvice, systemError, tryBpf } from '../sys/index.ts';
import { describeFunctions, FUNC_INFO_BYTES, type FunctionInfo } from './func-info.ts';
import { resolveReferences, type ResolvedProgram } from './references.ts';
import { readRefusal, refusalMessage } from './verifier-log.ts';

export interface LoadOptions {
  /** The maps that the program refers to, by the names in their specs. */
  readonly maps?: ReadonlyMap<string, KernelMap>;
  /** Asks for the verifier's log although the program is accepted: 1 for its walk, 2 for more. */
  readonly logLevel?: 1 | 2;
}

/** What BPF_OBJ_GET_INFO_BY_FD tells of a program. */
export interface ProgramInfo {
  readonly id: number;
  readonly type: number;
  /** Hash of the instructions, in hexadecimal. */
  readonly tag: string;
  /** Machine code; 0 without the JIT. */
  readonly jitedBytes: number;
  readonly xlatedBytes: number;
  /** Time spent in the program, and number of runs: counted while statistics are enabled. */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Hits that were missed because the program was running on that CPU already. Kernel 5.12. */
  readonly recursionMisses: bigint;
  /** Kernel 5.16; else 0. */
  readonly verifiedInstructions: number;
}

export interface TestRunOptions {
  /** The program's context, such as the u64 arguments of a raw tracepoint. */
  readonly context?: Uint8Array;
  /** Packet, for the network types. */
  readonly data?: Uint8Array;
  /** Network types only: runs it so many times and gives the mean duration. */
  readonly repeat?: number;
  /** CPU to run on. Raw tracepoints only. */
  readonly cpu?: number;
}

const LOG_FIRST_BYTES = 64 * 1024;
/** Kernels before 5.18 refuse more. */
const LOG_LARGEST_BYTES = (1 << 24) - 1;
const INFO_BYTES = 228;
const TEST_RUN_ON_CPU = 1;

/** A program in the kernel. It lives until `close`, or as long as a link runs it. */
export class KernelProgram implements Disposable {
  readonly spec: ProgramSpec;
  readonly fd: number;
  /** The verifier's log, where it was asked for. */
  readonly log: string;
  #closed = false;

  private constructor(spec: ProgramSpec, fd: number, log: string) {
    this.spec = spec;
    this.fd = fd;
    this.log = log;
  }

  /** Throws VerifierError, UnsupportedFeatureError (a kernel object is missing) or SystemError. */
  static load(spec: ProgramSpec, options: LoadOptions = {}): KernelProgram {
    const { fd, log } = loadProgram(spec, options);
    return new KernelProgram(spec, fd, log);
  }

  get name(): string {
    return this.spec.name;
  }

  get expectedAttachType(): number {
    return this.spec.expectedAttachType ?? 0;
  }

  info(): ProgramInfo {
    const info = this.#readInfo(new Attr(INFO_BYTES));
    return {
      type: info.getU32(0),
      id: info.getU32(4),
      tag: Buffer.from(info.bytes.subarray(8, 16)).toString('hex'),
      jitedBytes: info.getU32(16),
      xlatedBytes: info.getU32(20),
      runTimeNs: info.getU64(192),
      runCount: info.getU64(200),
      recursionMisses: info.getU64(208),
      verifiedInstructions: info.getU32(216),
    };
  }

  /** The instructions as the kernel runs them, after its own rewriting: empty where it hides them (sysctl bpf_jit_harden, kptr_restrict). */
  dumpXlated(): Uint8Array {
    const bytes = new Uint8Array(this.info().xlatedBytes);
    const info = this.#readInfo(new Attr(INFO_BYTES).u32(20, bytes.length).pointer(32, bytes));
    return info.getU64(32) === 0n ? new Uint8Array(0) : bytes;
  }

  /**
   * Runs the program once on the calling thread. Raw tracepoint (kernel 5.10), syscall and network programs can;
   * others throw SystemError with ENOTSUPP.
   */
  testRun(options: TestRunOptions = {}): { readonly returnValue: number; readonly durationNs: number } {
    const attr = new Attr(80)
      .u32(0, this.fd).u32(8, options.data?.length ?? 0).pointer(16, options.data)
      .u32(32, options.repeat ?? 0).u32(40, options.context?.length ?? 0).pointer(48, options.context);
    if (options.cpu !== undefined) attr.u32(64, TEST_RUN_ON_CPU).u32(68, options.cpu);
    bpf(Command.ProgTestRun, attr, (errno) =>
      errno === Errno.ENOTSUPP ? `Programs of type ${programTypeName(this.spec.type)} can't be run without an event.` : bpfAdvice(errno),
    );
    return { returnValue: attr.getU32(4), durationNs: attr.getU32(36) };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #readInfo(info: Attr): Attr {
    if (this.#closed) throw new BugError(`program ${this.name} is closed`);
    bpf(Command.ObjGetInfoByFd, new Attr(16).u32(0, this.fd).u32(4, INFO_BYTES).pointer(8, info.bytes));
    info.release();
    return info;
  }
}

function loadProgram(spec: ProgramSpec, options: LoadOptions): { fd: number; log: string } {
  const resolved = resolveReferences(spec.instructions, options.maps ?? new Map());
  const target = attachTarget(spec);
  const functions = describeFunctions(spec.name, spec.instructions);
  const ownedFds = [...resolved.fdArray.slice(1), target?.moduleFd, functions?.btfFd];
  try {
    const code = encode(resolveLabels(resolved.instructions));
    const request = (log?: Uint8Array, level: number = 0): number =>
      tryBpf(Command.ProgLoad, loadAttr(spec, { ...resolved, code, target, functions }, log, level));
    if (options.logLevel === undefined) {
      const result = withMemlockRetry(() => request());
      if (result >= 0) return { fd: result, log: '' };
    }
    const { result, log } = withLog(request, options.logLevel ?? 1);
    if (result >= 0) return { fd: result, log };
    throw refusal(spec, -result, log);
  } finally {
    for (const fd of ownedFds) if (fd !== undefined) closeFd(fd);
  }
}

interface AttachTarget {
  readonly typeId: number;
  readonly moduleFd?: number;
}

/** The kernel object that a TRACING program is bound to. */
function attachTarget({ attachTo }: ProgramSpec): AttachTarget | undefined {
  if (attachTo === undefined) return undefined;
  const kind = attachTo.kind === 'function' ? 'func' : 'typedef';
  const { module } = attachTo;
  const btf = module === undefined ? requireKernelBtf() : moduleBtf(module);
  const type = btf?.find(attachTo.name, kind);
  if (type === undefined) {
    const where = module === undefined ? 'this kernel' : `module ${module}`;
    throw new UnsupportedFeatureError(`${attachTo.kind} ${attachTo.name}`, `${where} has no ${attachTo.kind} ${attachTo.name} in its BTF`);
  }
  return module === undefined ? { typeId: type.id } : { typeId: type.id, moduleFd: openModuleBtfFd(module) };
}

interface LoadParts extends ResolvedProgram {
  readonly code: Uint8Array;
  readonly target: AttachTarget | undefined;
  readonly functions: FunctionInfo | undefined;
}

function loadAttr(spec: ProgramSpec, { code, target, functions, fdArray }: LoadParts, log: Uint8Array | undefined, level: number): Attr {
  const attr = new Attr(144)
    .u32(0, spec.type).u32(4, code.length / 8).pointer(8, code).string(16, spec.license)
    .u32(44, spec.flags ?? 0).text(48, 16, kernelName(spec.name)).u32(68, spec.expectedAttachType ?? 0);
  if (log !== undefined) attr.u32(24, level).u32(28, log.length).pointer(32, log);
  if (functions !== undefined) {
    const { btfFd, records } = functions;
    attr.u32(72, btfFd).u32(76, FUNC_INFO_BYTES).pointer(80, records).u32(88, records.length / FUNC_INFO_BYTES);
  }
  if (target !== undefined) attr.u32(108, target.typeId).u32(112, target.moduleFd ?? 0);
  if (fdArray.length > 1) attr.pointer(120, new Uint8Array(Int32Array.from(fdArray).buffer));
  return attr;
}

/** Repeats the request with a larger buffer while the log does not fit. */
function withLog(request: (log: Uint8Array, level: number) => number, level: number): { result: number; log: string } {
  for (let size = LOG_FIRST_BYTES; ; size = Math.min(size * 8, LOG_LARGEST_BYTES)) {
    const buffer = new Uint8Array(size);
    const result = request(buffer, level);
    if (result === -Errno.ENOSPC && size < LOG_LARGEST_BYTES) continue;
    const end = buffer.indexOf(0);
    return { result, log: Buffer.from(buffer.subarray(0, end < 0 ? size : end)).toString('utf8') };
  }
}

function refusal(spec: ProgramSpec, errno: number, log: string): Error {
  const advice = loadAdvice(spec, errno, log);
  if (log === '' && errno !== Errno.EACCES) {
    return systemError(`${bpfCallName(Command.ProgLoad)} of program ${spec.name}`, errno, { advice });
  }
  const slot = readRefusal(log)?.slot;
  const instruction = slot === undefined ? undefined : indexOfSlot(spec, slot);
  return new VerifierError(spec.name, errno, refusalMessage(spec.name, errno, log), log, { advice, instruction });
}

/** The verifier counts slots of 8 bytes, of which a 64-bit load takes two. */
function indexOfSlot(spec: ProgramSpec, slot: number): number | undefined {
  let at = 0;
  for (let i = 0; i < spec.instructions.length; i++) {
    at += spec.instructions[i]!.opcode === 0x18 ? 2 : 1;
    if (slot < at) return i;
  }
  return undefined;
}

function loadAdvice(spec: ProgramSpec, errno: number, log: string): string | undefined {
  if (errno === Errno.EPERM) {
    if (spec.type === ProgramType.Tracing && spec.attachTo?.kind === 'function') {
      return 'This kernel does not let programs hook into its functions (fentry): use a kprobe or a tracepoint.';
    }
    return permissionAdvice('BPF', 'PERFMON');
  }
  if (errno === Errno.E2BIG) return 'The program is too large or too complex for the verifier: make it smaller.';
  if (errno === Errno.EINVAL && log === '') return `This kernel may not know programs of type ${programTypeName(spec.type) ?? spec.type}, or a flag of this one.`;
  return errno === Errno.EACCES || errno === Errno.EINVAL ? undefined : bpfAdvice(errno);
}

/** Makes the kernel measure `runTimeNs` and `runCount` of all programs until the result is closed. Costs some 20 ns per run. Kernel 5.8. */
export function enableProgramStatistics(): Disposable {
  const fd = bpf(Command.EnableStats, new Attr(4));
  return { [Symbol.dispose]: () => closeFd(fd) };
}
