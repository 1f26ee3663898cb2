/**
 * Ending many links at once. The kernel waits for a grace period of its own (some 30 ms) at the end of each program of a perf
 * event, and once more, one after the other, at the end of each event.
 */
import { close } from 'node:fs';
import { closeFd, openPipe, spawnProcess, withThreads } from '../sys/index.ts';
import type { Link } from './link.ts';

/** Ending so many one by one is not worth a thread or a process. */
const FEW = 2;
/** Events take 20 to 40 ms each: so many are waited for, more are left to a process that ends when ours has. */
const MOST_WAITED_FOR = 8;

/** When it is done no program of these links runs any more. What else they hold is given back by `closeLinks`. */
export async function detachLinks(links: readonly Link[]): Promise<void> {
  const [slow, fast] = [links.filter((link) => link.isSlow), links.filter((link) => !link.isSlow)];
  const fds = slow.flatMap((link) => link.detachFds());
  if (fds.length > FEW) await closeInThreads(fds);
  else for (const fd of fds) closeFd(fd);
  for (const link of fast) link.close();
}

/** Each thread waits for one grace period at a time, and the kernel serves many that wait with one. */
async function closeInThreads(fds: readonly number[]): Promise<void> {
  const start = () => fds.map((fd) => new Promise<void>((resolve) => close(fd, () => resolve())));
  await Promise.all(withThreads(fds.length, start));
}

/** So many threads are of use at the end of these links. */
export function threadsToDetach(links: readonly Link[]): number {
  return links.filter((link) => link.isSlow).reduce((sum, link) => sum + link.detachCount, 0);
}

/** Gives back what links hold. Programs that still run end here. */
export function closeLinks(links: readonly Link[]): void {
  const events = links.filter((link) => link.isSlow).flatMap((link) => link.idleFds());
  if (events.length > MOST_WAITED_FOR) leaveToAnother(events);
  for (const link of links) link.close();
}

/** Without a program they do nothing and no one sees them. The process waits for our end, so that it is the last to hold them. */
function leaveToAnother(fds: readonly number[]): void {
  const { read, write } = openPipe();
  try {
    spawnProcess({
      path: '/bin/sh',
      argv: ['sonde-detach', '-c', 'exec >/dev/null 2>&1; cd /; read -r _'],
      environment: {},
      descriptors: [[read, 0], ...fds.map((fd) => [fd, fd] as const)],
    });
    closeFd(read);
    // The other end is left open: it closes with our process.
  } catch {
    // There is no shell: then it takes its time.
    closeFd(read);
    closeFd(write);
  }
}
