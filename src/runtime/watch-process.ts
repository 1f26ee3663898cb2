import { readFileSync } from 'node:fs';
import { SystemError } from '../base/index.ts';

const INTERVAL_MS = 50;
const ESRCH = 3;

/** Tells when a process (-p) ends. Throws SystemError where there is none. */
export function watchProcess(pid: number): Disposable & { readonly pid: number; readonly exited: Promise<void> } {
  const start = startTime(pid);
  if (start === undefined) {
    throw new SystemError('pidfd_open', ESRCH, 'Failed to attach to pid: Unable to open pidfd (No such process)');
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (startTime(pid) !== start) resolve();
  }, INTERVAL_MS);
  timer.unref();
  return { pid, exited: promise, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Clock ticks after boot, which tells a process from a later one with its number; undefined where it has ended. */
function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The command's name may hold blanks and parentheses: what counts follows the last one. Field 3 is the state, 22 the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
