import { FormatError } from '../base/index.ts';

const decoder = new TextDecoder();

/** Reads the NUL-terminated string at `offset`. The table ends with a NUL (checked when it was opened). */
export function readString(table: Uint8Array, offset: number): string {
  if (offset >= table.length) throw new FormatError('BTF', offset, 'a name lies outside the string section');
  let text = '';
  for (let i = offset; ; i++) {
    const byte = table[i]!;
    if (byte === 0) return text;
    if (byte >= 0x80) return decoder.decode(table.subarray(offset, table.indexOf(0, offset)));
    text += String.fromCharCode(byte);
  }
}

/**
 * Offsets at which `name` stands as a whole string. Encoders share equal strings, so there is one in practice.
 * Searches from the right end of the name (Boyer-Moore-Horspool): on the 2 MB table of a kernel that reads
 * a small part of the bytes.
 */
export function findString(table: Uint8Array, name: string): number[] {
  const body = new TextEncoder().encode(name);
  const pattern = new Uint8Array(body.length + 2);
  pattern.set(body, 1);
  const last = pattern.length - 1;
  const shift = new Int32Array(256).fill(pattern.length);
  for (let i = 0; i < last; i++) shift[pattern[i]!] = last - i;
  const found: number[] = [];
  let at = 0;
  while (at + last < table.length) {
    let i = last;
    while (i >= 0 && table[at + i] === pattern[i]) i--;
    if (i < 0) found.push(at + 1);
    at += shift[table[at + last]!]!;
  }
  return found;
}
