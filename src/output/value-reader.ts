import type { NamedValueField, ValueType } from '../spec/index.ts';

/** A place in memory where a value stands. */
export interface ValueBytes {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

export function viewOf(bytes: Uint8Array): ValueBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** The integer in `size` little-endian bytes. */
export function readInteger(view: DataView, offset: number, size: number, signed: boolean): bigint {
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(offset) : view.getUint8(offset));
    case 2:
      return BigInt(signed ? view.getInt16(offset, true) : view.getUint16(offset, true));
    case 4:
      return BigInt(signed ? view.getInt32(offset, true) : view.getUint32(offset, true));
    default:
      return signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
  }
}

/** The number that a value is made of, by its own sign; undefined for values that are no single number. */
export function readNumber(type: ValueType, view: DataView, offset: number): bigint | undefined {
  switch (type.kind) {
    case 'integer':
    case 'enum':
      return readInteger(view, offset, type.size, type.signed);
    case 'bool':
      return view.getUint8(offset) === 0 ? 0n : 1n;
    case 'pointer':
    case 'ksym':
    case 'usym':
    case 'symbolic':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
      return view.getBigUint64(offset, true);
    default:
      return undefined;
  }
}

/** A bit-field's own number, sign-extended where its type is signed. */
export function readBits(field: NamedValueField, view: DataView, offset: number): bigint {
  const bits = field.bits;
  const raw = readInteger(view, offset, field.type.size, false);
  if (bits === undefined) return raw;
  const cut = raw >> BigInt(bits.offset);
  const signed = (field.type.kind === 'integer' || field.type.kind === 'enum') && field.type.signed;
  return signed ? BigInt.asIntN(bits.size, cut) : BigInt.asUintN(bits.size, cut);
}

/** Index of the first NUL in [start, end), or `end`. */
export function textEnd(bytes: Uint8Array, start: number, end: number): number {
  const nul = bytes.indexOf(0, start);
  return nul === -1 || nul > end ? end : nul;
}
