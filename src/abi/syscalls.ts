import type { Architecture } from './architecture.ts';
import { syscallRows } from './generated/syscalls.ts';

interface Tables {
  readonly numberToName: ReadonlyMap<number, string>;
  readonly nameToNumber: ReadonlyMap<string, number>;
  readonly tracepointToNumber: ReadonlyMap<string, number>;
  readonly numberToTracepoint: ReadonlyMap<number, string>;
}

const cache = new Map<Architecture, Tables>();

function tables(arch: Architecture): Tables {
  let made = cache.get(arch);
  if (made === undefined) {
    const rows = syscallRows[arch];
    made = {
      numberToName: new Map(rows.map(([number, name]) => [number, name])),
      nameToNumber: new Map(rows.map(([number, name]) => [name, number])),
      tracepointToNumber: new Map(rows.map(([number, name, tracepoint]) => [tracepoint ?? name, number])),
      numberToTracepoint: new Map(rows.map(([number, name, tracepoint]) => [number, tracepoint ?? name])),
    };
    cache.set(arch, made);
  }
  return made;
}

/** Name of a system call as user space knows it: `stat` for 4 on x86_64. */
export function syscallName(arch: Architecture, number: number): string | undefined {
  return tables(arch).numberToName.get(number);
}

export function syscallNumber(arch: Architecture, name: string): number | undefined {
  return tables(arch).nameToNumber.get(name);
}

/**
 * Number behind the tracepoints `sys_enter_NAME` and `sys_exit_NAME`. They are named after the kernel's function,
 * which for some system calls is not the call's name: `newstat` is `stat`, `sendfile64` is `sendfile`.
 */
export function syscallNumberOfTracepoint(arch: Architecture, name: string): number | undefined {
  return tables(arch).tracepointToNumber.get(name);
}

/** The NAME in `sys_enter_NAME`; a kernel may lack the tracepoint although the number is taken. */
export function tracepointOfSyscall(arch: Architecture, number: number): string | undefined {
  return tables(arch).numberToTracepoint.get(number);
}

/** All system calls of an architecture, by number. */
export function allSyscalls(arch: Architecture): ReadonlyMap<number, string> {
  return tables(arch).numberToName;
}
