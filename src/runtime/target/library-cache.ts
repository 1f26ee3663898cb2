/** The dynamic linker's cache: where a library of some name is. */
import { readFileSync } from 'node:fs';

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;

/** Paths of the libraries `NAME.so*`, the likeliest first: `libc` gives `libc.so.6`. Empty where there is no cache. */
export function librariesNamed(name: string, cachePath = '/etc/ld.so.cache'): readonly string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(cachePath);
  } catch {
    return [];
  }
  const found: { readonly key: string; readonly path: string }[] = [];
  for (const entry of decodeCache(bytes)) {
    if (entry.key === name || entry.key.startsWith(`${name}.so`)) found.push(entry);
  }
  return found.map((entry) => entry.path);
}

/** An older format may stand before the one that is read. Entries that point out of the file are left out. */
function* decodeCache(bytes: Buffer): Generator<{ readonly key: string; readonly path: string }> {
  const start = bytes.indexOf(MAGIC, 0, 'latin1');
  if (start < 0 || bytes.length < start + HEADER_BYTES) return;
  const count = bytes.readUInt32LE(start + MAGIC.length);
  for (let index = 0; index < count; index++) {
    const at = start + HEADER_BYTES + index * ENTRY_BYTES;
    if (at + ENTRY_BYTES > bytes.length) return;
    const key = textAt(bytes, start + bytes.readUInt32LE(at + 4));
    const path = textAt(bytes, start + bytes.readUInt32LE(at + 8));
    if (key !== undefined && path !== undefined) yield { key, path };
  }
}

function textAt(bytes: Buffer, offset: number): string | undefined {
  const end = offset < bytes.length ? bytes.indexOf(0, offset) : -1;
  return end < 0 ? undefined : bytes.toString('utf8', offset, end);
}
