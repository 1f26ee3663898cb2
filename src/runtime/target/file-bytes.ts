import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import type { RandomAccess } from '../../elf/index.ts';

/** Bytes of a file that is opened for each look at it: a target's files are looked at a few times, and then never again. */
export class FileBytes implements RandomAccess {
  readonly sizeBytes: number;
  readonly #path: string;

  /** Throws Node's error of the system call, and for what is no regular file (a device or pipe could block). */
  constructor(path: string) {
    const stat = statSync(path);
    if (!stat.isFile()) throw Object.assign(new Error(`${path} is not a regular file`), { code: 'EINVAL' });
    this.sizeBytes = stat.size;
    this.#path = path;
  }

  /** Fewer bytes than asked for where the file ends or can't be read. */
  read(offset: number, length: number): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    try {
      const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        for (let count = -1; filled < length && count !== 0; filled += count)
          count = readSync(fd, bytes, filled, length - filled, offset + filled);
      } finally {
        closeSync(fd);
      }
    } catch {
      // The file is gone: whoever decodes it finds it too short.
    }
    return bytes.subarray(0, filled);
  }
}
