import type { Architecture } from './architecture.ts';
import { syscallRows } from './generated/syscalls.ts';

type Row = (typeof syscallRows)[Architecture][number];

/** Maps of an architecture's system calls, each made when it is first asked for. */
function lazily<Key, Value>(pair: (row: Row) => [Key, Value]): (arch: Architecture) => ReadonlyMap<Key, Value> {
  const made = new Map<Architecture, ReadonlyMap<Key, Value>>();
  return (arch) => {
    const kept = made.get(arch);
    if (kept !== undefined) return kept;
    const map = new Map(syscallRows[arch].map(pair));
    made.set(arch, map);
    return map;
  };
}

const numberToName = lazily(([number, name]) => [number, name]);
const nameToNumber = lazily(([number, name]) => [name, number]);
const tracepointToNumber = lazily(([number, name, tracepoint]) => [tracepoint ?? name, number]);
const numberToTracepoint = lazily(([number, name, tracepoint]) => [number, tracepoint ?? name]);

/** Name of a system call as user space knows it: `stat` for 4 on x86_64. */
export function syscallName(arch: Architecture, number: number): string | undefined {
  return numberToName(arch).get(number);
}

export function syscallNumber(arch: Architecture, name: string): number | undefined {
  return nameToNumber(arch).get(name);
}

/**
 * Number behind the tracepoints `sys_enter_NAME` and `sys_exit_NAME`. They are named after the kernel's function,
 * which for some system calls is not the call's name: `newstat` is `stat`, `sendfile64` is `sendfile`.
 */
export function syscallNumberOfTracepoint(arch: Architecture, name: string): number | undefined {
  return tracepointToNumber(arch).get(name);
}

/** The NAME in `sys_enter_NAME`; a kernel may lack the tracepoint although the number is taken. */
export function tracepointOfSyscall(arch: Architecture, number: number): string | undefined {
  return numberToTracepoint(arch).get(number);
}

/** All system calls of an architecture, by number. */
export function allSyscalls(arch: Architecture): ReadonlyMap<number, string> {
  return numberToName(arch);
}
