import { Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { UprobeHook } from '../../spec/index.ts';
import { Attr, checked, cString, PERF_ATTR_SIZE, perfAdvice, perfUnitType, tryPerfEventOpen } from '../sys/index.ts';
import { requireNotTakenAway } from '../features/taken-away.ts';
import { linkPerfEvents, probeTarget } from './perf-link.ts';
import type { AttachableProgram, Link } from './link.ts';

const RETURN_BIT = 1n;
const REF_CTR_SHIFT = 32n;

/** One place in an executable, or the return of the function there: kernel 4.17, semaphore 4.20, cookie 5.15. */
export function attachUprobe(program: AttachableProgram, hook: UprobeHook, cookie?: bigint): Link {
  const type = perfUnitType('uprobe');
  if (type === undefined) throw uprobesMissing();
  if (hook.refCtrOffset !== undefined) requireNotTakenAway('uprobe-ref-counter', 'semaphores of user probes', '4.20');
  const config = (hook.return ? RETURN_BIT : 0n) | ((hook.refCtrOffset ?? 0n) << REF_CTR_SHIFT);
  const attr = new Attr(PERF_ATTR_SIZE)
    .u32(0, type)
    .u64(8, config)
    .u64(16, 1)
    .pointer(56, cString(hook.path))
    .u64(64, hook.fileOffset);
  const target = probeTarget(hook.pid);
  const event = checked(
    `perf_event_open of ${describeUprobe(hook)}`,
    tryPerfEventOpen(attr, target),
    (errno) => uprobeAdvice(errno, hook) ?? perfAdvice(errno, target),
  );
  return linkPerfEvents('uprobe', program, [event], cookie);
}

export function describeUprobe(hook: UprobeHook): string {
  return `${hook.return ? 'uretprobe' : 'uprobe'} ${hook.path}+0x${hook.fileOffset.toString(16)}`;
}

export function uprobeAdvice(errno: number, hook: UprobeHook): string | undefined {
  switch (errno) {
    case Errno.ENOENT:
      return `There is no file ${hook.path}.`;
    case Errno.EINVAL:
      return 'The offset is not at an instruction of the file that can be probed.';
    case Errno.ESRCH:
      return hook.pid === undefined ? undefined : `There is no process ${hook.pid}.`;
    default:
      return undefined;
  }
}

export function uprobesMissing(): UnsupportedFeatureError {
  return new UnsupportedFeatureError(
    'uprobe',
    'this kernel cannot probe user programs: it was built without CONFIG_UPROBE_EVENTS',
    { minimumKernel: '4.17' },
  );
}
