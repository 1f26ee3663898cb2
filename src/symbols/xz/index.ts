import { FormatError } from '../../base/index.ts';
import { LzmaDecoder, Output } from './lzma.ts';

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const LZMA2 = 0x21;
/** Bytes of the check behind a block, by its kind. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/**
 * The contents of an xz file of one stream whose only filter is LZMA2, as `xz` makes by itself. Checksums are not compared. Throws
 * FormatError.
 */
export function unpackXz(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 24 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw new FormatError('xz', 0, 'not an xz file');
  const checkBytes = CHECK_BYTES[bytes[7]! & 15]!;
  const output = new Output();
  let at = 12;
  while (bytes[at] !== 0) {
    if (at >= bytes.length) throw new FormatError('xz', at, 'cut off');
    const headerBytes = (bytes[at]! + 1) * 4;
    checkBlockHeader(bytes.subarray(at, at + headerBytes), at);
    const end = unpackBlock(bytes, at + headerBytes, output);
    // Blocks are padded to words.
    at = end + ((4 - ((end - at) % 4)) % 4) + checkBytes;
  }
  return output.bytes;
}

const HAS_PACKED_SIZE = 0x40;
const HAS_SIZE = 0x80;

function checkBlockHeader(header: Uint8Array, base: number): void {
  const flags = header[1] ?? 0;
  let at = 2;
  const skipNumber = (): void => {
    while ((header[at] ?? 0) >= 0x80) at++;
    at++;
  };
  if ((flags & HAS_PACKED_SIZE) !== 0) skipNumber();
  if ((flags & HAS_SIZE) !== 0) skipNumber();
  if ((flags & 3) !== 0 || header[at] !== LZMA2)
    throw new FormatError('xz', base, 'packed with filters that are not known');
}

/** Chunks of LZMA2, up to the one that says that it is the last. Returns where it ends. */
function unpackBlock(bytes: Uint8Array, start: number, output: Output): number {
  const decoder = new LzmaDecoder(output);
  let hasProperties = false;
  for (let at = start; ;) {
    const control = byteAt(bytes, at);
    if (control === 0) return at + 1;
    if (control === 1) output.start = output.length;
    const size = ((control & 0x1f) << 16) * (control >= 0x80 ? 1 : 0) + word(bytes, at + 1) + 1;
    if (control < 0x80) {
      if (control > 2) throw new FormatError('xz', at, 'a chunk of unknown form');
      output.append(part(bytes, at + 3, size));
      at += 3 + size;
      continue;
    }
    const packedSize = word(bytes, at + 3) + 1;
    const reset = (control >> 5) & 3;
    if (reset === 3) output.start = output.length;
    if (reset >= 2) decoder.setProperties(byteAt(bytes, at + 5));
    else if (reset === 1) decoder.reset();
    hasProperties ||= reset >= 2;
    if (!hasProperties) throw new FormatError('xz', at, 'a chunk without properties');
    const data = at + (reset >= 2 ? 6 : 5);
    decoder.decode(part(bytes, data, packedSize), size);
    at = data + packedSize;
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? cutOff(at);
}

function word(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function part(bytes: Uint8Array, at: number, size: number): Uint8Array {
  return at + size <= bytes.length ? bytes.subarray(at, at + size) : cutOff(at);
}

function cutOff(at: number): never {
  throw new FormatError('xz', at, 'cut off');
}
