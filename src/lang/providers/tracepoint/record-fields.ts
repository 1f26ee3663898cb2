/** The fields of a perf tracepoint's record, read from the context by offset (spec P-66, P-69). */
import type { ArgumentField, ContextAccess } from '../../checked/index.ts';
import type { Target, TracepointField, TracepointFormat } from '../../target.ts';
import { isWord, sizeOf, type AddressSpace, type Type } from '../../types/index.ts';
import { parseCType, resolveCType, scalarFieldType } from './c-type.ts';

/**
 * Fields of `args`. The first 8 bytes of the record, the common fields, are closed to programs. Where there are all
 * that are `used` (`*`: `args` as a whole), only those: each may be of a type that has to be looked for.
 */
export function recordFields(
  format: TracepointFormat,
  target: Target,
  space: 'kernel' | 'user',
  used?: ReadonlySet<string>,
): readonly ArgumentField[] {
  const all = ownFields(format);
  const wanted = all.filter(({ name }) => used?.has(name));
  const fields = wanted.length === used?.size ? wanted : all;
  return fields.map((field) => ({ name: field.name, ...readField(field, target, space) }));
}

export function ownFields(format: TracepointFormat): readonly TracepointField[] {
  return format.fields.filter((field) => !field.name.startsWith('common_'));
}

type Read = { readonly type: Type; readonly access: ContextAccess };

function readField(field: TracepointField, target: Target, space: AddressSpace): Read {
  const written = parseCType(field.type);
  if (written.location !== undefined) {
    const to = resolveCType(written, target.btf, 'kernel') ?? { kind: 'integer', size: 1, signed: false };
    const plus = written.location === 'relative' ? { plus: field.offset + 4 } : {};
    return {
      type: { kind: 'pointer', to, space: 'kernel' },
      access: { kind: 'dataLoc', offset: field.offset, ...plus },
    };
  }
  if (written.array) return readArray(field, target, space);
  const type = scalarFieldType(field, target.btf, space);
  return { type, access: accessTo(type, field.offset) };
}

function readArray(field: TracepointField, target: Target, space: AddressSpace): Read {
  const access: ContextAccess = { kind: 'address', offset: field.offset };
  const written = parseCType(field.type);
  const element = resolveCType(written, target.btf, space);
  const elementSize = element === undefined ? 0 : sizeOf(element);
  // An array without length is what follows the record: as in C, its name is its address.
  if (field.size === 0) return { type: { kind: 'pointer', to: element ?? { kind: 'void' }, space: 'kernel' }, access };
  if (written.base === 'char' && written.pointers === 0)
    return { type: { kind: 'string', size: field.size, exact: true }, access };
  if (element === undefined || elementSize === 0 || field.size % elementSize !== 0) {
    return { type: { kind: 'array', element: { kind: 'integer', size: 1, signed: false }, count: field.size }, access };
  }
  return { type: { kind: 'array', element, count: field.size / elementSize }, access };
}

/** A word by value, all else by address. */
export function accessTo(type: Type, offset: number): ContextAccess {
  if (!isWord(type)) return { kind: 'address', offset };
  return { kind: 'word', offset, size: sizeOf(type) as 1 | 2 | 4 | 8, signed: 'signed' in type && type.signed };
}
