/** Packets in the file format of tcpdump: a header, then each packet behind its own small one (nanosecond variant). */

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGICS: ReadonlySet<number> = new Set([MAGIC_NANOSECONDS, 0xa1b2c3d4]);
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const LARGEST_PACKET = 65_535;
const ETHERNET = 1;
const BILLION = 1_000_000_000n;

/** How a file that is there counts time. `foreign`: it is no capture that we could go on with. */
export type CaptureFormat = 'nanoseconds' | 'microseconds' | 'foreign';

/** The beginning of a new capture. */
export function encodeCaptureHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
  view.setUint32(0, MAGIC_NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, LARGEST_PACKET, true);
  view.setUint32(20, ETHERNET, true);
  return new Uint8Array(view.buffer);
}

/** Of the first bytes of a file. */
export function decodeCaptureFormat(start: Uint8Array): CaptureFormat {
  if (start.length < FILE_HEADER_BYTES) return 'foreign';
  const magic = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (!MAGICS.has(magic)) return 'foreign';
  return magic === MAGIC_NANOSECONDS ? 'nanoseconds' : 'microseconds';
}

/** `timeNs` since 1970; `wholeBytes`: the packet's length on the wire, of which `bytes` may be the beginning only. */
export function encodePacket(
  timeNs: bigint,
  bytes: Uint8Array,
  wholeBytes: number,
  format: Exclude<CaptureFormat, 'foreign'>,
): Uint8Array {
  const record = new Uint8Array(PACKET_HEADER_BYTES + bytes.length);
  const view = new DataView(record.buffer);
  const fraction = timeNs % BILLION;
  view.setUint32(0, Number(timeNs / BILLION), true);
  view.setUint32(4, Number(format === 'nanoseconds' ? fraction : fraction / 1000n), true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, wholeBytes, true);
  record.set(bytes, PACKET_HEADER_BYTES);
  return record;
}
