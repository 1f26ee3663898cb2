import type { ByteString } from './byte-string.ts';

/** Growing byte buffer that output is gathered in before it is written. Generated code writes to its fields directly. */
export class ByteBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  /** Over the same memory as `bytes`. */
  view: DataView<ArrayBuffer>;
  /** Bytes in use. */
  length = 0;

  constructor(capacityBytes = 1 << 18) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count);
  }

  append(text: ByteString): void {
    this.ensure(text.length);
    const bytes = this.bytes;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  appendBytes(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** What was gathered, as a view that the next write overwrites. */
  contents(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  #grow(needed: number): void {
    let capacity = this.bytes.length;
    while (capacity < needed) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.contents());
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
