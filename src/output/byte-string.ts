/**
 * Text on its way out is handled as a byte string: a JS string whose every character is one byte (0 … 255).
 * Strings from traced programs are any bytes at all, files and pipes get them unchanged, and widths count
 * bytes; decoding them as UTF-8 in between would lose all three.
 */
export type ByteString = string;

const encoder = new TextEncoder();
const CHUNK = 8192;

/** The UTF-8 bytes of a JS string. */
export function encodeText(text: string): ByteString {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : byteStringOf(encoder.encode(text), 0, undefined);
}

/** Bytes [start, end) as a byte string. */
export function byteStringOf(bytes: Uint8Array, start: number, end: number | undefined): ByteString {
  const last = end ?? bytes.length;
  if (last - start < 64) {
    let text = '';
    for (let at = start; at < last; at++) text += String.fromCharCode(bytes[at] as number);
    return text;
  }
  let text = '';
  for (let at = start; at < last; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, last)));
  }
  return text;
}

export function bytesOf(text: ByteString): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The JS string that the bytes mean as UTF-8; what is not UTF-8 becomes U+FFFD. For messages and JSON. */
export function decodeText(text: ByteString): string {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : new TextDecoder().decode(bytesOf(text));
}

/** Pads with blanks to `width` bytes: on the left, or on the right with `leftAlign`. */
export function pad(text: ByteString, width: number | undefined, leftAlign: boolean): ByteString {
  if (width === undefined || text.length >= width) return text;
  return leftAlign ? text.padEnd(width) : text.padStart(width);
}

/**
 * Makes data safe to show on a terminal: control bytes, the C1 controls as UTF-8 has them, and bytes that
 * are no UTF-8 become `\xHH`. A tab does no harm and stays; so does a newline with `keepNewlines`.
 */
export function escapeControls(text: ByteString, keepNewlines = false): ByteString {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  let safe = '';
  for (let at = 0; at < text.length;) {
    const length = safeLength(text, at, keepNewlines);
    safe += length === 0 ? escapeByte(text.charCodeAt(at)) : text.slice(at, at + length);
    at += Math.max(length, 1);
  }
  return safe;
}

export function escapeByte(byte: number): ByteString {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Bytes of the harmless character at `at`; 0 if it is none. */
function safeLength(text: ByteString, at: number, keepNewlines: boolean): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) {
    return (first >= 0x20 && first !== 0x7f) || first === 0x09 || (keepNewlines && first === 0x0a) ? 1 : 0;
  }
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > text.length) return 0;
  for (let next = at + 1; next < at + length; next++) if ((text.charCodeAt(next) & 0xc0) !== 0x80) return 0;
  const second = text.charCodeAt(at + 1);
  const isC1 = first === 0xc2 && second < 0xa0;
  const isOverlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isOutside = (first === 0xed && second >= 0xa0) || (first === 0xf4 && second >= 0x90);
  return isC1 || isOverlong || isOutside ? 0 : length;
}
