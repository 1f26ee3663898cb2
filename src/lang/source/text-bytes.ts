/**
 * Scripts and their string literals are bytes, JavaScript text is not. Bytes that are no valid UTF-8 travel
 * through the compiler as the lone surrogates U+DC80…U+DCFF, so that text stays readable and no byte is lost.
 */

const ESCAPE_BASE = 0xdc00;

/** Text of `bytes`; each byte 0x80…0xff that is no part of valid UTF-8 becomes U+DC00 + byte. A byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): string {
  const ascii = shortAscii(bytes);
  if (ascii !== undefined) return ascii;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decodeBrokenText(bytes);
  }
}

/** Most scripts on a command line are a few bytes of ASCII: loading a decoder for them takes longer than reading them here. */
function shortAscii(bytes: Uint8Array): string | undefined {
  return bytes.length <= 2048 && bytes.every((byte) => byte < 0x80) ? String.fromCharCode(...bytes) : undefined;
}

/** The inverse of `decodeText`. Other lone surrogates have no bytes and become U+FFFD. */
export function encodeText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (!/[\udc80-\udcff]/.test(text)) return encoder.encode(text);
  const chunks: Uint8Array[] = [];
  for (const part of text.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/)) {
    const code = part.charCodeAt(0);
    const escaped = part.length === 1 && code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff;
    chunks.push(escaped ? Uint8Array.of(code - ESCAPE_BASE) : encoder.encode(part));
  }
  return concatenate(chunks);
}

function decodeBrokenText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let validFrom = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      parts.push(decoder.decode(bytes.subarray(validFrom, at)), String.fromCharCode(ESCAPE_BASE + bytes[at]!));
      validFrom = at + 1;
    }
    at += length === 0 ? 1 : length;
  }
  parts.push(decoder.decode(bytes.subarray(validFrom)));
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at `at`, 0 where there is none (RFC 3629, table 3-7 of Unicode). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < lowest || second > highest) return 0;
  for (let index = 2; index < length; index++) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
