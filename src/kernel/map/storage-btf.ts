import { Command } from '../../abi/index.ts';
import { Attr, bpf } from '../sys/index.ts';

/** Type ids in the BTF that `loadStorageBtf` makes. */
export const STORAGE_KEY_TYPE_ID = 1;
export const STORAGE_VALUE_TYPE_ID = 3;

/**
 * Loads the least BTF that a local storage map is content with: key `int`, value an array of `int`s' bytes
 * wrapped in nothing: `unsigned char[valueSizeBytes]` as a struct. Returns a descriptor.
 */
export function loadStorageBtf(valueSizeBytes: number): number {
  const strings = new TextEncoder().encode('\0int\0char\0value\0bytes\0');
  const [nameInt, nameChar, nameValue, nameBytes] = [1, 5, 10, 16] as const;
  const INT = 1 << 24;
  const ARRAY = 3 << 24;
  const STRUCT = 4 << 24;
  const types = Uint32Array.of(
    /* 1 */ nameInt, INT, 4, (1 << 24) | 32,
    /* 2 */ nameChar, INT, 1, 8,
    /* 3 */ nameValue, STRUCT | 1, valueSizeBytes, nameBytes, 4, 0,
    /* 4 */ 0, ARRAY, 0, 2, 1, valueSizeBytes,
  );
  const header = new Attr(24).u32(0, 0x0001eb9f).u32(4, 24).u32(8, 0).u32(12, types.byteLength).u32(16, types.byteLength).u32(20, strings.length);
  const blob = new Uint8Array(24 + types.byteLength + strings.length);
  blob.set(header.bytes, 0);
  blob.set(new Uint8Array(types.buffer), 24);
  blob.set(strings, 24 + types.byteLength);
  return bpf(Command.BtfLoad, new Attr(32).pointer(0, blob).u32(16, blob.length));
}
