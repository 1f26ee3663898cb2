/** `&`: the address of a variable, of a map's value, or of a map (spec G-42). */
import type { Expression } from '../../checked/index.ts';
import type * as ast from '../../syntax/index.ts';
import { findTaggedType, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import type { MapState } from '../state/script-state.ts';
import { accessMap, wholeMap } from './maps.ts';

export function checkAddressOf(
  context: Context,
  node: ast.Expression & { readonly kind: 'unary' },
): Expression | undefined {
  const { operand, span } = node;
  if (operand.kind === 'variable') {
    const value = context.expression(operand);
    if (value?.kind !== 'variable') return undefined;
    const target = { kind: 'variable', variable: value.variable } as const;
    return { kind: 'addressOf', span, type: pointerTo(value.type), target };
  }
  if (operand.kind !== 'map')
    return context.error('syntax', span, 'The & operator must be applied to a map or variable');
  const map = wholeMap(context, operand);
  if (map === undefined) return undefined;
  if (operand.key === undefined && map.keyed === true) {
    const { btf } = context.script.target;
    const type = btf === undefined ? undefined : findTaggedType(btf, 'struct', 'bpf_map');
    return {
      kind: 'addressOf',
      span,
      type: pointerTo(type ?? { kind: 'void' }),
      target: { kind: 'wholeMap', map: map.node },
    };
  }
  const access = accessMap(context, operand);
  const type = valueType(map);
  if (access === undefined || type === undefined) return undefined;
  return { kind: 'addressOf', span, type: pointerTo(type), target: { kind: 'map', map: map.node, key: access.key } };
}

function pointerTo(to: Type): Type {
  return { kind: 'pointer', to, space: 'kernel' };
}

/** Of an aggregation: this CPU's share begins with a number. */
function valueType({ aggregation, value }: MapState): Type | undefined {
  if (aggregation !== undefined)
    return { kind: 'integer', size: 8, signed: !('signed' in aggregation) || aggregation.signed };
  return value === undefined ? undefined : withoutLiterals(value);
}
