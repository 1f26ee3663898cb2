/** Functions on maps: delete(), has_key(), find(), len(), clear(), zero(). */
import { INT64 } from '../checked/index.ts';
import type { Expression, Statement } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { assignVariable } from '../passes/expressions/assign-variable.ts';
import { accessKey, accessMap, isCastable, wholeMap } from '../passes/expressions/maps.ts';
import type { Access } from '../passes/expressions/maps.ts';
import { BOOL } from '../passes/expressions/values.ts';
import { printAggregation, printType, withoutLiterals } from '../types/index.ts';
import { argument, mapArgument } from './arguments.ts';
import { refusedInIterator } from './kernel-format.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const mapFunctions: readonly FunctionBuiltin[] = [
  { name: 'delete', arguments: [1, Number.POSITIVE_INFINITY], value: deleteValue, action: deleteAction },
  { name: 'has_key', arguments: [2, 2], value: hasKey },
  { name: 'find', arguments: [3, 3], value: find },
  { name: 'len', arguments: [1, 1], value: length },
  { name: 'clear', arguments: [1, 1], action: (context, call) => wholeMapAction(context, call, 'clearMap') },
  { name: 'zero', arguments: [1, 1], action: (context, call) => wholeMapAction(context, call, 'zeroMap') },
];

function wholeMapAction(context: Context, call: CallNode, kind: 'clearMap' | 'zeroMap'): readonly Statement[] {
  const node = mapArgument(context, call, 0);
  if (node === undefined) return [];
  if (node.key !== undefined) {
    context.error('argument-type', call.span, `${call.name}() expects a map without a key`);
    return [];
  }
  const map = wholeMap(context, node);
  if (refusedInIterator(context, call)) return [];
  return map === undefined ? [] : [{ kind: 'emit', span: call.span, event: { kind, map: map.node } }];
}

/** Also the forms of older scripts: `delete(@m[k])` and `delete(@a[1], @b[2])`. */
function deleteAction(context: Context, call: CallNode): readonly Statement[] {
  const first = argument(call, 0);
  const several =
    call.arguments.length > 1 &&
    call.arguments.every((node) => node.kind === 'map') &&
    first.kind === 'map' &&
    first.key !== undefined;
  const calls = several ? call.arguments.map((node) => ({ ...call, span: node.span, arguments: [node] })) : [call];
  return calls.flatMap((one) => {
    const expression = deleteValue(context, one);
    return expression === undefined ? [] : [{ kind: 'expression' as const, span: one.span, expression }];
  });
}

function deleteValue(context: Context, call: CallNode): Expression | undefined {
  const access = deletedElement(context, call);
  return access === undefined
    ? undefined
    : { kind: 'mapDelete', span: call.span, type: BOOL, map: access.map.node, key: access.key };
}

function deletedElement(context: Context, call: CallNode): Access | undefined {
  const node = mapArgument(context, call, 0);
  if (node === undefined) return undefined;
  if (call.arguments.length > 2)
    return context.error(
      'argument-count',
      call.span,
      `delete() takes up to 2 arguments (${call.arguments.length} provided)`,
    );
  if (wholeMap(context, node) === undefined) return undefined;
  if (call.arguments.length === 2) return elementOf(context, call, 'delete');
  if (node.key === undefined) {
    const map = context.script.map(node.name, node.span);
    if (map.keyed === true)
      return context.error(
        'map-form',
        call.span,
        `delete() of a map with keys needs the key: delete(${node.name}, key)`,
      );
    return { map, key: undefined };
  }
  context.warning(
    'deprecated',
    call.span,
    `delete(${node.name}[…]) is deprecated. Use delete(${node.name}, …) instead.`,
  );
  return accessMap(context, node);
}

function hasKey(context: Context, call: CallNode): Expression | undefined {
  const node = mapArgument(context, call, 0);
  if (node === undefined || wholeMap(context, node) === undefined) return undefined;
  const access = elementOf(context, call, 'has_key');
  if (access?.key === undefined) return undefined;
  return { kind: 'mapHasKey', span: call.span, type: BOOL, map: access.map.node, key: access.key };
}

/** `find(@m, key, $v)`: the variable gets the value of an element that is there. */
function find(context: Context, call: CallNode): Expression | undefined {
  const node = mapArgument(context, call, 0);
  if (node === undefined || wholeMap(context, node) === undefined) return undefined;
  const access = elementOf(context, call, 'find');
  const variable = argument(call, 2);
  if (variable.kind !== 'variable')
    return context.error('argument-type', call.span, 'find() expects a variable as argument 3');
  const symbol = context.program.scopes.symbols.get(variable);
  if (access?.key === undefined || symbol === undefined) return undefined;
  const { map, key } = access;
  const span = variable.span;
  const element = foundValue(context, map, key, node.span);
  if (element === undefined) return undefined;
  const value: Expression =
    element.kind === 'mapRead' ? { kind: 'member', span, type: element.type, operand: element, offset: 0 } : element;
  const [assign] = assignVariable(context, symbol, value, call.span);
  if (assign === undefined) return undefined;
  return { kind: 'mapFind', span: call.span, type: BOOL, map: map.node, key, element, assign };
}

function foundValue(
  context: Context,
  map: Access['map'],
  key: Expression,
  span: CallNode['span'],
): Expression | undefined {
  const { aggregation } = map;
  if (aggregation === undefined) {
    if (map.value === undefined) return undefined;
    return { kind: 'mapRead', span, type: withoutLiterals(map.value), map: map.node, key };
  }
  if (!isCastable(aggregation)) {
    const type = printAggregation(aggregation);
    return context.error('aggregation', span, `Value '${type}' cannot be assigned to a scratch variable.`);
  }
  const signed = !('signed' in aggregation) || aggregation.signed;
  return { kind: 'aggregationRead', span, type: { kind: 'integer', size: 8, signed }, map: map.node, key };
}

/** Elements of a map, or frames of a stack. */
function length(context: Context, call: CallNode): Expression | undefined {
  const node = argument(call, 0);
  if (node.kind === 'map') return mapLength(context, call, node);
  const value = context.expression(node);
  if (value === undefined) return undefined;
  if (value.kind === 'builtin' && value.type.kind === 'stack' && !value.type.unwound) {
    const { space, limit } = value.type;
    return { kind: 'call', span: call.span, type: INT64, call: { function: 'stackLength', space, limit } };
  }
  const given = value.type.kind === 'stack' ? stackGiven(value) : `'${printType(value.type)}'`;
  return context.error(
    'argument-type',
    call.span,
    `len() expects a map with keys, kstack or ustack (${given} provided)`,
  );
}

function stackGiven({ kind }: Expression): string {
  return kind === 'builtin' ? 'dw_ustack' : 'a stack that was kept';
}

function mapLength(
  context: Context,
  call: CallNode,
  node: ReturnType<typeof mapArgument> & object,
): Expression | undefined {
  if (node.key !== undefined) return context.error('argument-type', call.span, 'len() expects a map without a key');
  const map = wholeMap(context, node);
  if (map === undefined) return undefined;
  if (map.keyed === false)
    return context.error('map-form', call.span, `len() needs a map with keys; ${node.name} is a scalar map`);
  return { kind: 'mapLength', span: call.span, type: INT64, map: map.node };
}

/** The element named by a map and a key: `f(@m, k)`. */
function elementOf(context: Context, call: CallNode, name: string): Access | undefined {
  const node = mapArgument(context, call, 0);
  if (node === undefined) return undefined;
  if (node.key !== undefined)
    return context.error('argument-type', call.span, `${name}() expects a map without a key as argument 1`);
  const map = context.script.map(node.name, node.span);
  if (map.keyed === false)
    return context.error('map-form', call.span, `${name}() needs a map with keys; ${node.name} is a scalar map`);
  map.keyed = true;
  const key = context.expression(argument(call, 1));
  return key === undefined ? undefined : accessKey(context, map, key, call.span);
}
