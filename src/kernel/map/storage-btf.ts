import { Command } from '../../abi/index.ts';
import { BtfBuilder } from '../../btf/index.ts';
import { Attr, bpf } from '../sys/index.ts';

/** BTF of a map's key and value. `fd` is to be closed by the caller once the map is made. */
export interface MapBtf {
  readonly fd: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Loads BTF into the kernel. Returns a descriptor. Kernel 4.18. */
export function loadBtf(builder: BtfBuilder): number {
  const bytes = builder.encode();
  return bpf(Command.BtfLoad, new Attr(32).pointer(0, bytes).u32(16, bytes.length));
}

/** The least BTF that a local storage map is content with: key `int`, value a struct of bytes. */
export function loadStorageBtf(valueSizeBytes: number): MapBtf {
  const builder = new BtfBuilder();
  const keyTypeId = builder.int('int', 4, { signed: true });
  const bytes = builder.array(builder.int('char', 1), valueSizeBytes, keyTypeId);
  const valueTypeId = builder.struct('value', valueSizeBytes, [['bytes', bytes, 0]]);
  return { fd: loadBtf(builder), keyTypeId, valueTypeId };
}
