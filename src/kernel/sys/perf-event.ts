import { readFileSync } from 'node:fs';
import { Errno } from '../../abi/index.ts';
import type { Attr } from './attr.ts';
import { permissionAdvice } from './capabilities.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

export const PERF_ATTR_SIZE = 136;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_BPF = 0x40042408;

export interface PerfTarget {
  /** Thread id, or -1 for all. */
  readonly pid: number;
  /** CPU number, or -1 for all (only with a pid). */
  readonly cpu: number;
}

/** Opens a perf event: a descriptor, or the negated errno. */
export function tryPerfEventOpen(attr: Attr, target: PerfTarget): number {
  attr.u32(4, PERF_ATTR_SIZE);
  const result = syscalls().call('perf_event_open', attr.bytes, target.pid, target.cpu, -1, PERF_FLAG_FD_CLOEXEC);
  attr.release();
  return result;
}

export function perfEventOpen(attr: Attr, target: PerfTarget, what: string): number {
  return checked(`perf_event_open of ${what}`, tryPerfEventOpen(attr, target), (errno) => perfAdvice(errno, target));
}

export function perfAdvice(errno: number, target: PerfTarget): string | undefined {
  switch (errno) {
    case Errno.EPERM:
    case Errno.EACCES:
      return permissionAdvice('PERFMON');
    case Errno.ENOENT:
    case Errno.EOPNOTSUPP:
      return 'This machine does not have that event: virtual machines often lack hardware counters; a software event works everywhere.';
    case Errno.ESRCH:
      return `There is no process ${target.pid}.`;
    case Errno.EMFILE:
      return 'Too many open files: raise the limit with `ulimit -n`.';
    default:
      return undefined;
  }
}

/** Runs the program on each event of `eventFd`, the way of kernels before 5.15. */
export function setPerfEventProgram(eventFd: number, programFd: number): void {
  checked('ioctl(PERF_EVENT_IOC_SET_BPF)', syscalls().call('ioctl', eventFd, PERF_EVENT_IOC_SET_BPF, programFd));
}

export function enablePerfEvent(eventFd: number): void {
  checked('ioctl(PERF_EVENT_IOC_ENABLE)', syscalls().call('ioctl', eventFd, PERF_EVENT_IOC_ENABLE, 0));
}

/** The dynamic number of a perf unit such as `kprobe` or `uprobe`; undefined where the kernel has none. */
export function perfUnitType(unit: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/bus/event_source/devices/${unit}/type`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Where in a perf event's attributes a unit takes a value (`config:32-63`); undefined where it takes none of this name. */
export function perfUnitFormat(unit: string, name: string): string | undefined {
  try {
    return readFileSync(`/sys/bus/event_source/devices/${unit}/format/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
