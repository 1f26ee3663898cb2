import { BugError } from '../../base/index.ts';
import type { KernelMap } from '../map/index.ts';
import { Mapping, pageSizeBytes } from '../sys/index.ts';

/**
 * The ring's data, through several views of the same memory. A record that `drain` reports lies at
 * `[byteOffset, byteOffset + length)` of each, 8-byte aligned and in one piece. READ ONLY: a write ends the process.
 */
export interface RingView {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u8: Uint8Array;
  readonly data: DataView;
}

/** Called for one record. Its bytes are good only during the call. Returning false stops `drain` after this record. */
export type RecordCallback = (view: RingView, byteOffset: number, length: number) => boolean | void;

const HEADER_BYTES = 8;
const DISCARD_BIT = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
/** How much is consumed before the program is told that there is room again. */
const PUBLISH_BYTES = 64 * 1024;
/** Offsets into the doubly mapped data must fit into 31 bits. */
const MAX_SIZE_BYTES = 1 << 30;

/**
 * Reader of a ring buffer map (kernel 5.8). The kernel maps the data twice, one copy behind the other, so a
 * record never wraps. Positions count bytes for ever; only their low 32 bits are compared, as int32.
 */
export class RingBuffer implements Disposable {
  readonly sizeBytes: number;
  readonly #consumerPage: Mapping;
  readonly #producerPages: Mapping;
  readonly #producer: Int32Array;
  readonly #consumer: BigUint64Array;
  readonly #view: RingView;
  /** Bytes consumed since the ring was made: exact up to 2^53. */
  #position: number;

  /**
   * Maps the ring. The map stays the caller's, and must have one reader only. Mapped pages count as resident at once:
   * of the second copy only what a record of `maxRecordBytes` can reach is mapped. Throws SystemError.
   */
  constructor(map: KernelMap, options: { readonly maxRecordBytes?: number } = {}) {
    this.sizeBytes = map.spec.maxEntries;
    if (this.sizeBytes > MAX_SIZE_BYTES)
      throw new BugError(`ring of ${this.sizeBytes} bytes: at most ${MAX_SIZE_BYTES}`);
    const page = pageSizeBytes();
    const reach = Math.ceil(((options.maxRecordBytes ?? this.sizeBytes) + HEADER_BYTES) / page) * page;
    this.#consumerPage = new Mapping(map.fd, { sizeBytes: page, writable: true, what: 'ring buffer' });
    try {
      this.#producerPages = new Mapping(map.fd, {
        sizeBytes: page + this.sizeBytes + Math.min(reach, this.sizeBytes),
        offset: page,
        what: 'ring buffer',
      });
    } catch (error) {
      this.#consumerPage.close();
      throw error;
    }
    const { buffer } = this.#producerPages;
    this.#producer = new Int32Array(buffer, 0, 2);
    this.#consumer = new BigUint64Array(this.#consumerPage.buffer, 0, 1);
    this.#view = {
      i32: new Int32Array(buffer, page),
      u32: new Uint32Array(buffer, page),
      u8: new Uint8Array(buffer, page),
      data: new DataView(buffer, page),
    };
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes written and not yet consumed, headers included. */
  get pendingBytes(): number {
    return this.#producer.length === 0 ? 0 : (Atomics.load(this.#producer, 0) - (this.#position | 0)) | 0;
  }

  /**
   * Gives each complete record that was there at the start of the call to `callback` and returns how many
   * there were. Stops early at a record that a program is still writing.
   */
  drain(callback: RecordCallback): number {
    const view = this.#view;
    const i32 = view.i32;
    if (i32.length === 0) throw new BugError('the ring buffer is closed');
    const mask = this.sizeBytes - 1;
    const available = this.pendingBytes;
    let offset = this.#position & mask;
    let used = 0;
    let published = 0;
    let count = 0;
    try {
      while (used < available) {
        const header = Atomics.load(i32, offset >> 2);
        if (header < 0) break; // the BUSY bit is the sign
        const length = header & LENGTH_MASK;
        const start = offset + HEADER_BYTES;
        const step = (length + HEADER_BYTES + 7) & ~7;
        offset = (offset + step) & mask;
        used += step;
        if ((header & DISCARD_BIT) === 0) {
          count++;
          if (callback(view, start, length) === false) break;
        }
        if (used - published >= PUBLISH_BYTES) {
          published = used;
          Atomics.store(this.#consumer, 0, BigInt(this.#position + used));
        }
      }
    } finally {
      this.#position += used;
      if (used > published && this.#consumer.length > 0) Atomics.store(this.#consumer, 0, BigInt(this.#position));
    }
    return count;
  }

  close(): void {
    this.#producerPages.close();
    this.#consumerPage.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
