import { writeSync } from 'node:fs';

const RETRY_MS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** All of it, however slowly it is read: a pipe takes only so much at a time. What no one is there to read is dropped. */
export function writeFully(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
  }
}

/** Standard output of commands that print and end; what a script prints goes through its own sink. */
export function print(text: string): void {
  writeFully(1, text);
}
