import { encode, LD_IMM64, resolveLabels } from '../../asm/index.ts';
import { Command, Errno, ProgramType, programTypeName } from '../../abi/index.ts';
import { UnsupportedFeatureError, VerifierError } from '../../base/index.ts';
import type { AttachTo, ProgramSpec } from '../../spec/index.ts';
import { moduleBtf, openModuleBtfFd, requireKernelBtf } from '../btf-source.ts';
import { requireNotTakenAway } from '../features/taken-away.ts';
import { kernelName, withMemlockRetry, type KernelMap } from '../map/index.ts';
import { Attr, bpfAdvice, bpfCallName, closeFd, permissionAdvice, systemError, tryBpf } from '../sys/index.ts';
import { describeFunctions, FUNC_INFO_BYTES, type FunctionInfo } from './func-info.ts';
import { loadedPrograms, openProgram } from './loaded.ts';
import { resolveReferences, type ResolvedProgram } from './references.ts';
import { readRefusal, refusalMessage } from './verifier-log.ts';

export interface LoadOptions {
  /** The maps that the program refers to, by the names in their specs. */
  readonly maps?: ReadonlyMap<string, KernelMap>;
  /** Asks for the verifier's log although the program is accepted: 1 for its walk, 2 for more. */
  readonly logLevel?: 1 | 2;
  /** Of a refused program, however long it takes: a long log is made by verifying again for each larger buffer. */
  readonly wholeLog?: boolean;
  /** The longest log that is asked for. */
  readonly logSizeBytes?: number;
}

const LOG_FIRST_BYTES = 64 * 1024;
const LOG_SMALLEST_BYTES = 128;
/** Kernels before 5.18 refuse more. */
const LOG_LARGEST_BYTES = (1 << 24) - 1;

/** Loads a program: a descriptor, and the verifier's log where it was asked for. */
export function loadProgram(spec: ProgramSpec, options: LoadOptions): { fd: number; log: string } {
  if (spec.type === ProgramType.RawTracepoint) requireNotTakenAway('raw-tracepoint', 'raw tracepoints', '4.17');
  const resolved = resolveReferences(spec.instructions, options.maps ?? new Map());
  const target = attachTarget(spec);
  const functions = describeFunctions(spec.name, spec.instructions);
  const ownedFds = [...resolved.fdArray.slice(1), target?.ownerFd, functions?.btfFd];
  try {
    const code = encode(resolveLabels(resolved.instructions));
    const request = (log?: Uint8Array, level: number = 0): number =>
      retryInterrupted(() =>
        tryBpf(Command.ProgLoad, loadAttr(spec, { ...resolved, code, target, functions }, log, level)),
      );
    let refusedWith = 0;
    if (options.logLevel === undefined) {
      const result = withMemlockRetry(() => request());
      if (result >= 0) return { fd: result, log: '' };
      refusedWith = result;
    }
    const { result, log, isCut } = withLog(request, options, refusedWith);
    if (result >= 0) return { fd: result, log };
    throw refusal(spec, -result, log, isCut && options.wholeLog === true);
  } finally {
    for (const fd of ownedFds) if (fd !== undefined) closeFd(fd);
  }
}

const MAX_ATTEMPTS = 5;

/** The verifier gives up with EAGAIN when a signal is pending, as profilers and timers send them: nothing of the program. */
function retryInterrupted(load: () => number): number {
  for (let attempt = 1; ; attempt++) {
    const result = load();
    if (result !== -Errno.EAGAIN || attempt === MAX_ATTEMPTS) return result;
  }
}

interface AttachTarget {
  readonly typeId: number;
  /** Of a module's BTF, or of a program. */
  readonly ownerFd?: number;
}

/** The kernel object that a TRACING program is bound to. */
function attachTarget({ attachTo }: ProgramSpec): AttachTarget | undefined {
  if (attachTo === undefined) return undefined;
  if (attachTo.kind === 'program') return programTarget(attachTo);
  const kind = attachTo.kind === 'function' ? 'func' : 'typedef';
  const { module } = attachTo;
  const btf = module === undefined ? requireKernelBtf() : moduleBtf(module);
  const type = btf?.find(attachTo.name, kind);
  if (btf === undefined || type === undefined || type.id < btf.firstId) {
    const where = module === undefined ? 'this kernel' : `module ${module}`;
    throw new UnsupportedFeatureError(
      `${attachTo.kind} ${attachTo.name}`,
      `${where} has no ${attachTo.kind} ${attachTo.name} in its BTF`,
    );
  }
  return module === undefined ? { typeId: type.id } : { typeId: type.id, ownerFd: openModuleBtfFd(module) };
}

function programTarget({ id, name }: AttachTo & { kind: 'program' }): AttachTarget {
  const type = loadedPrograms().find((each) => each.id === id && each.name === name);
  const ownerFd = type === undefined ? undefined : openProgram(id);
  if (type !== undefined && ownerFd !== undefined) return { typeId: type.typeId, ownerFd };
  throw new UnsupportedFeatureError(`program ${id}`, `BPF program ${id} (${name}) is not loaded any more`);
}

interface LoadParts extends ResolvedProgram {
  readonly code: Uint8Array;
  readonly target: AttachTarget | undefined;
  readonly functions: FunctionInfo | undefined;
}

function loadAttr(
  spec: ProgramSpec,
  { code, target, functions, fdArray }: LoadParts,
  log: Uint8Array | undefined,
  level: number,
): Attr {
  const attr = new Attr(144)
    .u32(0, spec.type)
    .u32(4, code.length / 8)
    .pointer(8, code)
    .string(16, spec.license)
    .u32(44, spec.flags ?? 0)
    .text(48, 16, kernelName(spec.name))
    .u32(68, spec.expectedAttachType ?? 0);
  if (log !== undefined) attr.u32(24, level).u32(28, log.length).pointer(32, log);
  if (functions !== undefined) {
    const { btfFd, records } = functions;
    attr
      .u32(72, btfFd)
      .u32(76, FUNC_INFO_BYTES)
      .pointer(80, records)
      .u32(88, records.length / FUNC_INFO_BYTES);
  }
  if (target !== undefined) attr.u32(108, target.typeId).u32(112, target.ownerFd ?? 0);
  if (fdArray.length > 1) attr.pointer(120, new Uint8Array(Int32Array.from(fdArray).buffer));
  return attr;
}

/** Repeats the request with a larger buffer while the log does not fit. */
function withLog(
  request: (log?: Uint8Array, level?: number) => number,
  options: LoadOptions,
  refusedWith: number,
): { result: number; log: string; isCut: boolean } {
  const wantsWhole = options.wholeLog === true || options.logLevel !== undefined;
  const largest = wantsWhole ? clamp(options.logSizeBytes ?? LOG_LARGEST_BYTES) : LOG_LARGEST_BYTES;
  for (let size = Math.min(LOG_FIRST_BYTES, largest); ; size = Math.min(size * 8, largest)) {
    const buffer = new Uint8Array(size);
    const result = request(buffer, options.logLevel ?? 1);
    const end = buffer.indexOf(0);
    const log = Buffer.from(buffer.subarray(0, end < 0 ? size : end)).toString('utf8');
    if (result !== -Errno.ENOSPC) return { result, log, isCut: false };
    // An accepted program is not to fail for want of room for its log.
    if (size >= largest) return { result: refusedWith < 0 ? refusedWith : request(), log, isCut: true };
    // Since 6.4 what doesn't fit is the log's beginning: its end has the reason, and each attempt verifies anew.
    if (!wantsWhole && refusedWith < 0 && LOG_END.test(log)) return { result: refusedWith, log, isCut: false };
  }
}

function clamp(sizeBytes: number): number {
  return Math.min(Math.max(sizeBytes, LOG_SMALLEST_BYTES), LOG_LARGEST_BYTES);
}

/** Statistics close a log. */
const LOG_END = /^processed \d+ insns/m;

function refusal(spec: ProgramSpec, errno: number, log: string, isCut: boolean): Error {
  const advice = isCut ? LOG_CUT : loadAdvice(spec, errno, log);
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
    at += spec.instructions[i]!.opcode === LD_IMM64 ? 2 : 1;
    if (slot < at) return i;
  }
  return undefined;
}

const LOG_CUT =
  "The verifier's log is longer than shown: raise log_size in a config block, or BPFTRACE_LOG_SIZE, to see all of it.";

const PATH_FUNCTIONS =
  'The kernel tells paths (bpf_d_path) at a few functions only: filp_close, dentry_open, vfs_getattr, vfs_truncate, vfs_fallocate, security_file_open and its like.';

function loadAdvice(spec: ProgramSpec, errno: number, log: string): string | undefined {
  if (errno === Errno.EPERM) {
    if (spec.type === ProgramType.Tracing && spec.attachTo?.kind === 'function') {
      return 'This kernel does not let programs hook into its functions (fentry): use a kprobe or a tracepoint.';
    }
    return permissionAdvice('BPF', 'PERFMON');
  }
  if (log.includes('helper call is not allowed in probe') && log.includes('bpf_d_path')) return PATH_FUNCTIONS;
  if (errno === Errno.E2BIG) return 'The program is too large or too complex for the verifier: make it smaller.';
  if (errno === Errno.EINVAL && log === '')
    return `This kernel may not know programs of type ${programTypeName(spec.type) ?? spec.type}, or a flag of this one.`;
  return errno === Errno.EACCES || errno === Errno.EINVAL ? undefined : bpfAdvice(errno);
}
