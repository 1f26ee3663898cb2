import { readFileSync } from 'node:fs';
import { Errno } from '../../abi/index.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;

/**
 * Memory shared with the kernel. `buffer` must not be written where the mapping is read-only: that ends the
 * process. Closing detaches the buffer first: what still looks at it then sees length 0, never freed memory.
 */
export class Mapping implements Disposable {
  readonly buffer: ArrayBuffer;
  readonly #address: number;
  readonly #sizeBytes: number;

  constructor(
    fd: number,
    options: { sizeBytes: number; offset?: number; writable?: boolean; private?: boolean; what: string },
  ) {
    const protection = options.writable === true ? PROT_READ | PROT_WRITE : PROT_READ;
    const sharing = options.private === true ? MAP_PRIVATE : MAP_SHARED;
    const result = syscalls().call('mmap', 0, options.sizeBytes, protection, sharing, fd, options.offset ?? 0);
    this.#address = checked(`mmap of ${options.what}`, result, (errno) =>
      errno === Errno.ENOMEM ? 'There is not enough memory for this buffer: choose a smaller one.' : undefined,
    );
    this.#sizeBytes = options.sizeBytes;
    this.buffer = syscalls().view(this.#address, options.sizeBytes);
  }

  close(): void {
    if (this.buffer.detached) return;
    this.buffer.transfer(0);
    checked('munmap', syscalls().call('munmap', this.#address, this.#sizeBytes));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

let cachedPageSize: number | undefined;

/** Bytes per page: 4096, but up to 64 KiB on arm64. */
export function pageSizeBytes(): number {
  cachedPageSize ??= readPageSize();
  return cachedPageSize;
}

function readPageSize(): number {
  const AT_PAGESZ = 6n;
  const vector = readFileSync('/proc/self/auxv');
  for (let offset = 0; offset + 16 <= vector.length; offset += 16) {
    if (vector.readBigUInt64LE(offset) === AT_PAGESZ) return Number(vector.readBigUInt64LE(offset + 8));
  }
  return 4096;
}
