import { readdirSync } from 'node:fs';
import { Errno, PerfType } from '../../abi/index.ts';
import type { SystemError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import {
  Attr,
  checked,
  closeFd,
  onlineCpus,
  PERF_ATTR_SIZE,
  perfAdvice,
  systemError,
  tryPerfEventOpen,
  type PerfTarget,
} from '../sys/index.ts';
import { linkPerfEvents } from './perf-link.ts';
import type { AttachableProgram, Link } from './link.ts';

type PerfEventHook = Extract<Hook, { kind: 'perfEvent' }>;

const INHERIT = 1n << 1n;
const FREQUENCY = 1n << 10n;
const INHERIT_THREAD = 1n << 35n;

/** Perf event (counter or clock) on CPUs or on the threads of a process: kernel 4.9, cookie 5.15. */
export function attachPerfEvent(program: AttachableProgram, hook: PerfEventHook, cookie?: bigint): Link {
  const events: number[] = [];
  try {
    for (const target of targets(hook)) {
      const event = open(hook, target);
      if (event !== undefined) events.push(event);
    }
  } catch (error) {
    for (const fd of events) closeFd(fd);
    throw error;
  }
  // All threads of the process ended while we looked.
  if (events.length === 0) throw noProcess(hook.pid);
  return linkPerfEvents('perfEvent', program, events, cookie);
}

function targets(hook: PerfEventHook): PerfTarget[] {
  if (hook.pid !== undefined) return threadsOf(hook.pid).map((pid) => ({ pid, cpu: -1 }));
  const cpus = onlineCpus();
  return (hook.cpus === 'one' ? cpus.slice(0, 1) : cpus).map((cpu) => ({ pid: -1, cpu }));
}

/** An event counts one thread only, and (with INHERIT_THREAD) those that it starts from now on. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch (cause) {
    throw noProcess(pid, cause);
  }
}

function noProcess(pid: number | undefined, cause?: unknown): SystemError {
  return systemError('perf_event_open', Errno.ESRCH, {
    cause,
    advice: pid === undefined ? undefined : `There is no process ${pid}.`,
  });
}

/** Undefined where the thread, or the CPU, went away since it was listed and others may remain. */
function open(hook: PerfEventHook, target: PerfTarget): number | undefined {
  const base = hook.frequencyHz === undefined ? 0n : FREQUENCY;
  const inherit = target.pid === -1 ? 0n : INHERIT | INHERIT_THREAD;
  let result = tryPerfEventOpen(eventAttr(hook, base | inherit), target);
  // INHERIT_THREAD came with 5.13; without it, inheriting would reach into child processes.
  if (result === -Errno.EINVAL && inherit !== 0n) result = tryPerfEventOpen(eventAttr(hook, base), target);
  if (result === -Errno.ESRCH && target.pid !== hook.pid) return undefined;
  if (result === -Errno.ENODEV && hook.eventType === PerfType.Software) return undefined;
  const name = nameOf(hook);
  return checked(
    `perf_event_open of ${name}`,
    result,
    (errno) => frequencyAdvice(errno, hook) ?? breakpointAdvice(errno, hook) ?? perfAdvice(errno, target),
  );
}

function eventAttr(hook: PerfEventHook, flags: bigint): Attr {
  const rate = hook.frequencyHz ?? hook.period ?? 1n;
  const attr = new Attr(PERF_ATTR_SIZE).u32(0, hook.eventType).u64(8, hook.config).u64(16, rate).u64(40, flags);
  const { breakpoint } = hook;
  if (breakpoint === undefined) return attr;
  return attr.u32(52, breakpoint.access).u64(56, breakpoint.address).u64(64, breakpoint.lengthBytes);
}

function nameOf({ breakpoint, eventType, config }: PerfEventHook): string {
  return breakpoint === undefined
    ? `type ${eventType}, config ${config}`
    : `a watchpoint at 0x${breakpoint.address.toString(16)}`;
}

function breakpointAdvice(errno: number, { breakpoint }: PerfEventHook): string | undefined {
  if (breakpoint === undefined) return undefined;
  switch (errno) {
    case Errno.ENOSPC:
      return 'All debug registers are taken: a processor can watch four places or so at a time.';
    case Errno.EINVAL:
      return 'This processor can not watch these bytes in this way, or the kernel does not let this place be watched.';
    case Errno.ENOENT:
    case Errno.EOPNOTSUPP:
      return 'This machine has no hardware breakpoints: some virtual machines lack them.';
    default:
      return undefined;
  }
}

function frequencyAdvice(errno: number, hook: PerfEventHook): string | undefined {
  if (errno !== Errno.EINVAL || hook.frequencyHz === undefined) return undefined;
  return `${hook.frequencyHz} Hz may be more than /proc/sys/kernel/perf_event_max_sample_rate allows.`;
}
