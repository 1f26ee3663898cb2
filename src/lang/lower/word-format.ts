import type { AccessSize } from '../ir/index.ts';
import type { Type } from '../types/index.ts';

/** Size and sign of a word in memory. */
export function wordFormat(type: Type): { size: AccessSize; signed: boolean } {
  switch (type.kind) {
    case 'integer':
    case 'enum':
      return { size: type.size, signed: type.signed };
    case 'bool':
      return { size: 1, signed: false };
    default:
      return { size: 8, signed: false };
  }
}
