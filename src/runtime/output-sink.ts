/** Where a script's output goes: standard output or a file, without ever blocking on a reader that is slow. */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { SystemError } from '../base/index.ts';
import type { OutputSink } from '../session/index.ts';

/** The reader has closed its end. */
export class ClosedPipeError extends Error {}

const RETRY_MS = 2;

export class FileSink implements OutputSink {
  readonly #fd: number;
  readonly #name: string;
  readonly #ownsFd: boolean;
  /** Not yet taken by the other end. */
  #rest: Uint8Array[] = [];
  #isClosed = false;

  private constructor(fd: number, name: string, ownsFd: boolean) {
    this.#fd = fd;
    this.#name = name;
    this.#ownsFd = ownsFd;
  }

  /** A pipe is opened anew without blocking, so that whoever holds the other end can't hold us. */
  static standardOutput(): FileSink {
    if (!fstatSync(1).isFIFO()) return new FileSink(1, 'standard output', false);
    try {
      return new FileSink(
        openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK),
        'standard output',
        true,
      );
    } catch {
      return new FileSink(1, 'standard output', false);
    }
  }

  /** Throws SystemError. */
  static file(path: string): FileSink {
    try {
      return new FileSink(openSync(path, 'w'), path, true);
    } catch (error) {
      throw systemError('open', error, `Can't write to ${path}`);
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isClosed) return true;
    if (this.#rest.length > 0) {
      this.#rest.push(bytes.slice());
      return false;
    }
    const written = this.#tryWrite(bytes);
    if (written === bytes.length) return true;
    this.#rest.push(bytes.slice(written));
    return false;
  }

  async drained(): Promise<void> {
    while (this.#rest.length > 0) {
      const first = this.#rest[0] as Uint8Array;
      const written = this.#tryWrite(first);
      if (written === first.length) this.#rest.shift();
      else {
        this.#rest[0] = first.subarray(written);
        if (written === 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Bytes taken; fewer where the pipe is full. */
  #tryWrite(bytes: Uint8Array): number {
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'ECONNRESET') {
        this.#rest = []; // no one waits for it
        throw new ClosedPipeError('the reader of the output has gone');
      }
      if (code !== 'EAGAIN') throw systemError('write', error, `Can't write to ${this.#name}`);
    }
    return at;
  }

  /** Bytes that the other end has not taken, and that `close` drops. */
  get pendingBytes(): number {
    return this.#rest.reduce((sum, { length }) => sum + length, 0);
  }

  /** What has not been taken by now is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#rest = [];
    if (this.#ownsFd) closeSync(this.#fd);
  }
}

function systemError(call: string, error: unknown, what: string): SystemError {
  const { errno = 0, code } = error as NodeJS.ErrnoException;
  const advice = code === 'ENOSPC' ? { advice: 'The disk is full: free some space or write elsewhere.' } : {};
  return new SystemError(call, -errno, `${what}: ${describe(error)}`, { cause: error, ...advice });
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^[A-Z]+: /, '').replace(/, (open|write).*$/, '');
}
