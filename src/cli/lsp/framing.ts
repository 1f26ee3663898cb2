/** Messages of the language server protocol in a stream of bytes: `Content-Length: N`, a blank line, N bytes of JSON. */

/** More than any editor sends; a larger one is skipped without being kept. */
const MOST_BYTES = 64 << 20;
const HEADER_END = Buffer.from('\r\n\r\n');
const MOST_HEADER_BYTES = 4096;

export class FrameReader {
  #pending: Buffer[] = [];
  #length = 0;
  /** Bytes of a message that is too large, still to come. */
  #skip = 0;

  /** The bodies that are complete with `chunk`. Undefined stands for bytes that are no message; reading goes on after them. */
  push(chunk: Buffer): (string | undefined)[] {
    this.#pending.push(chunk);
    this.#length += chunk.length;
    const bodies: (string | undefined)[] = [];
    for (let next = this.#take(); next !== null; next = this.#take()) bodies.push(next);
    return bodies;
  }

  /** Null: not all of it is here. */
  #take(): string | undefined | null {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, this.#length);
      this.#drop(skipped);
      this.#skip -= skipped;
      if (this.#skip > 0) return null;
    }
    const header = this.#head(MOST_HEADER_BYTES);
    const end = header.indexOf(HEADER_END);
    if (end < 0) {
      if (header.length < MOST_HEADER_BYTES) return null;
      this.#drop(header.length - HEADER_END.length);
      return undefined;
    }
    const start = end + HEADER_END.length;
    const size = /^content-length:[ \t]*(\d{1,12})[ \t]*$/im.exec(header.toString('latin1', 0, end))?.[1];
    if (size === undefined) {
      this.#drop(start);
      return undefined;
    }
    const bytes = Number(size);
    if (bytes > MOST_BYTES) {
      this.#drop(start);
      this.#skip = bytes;
      return undefined;
    }
    if (this.#length < start + bytes) return null;
    const body = this.#head(start + bytes).toString('utf8', start, start + bytes);
    this.#drop(start + bytes);
    return body;
  }

  /** The first bytes, at most `most`. */
  #head(most: number): Buffer {
    let have = this.#pending[0]?.length ?? 0;
    if (have < Math.min(most, this.#length)) {
      this.#pending = [Buffer.concat(this.#pending)];
      have = this.#length;
    }
    return this.#pending[0]?.subarray(0, Math.min(most, have)) ?? Buffer.alloc(0);
  }

  #drop(count: number): void {
    const all = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [all.subarray(count)];
    this.#length -= count;
  }
}

export function frame(message: object): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
