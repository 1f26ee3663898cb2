/** The spelling of types in messages: `int8`, `string[6]`, `(int8,string[3])`, `struct Foo *`. */
import type { Aggregation } from '../../spec/index.ts';
import type { Type } from './type.ts';

export function printType(type: Type): string {
  switch (type.kind) {
    case 'none':
    case 'void':
    case 'bool':
      return type.kind;
    case 'integer':
      return `${type.signed ? 'int' : 'uint'}${type.size * 8}`;
    case 'string':
    case 'buffer':
      return `${type.kind}[${type.size}]`;
    case 'pointer':
      return type.to.kind === 'pointer' ? `${printType(type.to)}*` : `${printType(type.to)} *`;
    case 'array':
      return `${printType(type.element)}[${type.count}]`;
    case 'tuple':
      return `(${type.elements.map(printType).join(',')})`;
    case 'record':
      return printRecord(type);
    case 'enum':
      return type.name === '' ? 'enum' : `enum ${type.name}`;
    case 'symbolic':
      return 'string';
    case 'inet':
      return 'inet';
    case 'macaddr':
    case 'ksym':
    case 'usym':
    case 'username':
      return `${type.kind}_t`;
    case 'stack':
      return type.space === 'kernel' ? 'kstack_t' : 'ustack_t';
    case 'cgroupPath':
      return 'cgroup_path_t';
    case 'timestamp':
      return 'timestamp';
  }
}

function printRecord(type: Type & { readonly kind: 'record' }): string {
  if (type.tag !== 'record') return type.name === '' ? type.tag : `${type.tag} ${type.name}`;
  const fields = type.fields().map((field) => `.${field.name} = ${printType(field.type)}`);
  return fields.length === 0 ? 'record {}' : `record { ${fields.join(', ')} }`;
}

/** `count_t`, `usum_t`, `hist_t`, … */
export function printAggregation(aggregation: Aggregation): string {
  const unsigned = 'signed' in aggregation && !aggregation.signed;
  return `${unsigned ? 'u' : ''}${aggregation.kind}_t`;
}
