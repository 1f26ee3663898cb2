import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { RandomAccess } from '../elf/index.ts';

/**
 * Bytes of a regular file. Paths come from other processes: what is no regular file is refused before it is
 * opened (opening a device or a pipe can have effects or wait).
 */
export class FileSource implements RandomAccess {
  readonly sizeBytes: number;
  /** The same file unchanged has the same identity, under whatever path. */
  readonly identity: string;
  readonly ownerUid: number;
  #fd: number;

  /** Throws Node's error of the system call; `EINVAL` for what is no regular file. */
  static open(path: string, options: { followLink?: boolean } = {}): FileSource {
    if (!statSync(path).isFile()) throw notRegular(path);
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (options.followLink === false ? constants.O_NOFOLLOW : 0);
    return new FileSource(path, openSync(path, flags));
  }

  private constructor(path: string, fd: number) {
    this.#fd = fd;
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) {
      closeSync(fd);
      throw notRegular(path);
    }
    this.sizeBytes = Number(stat.size);
    this.identity = `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`;
    this.ownerUid = Number(stat.uid);
  }

  /** Fewer bytes than asked for where the file ends, can't be read, or has been closed here. */
  read(offset: number, length: number): Uint8Array {
    if (this.#fd < 0) return new Uint8Array();
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    try {
      while (filled < length) {
        const count = readSync(this.#fd, bytes, filled, length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch {
      // A file system that went away looks like a file that got shorter.
    }
    return bytes.subarray(0, filled);
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

function notRegular(path: string): Error {
  return Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: 'EINVAL' });
}
