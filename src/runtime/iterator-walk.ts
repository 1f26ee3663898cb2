/** The records that an iterator's program writes into its file, as the session takes them. */
import type { IteratorReader } from '../kernel/index.ts';
import type { RecordVisitor, Walk } from '../session/index.ts';

/** u32 id, u32 length of the whole record. */
const HEADER_BYTES = 8;

export class IteratorWalk implements Walk {
  readonly #reader: IteratorReader;
  /** What was read and not yet taken. */
  #waiting = new Uint8Array(0);

  constructor(reader: IteratorReader) {
    this.#reader = reader;
  }

  step(visit: RecordVisitor): boolean {
    const read = this.#reader.read();
    if (read !== undefined) {
      const joined = new Uint8Array(this.#waiting.length + read.length);
      joined.set(this.#waiting);
      joined.set(read, this.#waiting.length);
      this.#waiting = joined;
    }
    const isStopped = this.#take(visit);
    return read !== undefined || isStopped;
  }

  /** Reads may end in the middle of a record. True: `visit` wants no more for now. */
  #take(visit: RecordVisitor): boolean {
    let bytes = this.#waiting;
    let isStopped = false;
    while (!isStopped && bytes.length >= HEADER_BYTES) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
      if (length < HEADER_BYTES || length > bytes.length) break;
      const record = new Uint8Array(Math.ceil(length / 8) * 8);
      record.set(bytes.subarray(0, length));
      bytes = bytes.subarray(length);
      isStopped = !visit(new DataView(record.buffer), record, 0, length);
    }
    this.#waiting = bytes;
    return isStopped;
  }

  close(): void {
    this.#reader.close();
  }
}
