/** Types of debug information as types of the language. */
import type { DebugType } from '../../../spec/index.ts';
import { arrayOf, enumOf, fieldOf, integerOf, recordOf, type Type } from '../../types/index.ts';

/** Pointers point into user memory; records are converted when their members are asked for. */
export function typeFromDebug(type: DebugType): Type {
  switch (type.kind) {
    case 'void':
      return { kind: 'void' };
    case 'integer':
      return integerOf(type.size, type.signed);
    case 'bool':
      return { kind: 'bool' };
    case 'float':
      return { kind: 'none' };
    case 'pointer':
      return pointer(type);
    case 'array':
      return arrayOf(type.count, type.element.kind === 'integer' && type.element.isChar, () =>
        typeFromDebug(type.element),
      );
    case 'record':
      return recordOf(type, () => type.members().map((member) => fieldOf(member, typeFromDebug(member.type))));
    case 'enum':
      return type.name === ''
        ? integerOf(type.size, type.signed)
        : enumOf(
            type,
            [...type.names].map(([value, name]) => ({ name, value })),
          );
    case 'unknown':
      return { kind: 'none' };
  }
}

/** What it points to is looked at only when it is read through: lists lead back to themselves. */
function pointer(type: DebugType & { readonly kind: 'pointer' }): Type {
  let to: Type | undefined;
  return {
    kind: 'pointer',
    space: 'user',
    get to() {
      return (to ??= typeFromDebug(type.to()));
    },
  };
}
