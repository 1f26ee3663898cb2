/** Values that helpers or the compile itself give. */
import { BpfFlag } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import type { BuiltinName, Expression } from '../checked/index.ts';
import type { Value } from '../ir/index.ts';
import type { Target } from '../target.ts';
import type { Type } from '../types/index.ts';
import { type Address, cpuNumber, Helper, type Lowering, pointer, whenRare } from './lowering.ts';
import { zero } from './memory.ts';
import { storeUnwoundStack } from './unwind.ts';

export function readBuiltin(l: Lowering, name: BuiltinName): Value {
  const b = l.builder;
  switch (name) {
    case 'pid':
      return b.once('pid', () => b.binary('lshr', pidAndTid(l), b.constant(32)));
    case 'tid':
      return b.once('tid', () => b.extend(4, false, pidAndTid(l)));
    case 'pidInit':
      return b.binary('lshr', initialPidAndTid(l), b.constant(32));
    case 'tidInit':
      return b.extend(4, false, initialPidAndTid(l));
    case 'uid':
    case 'username':
      return b.once('uid', () => b.extend(4, false, uidAndGid(l)));
    case 'gid':
      return b.once('gid', () => b.binary('lshr', uidAndGid(l), b.constant(32)));
    case 'nsecs':
      return b.call(l.script.target.have('ktime-boot') ? Helper.ktime_get_boot_ns : Helper.ktime_get_ns, []);
    case 'nsecsMonotonic':
      return b.call(Helper.ktime_get_ns, []);
    case 'nsecsTai':
      return b.call(Helper.ktime_get_tai_ns, []);
    case 'taiOffset':
      return b.constant(l.script.options.taiOffsetNs ?? 0n);
    case 'nsecsSoftwareTai':
      return b.binary('add', readBuiltin(l, 'nsecs'), readBuiltin(l, 'taiOffset'));
    case 'elapsed':
      return b.binary('sub', readBuiltin(l, 'nsecs'), b.constant(l.script.options.bootTimeNs));
    case 'cpu':
      return cpuNumber(l);
    case 'ncpus':
      return b.constant(l.script.target.possibleCpus);
    case 'rand':
      return b.extend(4, false, b.call(Helper.get_prandom_u32, []));
    case 'curtask':
      return b.once('curtask', () => b.call(Helper.get_current_task, []));
    case 'cgroup':
      return b.once('cgroup', () => b.call(Helper.get_current_cgroup_id, []));
    case 'cpid':
      return b.constant(l.script.options.childPid ?? 0);
    case 'jiffies':
      return b.call(Helper.jiffies64, []);
    case 'numaid':
      return b.once('numaid', () => b.call(Helper.get_numa_node_id, []));
    case 'comm':
    case 'stack':
      throw new BugError(`builtin ${name} is no word`);
  }
}

/** tgid in the upper half, thread id in the lower, as the tracer's pid namespace numbers them. */
function pidAndTid(l: Lowering): Value {
  const b = l.builder;
  const namespace = l.script.target.pidNamespace;
  return b.once('pid_tgid', () => {
    if (namespace === undefined) return initialPidAndTid(l);
    const place = l.permanent(8);
    const result = b.call(Helper.get_ns_current_pid_tgid, [
      b.constant(namespace.device),
      b.constant(namespace.inode),
      pointer(l, place),
      b.constant(8),
    ]);
    // A process of another namespace has no number in ours. The struct is {u32 pid (thread), u32 tgid}.
    whenRare(l, 'slt', result, b.constant(0), () => b.store(8, place.base, place.offset, b.constant(0)));
    return b.load(8, false, place.base, place.offset);
  });
}

function initialPidAndTid(l: Lowering): Value {
  return l.builder.once('initial_pid_tgid', () => l.builder.call(Helper.get_current_pid_tgid, []));
}

function uidAndGid(l: Lowering): Value {
  return l.builder.once('uid_gid', () => l.builder.call(Helper.get_current_uid_gid, []));
}

const COMM_BYTES = 16;

function fillsComm({ kernelRelease }: Target): boolean {
  const [major = 0, minor = 0] = kernelRelease.split(/[.-]/).map(Number);
  return major > 6 || (major === 6 && minor >= 4);
}

/** Writes a builtin that is no word: comm (16 bytes) or a stack (id, process). */
export function storeBuiltin(l: Lowering, expression: Expression & { kind: 'builtin' }, to: Address): void {
  if (expression.name === 'comm') {
    storeComm(l, to);
    return;
  }
  const type: Type = expression.type;
  if (expression.name !== 'stack' || type.kind !== 'stack') throw new BugError(`builtin ${expression.name} is a word`);
  storeStack(l, type, to);
}

/** Which stack, and how many of its first frames are to be left out: of fentry, the program and the trampoline that calls it. */
export function stackFlags(l: Lowering, space: 'kernel' | 'user'): number {
  return space === 'user' ? BpfFlag.BPF_F_USER_STACK : (l.program.variant.context.ownStackFrames ?? 0);
}

/** Kernels from 5.17 to 6.3 leave the bytes behind the name as they were: in a key they would make other keys of it. */
function storeComm(l: Lowering, to: Address): void {
  const b = l.builder;
  if (l.script.off.has('no-zeroing') || !fillsComm(l.script.target)) zero(l, to, COMM_BYTES);
  b.call(Helper.get_current_comm, [pointer(l, to), b.constant(COMM_BYTES)]);
}

function storeStack(l: Lowering, type: Type & { kind: 'stack' }, to: Address): void {
  if (type.unwound) {
    storeUnwoundStack(l, type, { to, process: readBuiltin(l, 'pid') });
    return;
  }
  const b = l.builder;
  const isUser = type.space === 'user';
  const map = b.map(l.script.stackMap(type));
  const id = b.call(Helper.get_stackid, [b.context(), map, b.constant(stackFlags(l, type.space))]);
  b.store(8, to.base, to.offset, id);
  b.store(8, to.base, to.offset + 8, isUser ? readBuiltin(l, 'pid') : b.constant(0));
}
