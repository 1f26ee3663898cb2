import { FormatError } from '../base/index.ts';
import { HEADER_BYTES, MAGIC } from './types.ts';

/** The two sections of a BTF blob. */
export interface Sections {
  /** The type section in the byte order of this machine; a view of the input where that is possible. */
  readonly words: Uint32Array;
  readonly strings: Uint8Array;
  /** Of the type section, from the start of the blob. For messages. */
  readonly typesOffset: number;
  readonly littleEndian: boolean;
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Checks the header and finds the sections. `split`: strings of the base come first, so none need be here. */
export function decodeSections(bytes: Uint8Array, split: boolean): Sections {
  const fail = (offset: number, message: string): never => {
    throw new FormatError('BTF', offset, message);
  };
  if (bytes.length < HEADER_BYTES) fail(0, `a header has ${HEADER_BYTES} bytes, only ${bytes.length} are here`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === MAGIC;
  if (!littleEndian && view.getUint16(0, false) !== MAGIC) fail(0, 'wrong magic number');
  if (bytes[2] !== 1) fail(2, `version ${bytes[2]} is unknown`);
  const u32 = (offset: number) => view.getUint32(offset, littleEndian);
  const headerLength = u32(4);
  if (headerLength < HEADER_BYTES || headerLength > bytes.length) fail(4, `header length ${headerLength}`);
  const room = bytes.length - headerLength;
  const [typeOffset, typeLength, stringOffset, stringLength] = [u32(8), u32(12), u32(16), u32(20)];
  if (typeOffset + typeLength > room) fail(8, 'the type section lies outside');
  if (typeLength % 4 !== 0) fail(12, 'the type section is no whole number of words');
  if (stringOffset + stringLength > room) fail(16, 'the string section lies outside');
  const strings = bytes.subarray(headerLength + stringOffset, headerLength + stringOffset + stringLength);
  if (!split && (stringLength === 0 || strings[0] !== 0))
    fail(20, 'the string section does not begin with an empty string');
  if (stringLength > 0 && strings[stringLength - 1] !== 0) fail(20, 'the string section does not end with a NUL');
  const typesOffset = headerLength + typeOffset;
  return {
    words: wordsOf(bytes.subarray(typesOffset, typesOffset + typeLength), littleEndian),
    strings,
    typesOffset,
    littleEndian,
  };
}

function wordsOf(bytes: Uint8Array, littleEndian: boolean): Uint32Array {
  if (littleEndian === hostIsLittleEndian) {
    if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return new Uint32Array(bytes.slice().buffer);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4, littleEndian));
}
