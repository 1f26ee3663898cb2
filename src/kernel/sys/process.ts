import { Errno } from '../../abi/index.ts';
import { cString } from './attr.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

const PR_SET_NAME = 15;

/** Sets the calling thread's name (comm), at most 15 bytes. Called on the main thread it is what `ps` and `comm` show. */
export function setThreadName(name: string): void {
  checked('prctl(PR_SET_NAME)', syscalls().call('prctl', PR_SET_NAME, cString(name), 0, 0, 0));
}

/** A descriptor that stands for the process and becomes readable when it ends. Kernel 5.3. */
export function openPidfd(pid: number): number {
  return checked('pidfd_open', syscalls().call('pidfd_open', pid, 0), (errno) =>
    errno === Errno.ESRCH ? `There is no process ${pid}.` : undefined,
  );
}

/** Sends a signal; false where the process is gone. */
export function sendSignal(pid: number, signal: number): boolean {
  const result = syscalls().call('kill', pid, signal);
  if (result === -Errno.ESRCH) return false;
  checked('kill', result);
  return true;
}

/** Moves the calling thread into a namespace, given a descriptor of it (`/proc/PID/ns/…`). */
export function enterNamespace(fd: number, kind = 0): void {
  checked('setns', syscalls().call('setns', fd, kind));
}

/** Closes a descriptor. Errors are of no use to anyone here: the kernel has let go of it in any case. */
export function closeFd(fd: number): void {
  syscalls().call('close', fd);
}
