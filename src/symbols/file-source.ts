import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { RandomAccess } from '../elf/index.ts';

export interface FileSourceOptions {
  /** Default true. */
  readonly followLink?: boolean;
  /** False: opened for each read, so that there may be any number of them and none has to be closed. Default true. */
  readonly keepOpen?: boolean;
}

/**
 * Bytes of a regular file. Paths come from other processes: what is no regular file is refused before it is
 * opened (opening a device or a pipe can have effects or wait).
 */
export class FileSource implements RandomAccess {
  readonly sizeBytes: number;
  /** The same file unchanged has the same identity, under whatever path. */
  readonly identity: string;
  /** Major and minor number of the file system's device. */
  readonly device: string;
  readonly inode: bigint;
  readonly ownerUid: number;
  readonly #reopen: (() => number) | undefined;
  #fd: number;

  /** Throws Node's error of the system call; `EINVAL` for what is no regular file. */
  static open(path: string, options: FileSourceOptions = {}): FileSource {
    if (!statSync(path).isFile()) throw notRegular(path);
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (options.followLink === false ? constants.O_NOFOLLOW : 0);
    const open = (): number => openSync(path, flags);
    const fd = open();
    const source = new FileSource(path, fd, options.keepOpen === false ? open : undefined);
    if (options.keepOpen === false) source[Symbol.dispose]();
    return source;
  }

  /** Of the file at a path, without opening it. Throws Node's error of the system call. */
  static identityOf(path: string): string {
    return identityOf(statSync(path, { bigint: true }));
  }

  private constructor(path: string, fd: number, reopen: (() => number) | undefined) {
    this.#fd = fd;
    this.#reopen = reopen;
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) {
      closeSync(fd);
      throw notRegular(path);
    }
    this.sizeBytes = Number(stat.size);
    this.identity = identityOf(stat);
    this.device = deviceOf(stat.dev);
    this.inode = stat.ino;
    this.ownerUid = Number(stat.uid);
  }

  get keepsOpen(): boolean {
    return this.#reopen === undefined;
  }

  /** Fewer bytes than asked for where the file ends, can't be read, has been replaced, or has been closed here. */
  read(offset: number, length: number): Uint8Array {
    if (this.#fd >= 0) return readUpTo(this.#fd, offset, length);
    let fd: number | undefined;
    try {
      fd = this.#reopen?.();
      const isSame = fd !== undefined && identityOf(fstatSync(fd, { bigint: true })) === this.identity;
      return isSame ? readUpTo(fd!, offset, length) : new Uint8Array();
    } catch {
      return new Uint8Array();
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

function readUpTo(fd: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  try {
    while (filled < length) {
      const count = readSync(fd, bytes, filled, length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
  } catch {
    // A file system that went away looks like a file that got shorter.
  }
  return bytes.subarray(0, filled);
}

function identityOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`;
}

function notRegular(path: string): Error {
  return Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: 'EINVAL' });
}

/** The C library's packing of two numbers into one. */
function deviceOf(packed: bigint): string {
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn);
  const minor = (packed & 0xffn) | ((packed >> 12n) & ~0xffn & 0xffff_ffffn);
  return `${major}:${minor}`;
}
