import { FormatError } from '../base/index.ts';

// Made at its first use: to load Node's decoders takes half a millisecond, and names are seldom other than ASCII.
let decoder: InstanceType<typeof TextDecoder> | undefined;
const decode = (bytes: Uint8Array): string => (decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })).decode(bytes);
const encoder = new TextEncoder();

/** Reads the NUL-terminated string at `offset`. The table ends with a NUL (checked when it was opened). */
export function readString(table: Uint8Array, offset: number): string {
  if (!(offset < table.length)) throw new FormatError('BTF', offset, 'a name lies outside the string section');
  let text = '';
  for (let i = offset; ; i++) {
    const byte = table[i]!;
    if (byte === 0) return text;
    if (byte >= 0x80) return decode(table.subarray(offset, table.indexOf(0, offset)));
    text += String.fromCharCode(byte);
  }
}

/**
 * A reader for many strings: the whole table becomes one JavaScript string, of which names are slices. Three times as fast
 * as reading byte by byte, at the price of keeping the table a second time for as long as a slice lives.
 */
export function bulkReader(table: Uint8Array): (offset: number) => string {
  const text = decode(table);
  // Offsets count bytes: slices can be cut only out of a text in which each character is one.
  if (text.length !== table.length || text.includes('\ufffd')) return (offset) => readString(table, offset);
  return (offset) => {
    if (!(offset < text.length)) throw new FormatError('BTF', offset, 'a name lies outside the string section');
    return text.slice(offset, text.indexOf('\0', offset));
  };
}

/** Offsets, ascending, at which `name` stands as a whole string. Searches as it is asked. */
export function* findString(table: Uint8Array, name: string): IterableIterator<number> {
  const body = encoder.encode(name);
  const pattern = new Uint8Array(body.length + 2);
  pattern.set(body, 1);
  const indexOf = searcher(table, pattern);
  for (let at = indexOf(0); at >= 0; at = indexOf(at + 1)) yield at + 1;
}

/** Byte search: Node's native one, elsewhere (a browser) Boyer-Moore-Horspool, which reads few of the bytes. */
function searcher(table: Uint8Array, pattern: Uint8Array): (from: number) => number {
  const native = (globalThis as { Buffer?: typeof Buffer }).Buffer;
  if (native === undefined) return horspool(table, pattern);
  const buffer = native.from(table.buffer, table.byteOffset, table.length);
  return (from) => buffer.indexOf(pattern, from);
}

export function horspool(table: Uint8Array, pattern: Uint8Array): (from: number) => number {
  const last = pattern.length - 1;
  const shift = new Int32Array(256).fill(pattern.length);
  for (let i = 0; i < last; i++) shift[pattern[i]!] = last - i;
  return (from) => {
    for (let at = from; at + last < table.length; at += shift[table[at + last]!]!) {
      let i = last;
      while (i >= 0 && table[at + i] === pattern[i]) i--;
      if (i < 0) return at;
    }
    return -1;
  };
}
