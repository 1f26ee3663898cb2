import { FormatError } from '../base/index.ts';

/** Random access to a file's bytes, so that a large binary need not be read whole. */
export interface RandomAccess {
  readonly sizeBytes: number;
  /** Exactly `length` bytes at `offset`. The caller has checked that they lie inside. The result may be a view: don't write to it. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that are already in memory. */
export class BytesSource implements RandomAccess {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** Reads a range that the file itself claims to have; `what` names it in the error. */
export function readChecked(source: RandomAccess, what: string, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.sizeBytes)) {
    throw new FormatError(
      'ELF',
      offset,
      `${what} lies outside the file (${length} bytes, file has ${source.sizeBytes})`,
    );
  }
  const bytes = source.read(offset, length);
  // A file can shrink between the look at its size and this read.
  if (bytes.length !== length) throw new FormatError('ELF', offset, `${what} is cut off`);
  return bytes;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const utf8 = new TextDecoder();

/** Text up to the first NUL at or after `start`; undefined when there is none before `end`. */
export function cString(bytes: Uint8Array, start: number, end = bytes.length): string | undefined {
  if (start > end) return undefined;
  const nul = bytes.subarray(start, end).indexOf(0) + start;
  return nul < start ? undefined : utf8.decode(bytes.subarray(start, nul));
}
