/** -d libbpf: what is about to be made in the kernel. */
import { attachTypeName, mapTypeName, programTypeName } from '../abi/index.ts';
import type { CollectionSpec } from '../spec/index.ts';

export function describeCollection({ maps, programs }: CollectionSpec): string {
  const lines = [
    ...maps.map(
      ({ name, type, keySizeBytes, valueSizeBytes, maxEntries, flags }) =>
        `map ${name}: ${mapTypeName(type) ?? type}, key ${keySizeBytes} B, value ${valueSizeBytes} B, max_entries ${maxEntries}, flags 0x${flags.toString(16)}`,
    ),
    ...programs.map(
      ({ name, type, expectedAttachType, instructions, license }) =>
        `prog ${name}: ${programTypeName(type) ?? type}${attachTypeOf(expectedAttachType)}, ${instructions.length} instructions, license ${license}`,
    ),
  ];
  return `libbpf:\n${lines.join('\n')}\n\n`;
}

function attachTypeOf(type: number | undefined): string {
  return type === undefined ? '' : ` for ${attachTypeName(type) ?? type}`;
}
