import { Command, Errno, programTypeName } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import type { ProgramSpec } from '../../spec/index.ts';
import { Attr, bpf, bpfAdvice, closeFd } from '../sys/index.ts';
import { loadProgram, type LoadOptions } from './load.ts';

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
      .u32(0, this.fd)
      .u32(8, options.data?.length ?? 0)
      .pointer(16, options.data)
      .u32(32, options.repeat ?? 0)
      .u32(40, options.context?.length ?? 0)
      .pointer(48, options.context);
    if (options.cpu !== undefined) attr.u32(64, TEST_RUN_ON_CPU).u32(68, options.cpu);
    bpf(Command.ProgTestRun, attr, (errno) =>
      errno === Errno.ENOTSUPP
        ? `Programs of type ${programTypeName(this.spec.type)} can't be run without an event.`
        : bpfAdvice(errno),
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

/** Makes the kernel measure `runTimeNs` and `runCount` of all programs until the result is closed. Costs some 20 ns per run. Kernel 5.8. */
export function enableProgramStatistics(): Disposable {
  const fd = bpf(Command.EnableStats, new Attr(4));
  return { [Symbol.dispose]: () => closeFd(fd) };
}
