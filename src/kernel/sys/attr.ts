import { holdUntilHere } from './native.ts';
import { syscalls } from './syscalls.ts';

/**
 * A structure that is passed to the kernel, such as `union bpf_attr`: fields are written by byte offset.
 * It holds every buffer that it points to, so nothing is collected while the kernel reads or writes it.
 */
export class Attr {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #held: (Uint8Array | BigUint64Array)[] = [];

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  u64(offset: number, value: number | bigint): this {
    this.#view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    return this;
  }

  /** Writes the buffer's address (0 for none or an empty one) and holds the buffer. */
  pointer(offset: number, buffer: Uint8Array | BigUint64Array | undefined): this {
    if (buffer === undefined || buffer.byteLength === 0) return this.u64(offset, 0);
    this.#held.push(buffer);
    return this.u64(offset, syscalls().addressOf(buffer));
  }

  /** A NUL-terminated string, by address. */
  string(offset: number, text: string): this {
    return this.pointer(offset, cString(text));
  }

  /** Text in place, cut to the field's size less the NUL. */
  text(offset: number, sizeBytes: number, value: string): this {
    this.bytes.set(new TextEncoder().encode(value).subarray(0, sizeBytes - 1), offset);
    return this;
  }

  getU32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  getU64(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  /** To be called after the system call, so that the buffers live at least until then. */
  release(): void {
    holdUntilHere(this.#held);
  }
}

export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(text + '\0');
}
