/** sizeof, offsetof and typeinfo: what is asked of a type, or of an expression that isn't evaluated (spec G-44 to G-46). */
import { UINT64 } from '../../checked/index.ts';
import type { Expression } from '../../checked/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { printType, sizeOf } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { typeOfOperand } from './type-syntax.ts';
import { allowsUnstable } from './unstable.ts';
import { constant, record, text } from './values.ts';

type TypeQuestion = ast.Expression & { readonly kind: 'sizeof' | 'typeinfo' };

export function checkSizeof(context: Context, node: TypeQuestion): Expression | undefined {
  const type = typeOfOperand(context, node.operand);
  return type === undefined ? undefined : constant(node.span, UINT64, BigInt(sizeOf(type)));
}

export function checkOffsetof(
  context: Context,
  node: ast.Expression & { readonly kind: 'offsetof' },
): Expression | undefined {
  let type = typeOfOperand(context, node.operand);
  let offset = 0;
  for (const name of node.path) {
    if (type === undefined) return undefined;
    const field: { readonly type: Type; readonly offset: number } | undefined =
      type.kind === 'record' ? type.field(name) : undefined;
    if (field === undefined) {
      return context.error(
        'unknown-field',
        node.span,
        `Struct/union of type '${printType(type)}' does not contain a field named '${name}'`,
      );
    }
    offset += field.offset;
    type = field.type;
  }
  return type === undefined ? undefined : constant(node.span, UINT64, BigInt(offset));
}

/** A record of constants: what a macro may decide by. */
export function checkTypeinfo(context: Context, node: TypeQuestion): Expression | undefined {
  if (!isAllowed(context, node.span)) return undefined;
  const type = typeOfOperand(context, node.operand);
  if (type === undefined) return undefined;
  return record(node.span, [
    { name: 'btf_id', value: constant(node.span, UINT64, btfIdOf(context, type)) },
    { name: 'base_type', value: text(node.span, baseOf(type)) },
    { name: 'full_type', value: text(node.span, printType(type)) },
  ]);
}

function isAllowed(context: Context, span: Span): boolean {
  const setting = context.script.config.unstableTypeinfo;
  const feature = { name: 'typeinfo()', what: 'its answers', key: 'unstable_typeinfo', setting };
  return allowsUnstable(context, span, feature);
}

/** The kind of type, without sizes and names. */
function baseOf(type: Type): string {
  switch (type.kind) {
    case 'integer':
      return 'int';
    case 'record':
      return type.tag;
    case 'bool':
    case 'string':
    case 'buffer':
    case 'pointer':
    case 'array':
    case 'tuple':
    case 'enum':
    case 'none':
    case 'void':
      return type.kind;
    default:
      return printType(type);
  }
}

/** The number that the kernel knows a struct, union or enum by; 0: it doesn't. */
function btfIdOf({ script }: Context, type: Type): bigint {
  const { btf } = script.target;
  if (btf === undefined || !('name' in type) || type.name === '') return 0n;
  const kind = type.kind === 'record' ? type.tag : type.kind;
  if (kind !== 'struct' && kind !== 'union' && kind !== 'enum') return 0n;
  return BigInt(btf.find(type.name, kind)?.id ?? 0);
}
