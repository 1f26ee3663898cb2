import type { Architecture } from './architecture.ts';
import { type SyscallRow, syscallRows } from './generated/syscalls.ts';

/** A table that is made when it is first asked for: most scripts need one of them at most. */
function tableOf<K, V>(key: (row: SyscallRow) => K, value: (row: SyscallRow) => V) {
  const tables = new Map<Architecture, ReadonlyMap<K, V>>();
  return (arch: Architecture): ReadonlyMap<K, V> => {
    let table = tables.get(arch);
    if (table === undefined) {
      const filled = new Map<K, V>();
      syscallRows[arch].forEach((row) => filled.set(key(row), value(row)));
      tables.set(arch, (table = filled));
    }
    return table;
  };
}

const numberOf = (row: SyscallRow): number => row[0];
const nameOf = (row: SyscallRow): string => row[1];
const tracepointOf = (row: SyscallRow): string => row[2] ?? row[1];

const numberToName = tableOf(numberOf, nameOf);
const nameToNumber = tableOf(nameOf, numberOf);
const tracepointToNumber = tableOf(tracepointOf, numberOf);
const numberToTracepoint = tableOf(numberOf, tracepointOf);

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
