import { AttachType, BpfFlag, Command, Errno, HelperId, MapType, ProgramType } from '../../abi/index.ts';
import { VerifierError } from '../../base/index.ts';
import {
  alu64,
  atomicFetch,
  call,
  callKfunc,
  exit,
  type Instruction,
  loadMap,
  mov64,
  movsx64,
  storeImm,
} from '../../asm/index.ts';
import type { MapSpec, ProgramSpec } from '../../spec/index.ts';
import { kernelBtf, requireKernelBtf } from '../btf-source.ts';
import { KernelMap } from '../map/index.ts';
import { KernelProgram } from '../program/index.ts';
import { Attr, bpfCallName, closeFd, perfUnitFormat, perfUnitType, systemError, tryBpf } from '../sys/index.ts';
import { pointerArray } from '../link/arrays.ts';
import type { FeatureProbe } from './answer.ts';

const returnZero: readonly Instruction[] = [mov64('r0', 0), exit()];

/** Each entry is tried by the least real map, program or link that needs the feature. */
export const probes = {
  btf: { title: "the kernel's types (BTF)", minimumKernel: '5.4', probe: () => kernelBtf() !== undefined },
  'module-btf': { title: 'types of modules', minimumKernel: '5.11', probe: canNameBtf },
  kfunc: {
    title: 'calls of kernel functions (kfuncs) by tracing programs',
    minimumKernel: '6.2',
    probe: castsReadOnly,
  },
  'ring-buffer': {
    title: 'ring buffer',
    minimumKernel: '5.8',
    probe: () => makes({ type: MapType.Ringbuf, keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 65536 }),
  },
  'mmapable-array': {
    title: 'array maps in memory',
    minimumKernel: '5.5',
    probe: () => makes({ type: MapType.Array, flags: BpfFlag.BPF_F_MMAPABLE }),
  },
  'large-map-key': {
    title: 'map keys over 512 bytes',
    minimumKernel: '5.11',
    probe: () => makes({ type: MapType.Hash, keySizeBytes: 520 }),
  },
  'map-batch': { title: 'batch operations on maps', minimumKernel: '5.6', probe: () => canBatch(MapType.Hash) },
  'map-batch-percpu-array': {
    title: 'batch operations on per-CPU arrays',
    minimumKernel: '5.13',
    probe: () => canBatch(MapType.PercpuArray),
  },
  'no-prealloc-tracing': {
    title: 'per-CPU hash maps that grow, in tracing programs',
    minimumKernel: '6.1',
    probe: usesGrowingMap,
  },

  'raw-tracepoint': {
    title: 'raw tracepoints',
    minimumKernel: '4.17',
    probe: () => loads(ProgramType.RawTracepoint, returnZero),
  },
  'btf-tracepoint': {
    title: 'BTF-typed tracepoints',
    minimumKernel: '5.5',
    probe: () => loadsTracing(AttachType.TraceRawTp, 'typedef', 'btf_trace_sched_switch'),
  },
  fentry: {
    title: 'entry and exit of kernel functions (fentry)',
    minimumKernel: '5.5',
    probe: () => loadsTracing(AttachType.TraceFentry, 'function', 'vfs_read'),
  },
  'perf-link': { title: 'BPF links of perf events', minimumKernel: '5.15', probe: hasPerfLink },
  kprobe: { title: 'kprobes', minimumKernel: '4.17', probe: () => perfUnitType('kprobe') !== undefined },
  'kprobe-multi': {
    title: 'many kprobes by one link',
    minimumKernel: '5.18',
    probe: () => attachesKprobes(AttachType.TraceKprobeMulti),
  },
  'kprobe-session': {
    title: 'kprobe sessions',
    minimumKernel: '6.10',
    probe: () => attachesKprobes(AttachType.TraceKprobeSession),
  },
  uprobe: { title: 'uprobes', minimumKernel: '4.17', probe: () => perfUnitType('uprobe') !== undefined },
  'uprobe-ref-counter': {
    title: 'semaphores of user probes',
    minimumKernel: '4.20',
    probe: () => perfUnitFormat('uprobe', 'ref_ctr_offset') !== undefined,
  },
  'uprobe-multi': {
    title: 'many uprobes by one link',
    minimumKernel: '6.6',
    probe: () => attachesUprobes(AttachType.TraceUprobeMulti),
  },
  'uprobe-session': {
    title: 'uprobe sessions',
    minimumKernel: '6.13',
    probe: () => attachesUprobes(AttachType.TraceUprobeSession),
  },

  'attach-cookie': {
    title: 'cookies of kprobes, uprobes, tracepoints and perf events',
    minimumKernel: '5.15',
    probe: () => cookieTypes.every((type) => hasHelper(type, HelperId.get_attach_cookie)),
  },
  'attach-cookie-raw-tracepoint': {
    title: 'cookies of raw tracepoints',
    minimumKernel: '6.10',
    probe: () => hasHelper(ProgramType.RawTracepoint, HelperId.get_attach_cookie),
  },
  'current-task-btf': {
    title: 'the current task as a typed pointer',
    minimumKernel: '5.11',
    probe: () => hasTracingHelper(HelperId.get_current_task_btf),
  },
  'probe-read-kernel': {
    title: 'reads that tell kernel from user memory',
    minimumKernel: '5.5',
    probe: () => hasTracingHelper(HelperId.probe_read_kernel),
  },
  'ktime-boot': {
    title: 'time that counts suspension',
    minimumKernel: '5.8',
    probe: () => hasTracingHelper(HelperId.ktime_get_boot_ns),
  },
  'lookup-percpu-elem': {
    title: 'values of other CPUs',
    minimumKernel: '5.19',
    probe: () => hasTracingHelper(HelperId.map_lookup_percpu_elem),
  },
  'find-vma': {
    title: 'the mapping of an address',
    minimumKernel: '5.17',
    probe: () => hasTracingHelper(HelperId.find_vma),
  },
  'for-each-map-elem': {
    title: 'loops over maps',
    minimumKernel: '5.13',
    probe: () => hasTracingHelper(HelperId.for_each_map_elem),
  },
  loop: { title: 'loops by bpf_loop', minimumKernel: '5.17', probe: () => hasTracingHelper(HelperId.loop) },
  'rdonly-cast': { title: 'typed reads of any address (bpf_rdonly_cast)', minimumKernel: '6.2', probe: castsReadOnly },

  'probe-write-user': {
    title: 'writing to user memory',
    minimumKernel: '4.8',
    probe: () => hasTracingHelper(HelperId.probe_write_user),
  },
  'override-return': {
    title: "returning in a function's place",
    minimumKernel: '4.16',
    probe: () => hasHelper(ProgramType.Kprobe, HelperId.override_return),
  },

  'atomic-fetch': {
    title: 'atomic operations that return the old value',
    minimumKernel: '5.12',
    probe: () =>
      loads(ProgramType.SocketFilter, [
        storeImm(8, 'r10', -8, 0),
        mov64('r1', 1),
        atomicFetch('add', 8, 'r10', -8, 'r1'),
        ...returnZero,
      ]),
  },
  'signed-division': {
    title: 'signed division',
    minimumKernel: '6.6',
    probe: () => loads(ProgramType.SocketFilter, [mov64('r0', -6), alu64('sdiv', 'r0', 3), exit()]),
  },
  'sign-extension': {
    title: 'sign-extending moves',
    minimumKernel: '6.6',
    probe: () => loads(ProgramType.SocketFilter, [mov64('r1', 1), movsx64('r0', 'r1', 8), exit()]),
  },
} as const satisfies Record<string, FeatureProbe>;

const cookieTypes = [ProgramType.Kprobe, ProgramType.Tracepoint, ProgramType.PerfEvent] as const;

function makes(spec: Partial<MapSpec>): boolean {
  KernelMap.create({
    name: 'probe',
    type: MapType.Hash,
    keySizeBytes: 4,
    valueSizeBytes: 8,
    maxEntries: 1,
    flags: 0,
    ...spec,
  }).close();
  return true;
}

function loads(type: number, instructions: readonly Instruction[], more: Partial<ProgramSpec> = {}): boolean {
  KernelProgram.load({ name: 'probe', type, license: 'GPL', instructions, ...more }).close();
  return true;
}

function loadsTracing(expectedAttachType: number, kind: 'typedef' | 'function', name: string): boolean {
  return loads(ProgramType.Tracing, returnZero, { expectedAttachType, attachTo: { kind, name } });
}

/** BTF in the kernel has names, by which modules' are found, since there are modules with BTF. */
function canNameBtf(): boolean {
  const id = new Attr(12);
  if (tryBpf(Command.BtfGetNextId, id) < 0) return false;
  const fd = tryBpf(Command.BtfGetFdById, new Attr(12).u32(0, id.getU32(4)));
  if (fd < 0) return refused(Command.BtfGetFdById, -fd);
  const name = new Uint8Array(64);
  const info = new Attr(32).pointer(16, name).u32(24, name.length);
  const result = tryBpf(Command.ObjGetInfoByFd, new Attr(16).u32(0, fd).u32(4, 32).pointer(8, info.bytes));
  info.release();
  closeFd(fd);
  return result >= 0 ? info.getU32(24) > 0 : refused(Command.ObjGetInfoByFd, -result);
}

function canBatch(type: number): boolean {
  using map = KernelMap.create({ name: 'probe', type, keySizeBytes: 4, valueSizeBytes: 8, maxEntries: 1, flags: 0 });
  const [keys, values, next] = [new Uint8Array(8), new Uint8Array(map.transferSizeBytes), new Uint8Array(8)];
  const attr = new Attr(56).pointer(8, next).pointer(16, keys).pointer(24, values).u32(32, 1).u32(36, map.fd);
  const result = tryBpf(Command.MapLookupBatch, attr);
  return result >= 0 || result === -Errno.ENOENT || refused(Command.MapLookupBatch, -result);
}

/** Perf event programs were the strictest: they could use preallocated maps only. */
function usesGrowingMap(): boolean {
  using map = KernelMap.create({
    name: 'probe',
    type: MapType.PercpuHash,
    keySizeBytes: 8,
    valueSizeBytes: 8,
    maxEntries: 1,
    flags: BpfFlag.BPF_F_NO_PREALLOC,
  });
  const instructions = [
    storeImm(8, 'r10', -8, 0),
    mov64('r2', 'r10'),
    alu64('add', 'r2', -8),
    loadMap('r1', 'probe'),
    call(HelperId.map_lookup_elem),
    ...returnZero,
  ];
  KernelProgram.load(
    { name: 'probe', type: ProgramType.PerfEvent, license: 'GPL', instructions },
    { maps: new Map([['probe', map]]) },
  ).close();
  return true;
}

function castsReadOnly(): boolean {
  const task = requireKernelBtf().find('task_struct')?.id ?? 0;
  return loads(ProgramType.RawTracepoint, [
    mov64('r1', 0),
    mov64('r2', task),
    callKfunc('bpf_rdonly_cast'),
    ...returnZero,
  ]);
}

/** Whether programs of this type may call the helper. The call has no arguments: the verifier first asks if there is such a helper. */
export function hasHelper(programType: number, helper: number): boolean {
  try {
    return loads(programType, [call(helper), ...returnZero]);
  } catch (error) {
    if (!(error instanceof VerifierError) || error.log === '') throw error;
    return !/invalid func |unknown func |cannot use helper/.test(error.log);
  }
}

/**
 * Whether the verifier lets such a program call a kernel function. It looks whether the program may before it looks
 * at the arguments, which are all wrong here.
 */
export function allowsKfunc(
  { type, ...more }: Pick<ProgramSpec, 'type' | 'expectedAttachType' | 'attachTo'>,
  name: string,
): boolean {
  const zeros = (['r1', 'r2', 'r3', 'r4', 'r5'] as const).map((register) => mov64(register, 0));
  try {
    return loads(type, [...zeros, callKfunc(name), ...returnZero], more);
  } catch (error) {
    if (!(error instanceof VerifierError) || error.log === '') throw error;
    return !/calling kernel function .* is not (?:allowed|supported)|invalid kernel function call/.test(error.log);
  }
}

function hasTracingHelper(helper: number): boolean {
  return hasHelper(ProgramType.Tracepoint, helper);
}

/** Links with a target that can't be: the kernel gets as far as to complain about the target only if it knows the link. */
function hasPerfLink(): boolean {
  return tryLink(ProgramType.Tracepoint, 0, () => new Attr(64).u32(4, 0xffffffff).u32(8, AttachType.PerfEvent), [
    Errno.EBADF,
  ]);
}

function attachesKprobes(attachType: number): boolean {
  const names = pointerArray(['sonde_no_such_function']);
  const known = tryLink(
    ProgramType.Kprobe,
    attachType,
    () => new Attr(64).u32(8, attachType).u32(20, 1).pointer(24, names.bytes),
    [Errno.ESRCH, Errno.ENOENT],
  );
  names.release();
  return known;
}

function attachesUprobes(attachType: number): boolean {
  // A folder can't be probed: EBADF.
  const attr = (): Attr =>
    new Attr(64).u32(8, attachType).string(16, '/').pointer(24, BigUint64Array.of(0n)).u32(48, 1);
  return tryLink(ProgramType.Kprobe, attachType, attr, [Errno.EBADF]);
}

function tryLink(type: number, expectedAttachType: number, makeAttr: () => Attr, known: readonly number[]): boolean {
  using program = KernelProgram.load({
    name: 'probe',
    type,
    license: 'GPL',
    instructions: returnZero,
    expectedAttachType,
  });
  const result = tryBpf(Command.LinkCreate, makeAttr().u32(0, program.fd));
  if (result >= 0) closeFd(result);
  return result >= 0 || known.includes(-result) || refused(Command.LinkCreate, -result);
}

function refused(command: number, errno: number): never {
  throw systemError(bpfCallName(command), errno);
}
