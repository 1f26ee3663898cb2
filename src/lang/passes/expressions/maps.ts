/** Maps in expressions and as targets: keys, reads, and what may be assigned (spec M-01 to M-11). */
import type { Aggregation } from '../../../spec/index.ts';
import type { Expression, Statement } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { commonType, makeRecord, printAggregation, printType, sizeOf, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import type { MapState } from '../state/script-state.ts';
import { asInteger, convert, tuple } from './values.ts';

/** Aggregations that are no single number. */
const UNREADABLE: ReadonlySet<Aggregation['kind']> = new Set(['stats', 'hist', 'lhist', 'tseries', 'quantile']);

export type MapExpression = ast.Expression & { readonly kind: 'map' };

/** A map with the key of one access; `key` undefined: a scalar. */
export interface Access {
  readonly map: MapState;
  readonly key: Expression | undefined;
}

/** A use as `@x` or `@x[k]`. The key's type joins the map's. */
export function accessMap(context: Context, node: MapExpression): Access | undefined {
  const map = context.script.map(node.name, node.span);
  const keyed = node.key !== undefined;
  map.keyed ??= keyed;
  const elements = node.key?.map((element) => checkKeyElement(context, node, element));
  if (map.keyed !== keyed) return refuseOtherForm(context, node, keyed);
  if (elements === undefined) return { map, key: undefined };
  if (elements.length === 0 || !elements.every((element) => element !== undefined)) return undefined;
  const key = elements.length === 1 ? elements[0] : tuple(node.span, elements);
  return key === undefined ? undefined : accessKey(context, map, key, node.span);
}

/** The same for a key that stands elsewhere: `delete(@x, k)`. */
export function accessKey(context: Context, map: MapState, key: Expression, span: Span): Access | undefined {
  if (!hasBytes(key.type)) {
    return context.error('map-key', span, `Value of type '${printType(key.type)}' cannot be used as a map key.`);
  }
  const expected = map.key;
  if (!context.script.joinKey(map, key.type)) {
    const types = `'${printKey(key.type)}' when map expects arguments: '${printKey(expected as Type)}'`;
    return context.error(
      'map-key',
      span,
      `Argument mismatch for ${map.node.name}: trying to access with arguments: ${types}`,
    );
  }
  return { map, key: convert(key, map.key as Type) };
}

function printKey(type: Type): string {
  return printType(type);
}

/** The kernel has no maps of nothing: `()`, empty structs and what has no value at all. */
function hasBytes(type: Type): boolean {
  return sizeOf(type) > 0;
}

function checkKeyElement(context: Context, access: MapExpression, node: ast.Expression): Expression | undefined {
  const aggregation = unreadable(context, node);
  if (aggregation !== undefined) {
    return context.error(
      'aggregation',
      access.span,
      `Value '${printAggregation(aggregation)}' cannot be used as a map key.`,
    );
  }
  return context.expression(node);
}

function refuseOtherForm(context: Context, node: MapExpression, keyed: boolean): undefined {
  const message = keyed
    ? `${node.name} used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)`
    : `${node.name} used as a map without an explicit key (scalar map), previously used with an explicit key (non-scalar map)`;
  return context.error('map-form', node.span, message);
}

/** The aggregation of a map that has no value to read (hist, lhist, stats), where the expression is such a map. */
export function unreadable(context: Context, node: ast.Expression): Aggregation | undefined {
  const aggregation = aggregationOf(context, node);
  return aggregation === undefined || isCastable(aggregation) ? undefined : aggregation;
}

export function aggregationOf(context: Context, node: ast.Expression): Aggregation | undefined {
  return node.kind === 'map' ? context.script.maps.get(node.name)?.aggregation : undefined;
}

export function isCastable(aggregation: Aggregation): boolean {
  return !UNREADABLE.has(aggregation.kind);
}

export function readMap(context: Context, node: MapExpression): Expression | undefined {
  const access = accessMap(context, node);
  if (!isAssigned(context, node.name)) return undefinedMap(context, node.name, node.span);
  if (access === undefined) return undefined;
  const { map, key } = access;
  const { span } = node;
  if (map.aggregation !== undefined) return readAggregation(context, map, key, span);
  if (map.value === undefined) return undefined;
  return { kind: 'mapRead', span, type: withoutLiterals(map.value), map: map.node, key };
}

function readAggregation(
  context: Context,
  map: MapState,
  key: Expression | undefined,
  span: Span,
): Expression | undefined {
  const aggregation = map.aggregation as Aggregation;
  if (!isCastable(aggregation)) {
    const hints = [`print(${map.node.name}) prints the whole map.`];
    return context.error(
      'aggregation',
      span,
      `Value '${printAggregation(aggregation)}' cannot be read in an expression.`,
      { hints },
    );
  }
  const signed = !('signed' in aggregation) || aggregation.signed;
  return { kind: 'aggregationRead', span, type: { kind: 'integer', size: 8, signed }, map: map.node, key };
}

/** What stats of one key are at the moment, as a record: for print() only. */
export function readStats(context: Context, node: MapExpression): Expression | undefined {
  const access = accessMap(context, node);
  if (access === undefined) return undefined;
  const { aggregation, node: map } = access.map;
  const number: Type = { kind: 'integer', size: 8, signed: aggregation?.kind === 'stats' && aggregation.signed };
  const type = makeRecord([
    { name: 'count', type: { kind: 'integer', size: 8, signed: false } },
    { name: 'average', type: number },
    { name: 'total', type: number },
  ]);
  return { kind: 'aggregationRead', span: node.span, type, map, key: access.key };
}

/** A map that a function takes as a whole; it need not have been seen yet. */
export function wholeMap(context: Context, node: MapExpression): MapState | undefined {
  if (!isAssigned(context, node.name)) return undefinedMap(context, node.name, node.span);
  return context.script.map(node.name, node.span);
}

function isAssigned(context: Context, name: string): boolean {
  return context.script.assignedMaps.has(name);
}

function undefinedMap(context: Context, name: string, span: Span): undefined {
  const others = [...context.script.assignedMaps].map((other) => other.slice(1));
  const near = nearest(name.slice(1), others);
  const hints = near === undefined ? undefined : [`Did you mean @${near}?`];
  return context.error('unknown-map', span, `Undefined map: ${name}`, { hints });
}

// ---- assignment -----------------------------------------------------------------------------------------

/** `@x[k] = value`. `source` is how the value was written: a bare aggregation can't be copied. */
export function assignMap(
  context: Context,
  target: MapExpression,
  value: Expression,
  source: ast.Expression,
  span: Span,
): readonly Statement[] {
  const access = accessMap(context, target);
  if (access === undefined) return [];
  const { map, key } = access;
  if (map.aggregation !== undefined) return mismatch(context, map, span, value.type);
  const copied = aggregationOf(context, source);
  if (copied !== undefined && map.value?.kind !== 'integer') {
    const hints = [
      `Cast the value to an integer, e.g. \`${written(target)} = (int64)${source.kind === 'map' ? written(source) : ''}\``,
    ];
    context.error(
      'aggregation',
      span,
      `Map value '${printAggregation(copied)}' cannot be assigned from one map to another.`,
      { hints },
    );
    return [];
  }
  if (!hasBytes(value.type)) {
    context.error('type-mismatch', span, `A value of type '${printType(value.type)}' cannot be assigned to a map.`);
    return [];
  }
  if (!context.script.joinValue(map, value.type)) return mismatch(context, map, span, value.type);
  if (map.declared?.kind.startsWith('percpu') === true) return refuseKind(context, map, span, 'hash or lruhash');
  warnOfSign(context, map.value as Type, value, span);
  return [{ kind: 'assignMap', span, map: map.node, key, value: convert(value, map.value as Type) }];
}

function written({ name, key }: MapExpression): string {
  return key === undefined ? name : `${name}[…]`;
}

function mismatch(context: Context, map: MapState, span: Span, type: Type | string): readonly Statement[] {
  const assigned = typeof type === 'string' ? type : printType(type);
  const own = map.aggregation === undefined ? printType(map.value as Type) : printAggregation(map.aggregation);
  context.error(
    'type-mismatch',
    span,
    `Type mismatch for ${map.node.name}: trying to assign value of type '${assigned}' when map already has a type '${own}'`,
  );
  return [];
}

function refuseKind(context: Context, map: MapState, span: Span, wanted: string): readonly Statement[] {
  context.error(
    'map-kind',
    span,
    `Incompatible map types. ${map.node.name} was declared as ${map.declared?.kind ?? ''}; this value needs ${wanted}.`,
  );
  return [];
}

/** E-21: an unsigned 64-bit value that becomes signed because of other assignments. */
export function warnOfSign(context: Context, type: Type, value: Expression, span: Span): void {
  const from = value.type;
  if (type.kind !== 'integer' || from.kind !== 'integer' || !type.signed || from.signed || from.size !== 8) return;
  context.warning(
    'implicit-sign',
    span,
    'The value of type uint64 is kept as int64, because other values of the same variable or map are signed.',
  );
}

/** `@x[k] = count()` and its like; `span`: the call. */
export function aggregateInto(
  context: Context,
  target: MapExpression,
  aggregation: Aggregation,
  value: Expression | undefined,
  bending: boolean,
  spans: { readonly statement: Span; readonly call: Span },
): readonly Statement[] {
  const access = accessMap(context, target);
  if (access === undefined) return [];
  const { map, key } = access;
  if (map.value !== undefined) return mismatch(context, map, spans.call, printAggregation(aggregation));
  if (aggregation.kind === 'topk' && key === undefined) {
    context.error('aggregation', spans.statement, `topk() needs a map with keys: ${target.name}[comm] = topk(10)`);
    return [];
  }
  const joined = joinAggregation(context, map, aggregation, bending);
  if (joined === undefined) return mismatchOfParameters(context, map, aggregation, spans.call);
  if (map.declared !== undefined && !map.declared.kind.startsWith('percpu'))
    return refuseKind(context, map, spans.statement, 'percpuhash or percpulruhash');
  const signed = !('signed' in joined) || joined.signed;
  const word = value === undefined ? undefined : asInteger(value, signed);
  return [{ kind: 'aggregate', span: spans.statement, map: map.node, key, value: word }];
}

/** The aggregation of the map with this use; its sign bends until some value isn't a plain literal. */
function joinAggregation(
  context: Context,
  map: MapState,
  aggregation: Aggregation,
  bending: boolean,
): Aggregation | undefined {
  const known = map.aggregation;
  if (known === undefined) {
    context.script.setAggregation(map, aggregation, bending);
    return aggregation;
  }
  if (known.kind !== aggregation.kind) return undefined;
  if (known.kind === 'hist' && aggregation.kind === 'hist') return known.bits === aggregation.bits ? known : undefined;
  if (known.kind === 'lhist' && aggregation.kind === 'lhist') {
    return known.min === aggregation.min && known.max === aggregation.max && known.step === aggregation.step
      ? known
      : undefined;
  }
  if (known.kind === 'tseries' && aggregation.kind === 'tseries') {
    const same = (['intervalNs', 'count', 'combine'] as const).every((part) => known[part] === aggregation[part]);
    if (!same) return undefined;
  }
  if (known.kind === 'topk' && aggregation.kind === 'topk' && known.shown !== aggregation.shown) return undefined;
  if (!('signed' in known) || !('signed' in aggregation)) return known;
  const signed = bending ? known.signed : map.bendingSign ? aggregation.signed : known.signed || aggregation.signed;
  if (signed !== known.signed || (map.bendingSign && !bending)) {
    context.script.setAggregation(map, { ...known, signed }, map.bendingSign && bending);
  }
  return map.aggregation;
}

const PARAMETERS: Partial<Record<Aggregation['kind'], string>> = {
  hist: 'a single bits argument',
  lhist: 'one minimum, maximum and step',
  topk: 'one number of keys',
  tseries: 'one interval, number of intervals and aggregation',
};

function mismatchOfParameters(
  context: Context,
  map: MapState,
  aggregation: Aggregation,
  span: Span,
): readonly Statement[] {
  const known = map.aggregation as Aggregation;
  if (known.kind !== aggregation.kind) return mismatch(context, map, span, printAggregation(aggregation));
  const what = PARAMETERS[known.kind] ?? 'the same parameters';
  context.error('aggregation', span, `${map.node.name}: all ${known.kind}() of one map must have ${what}.`);
  return [];
}

/** `@x++`: the map's type becomes a 64-bit integer. */
export function joinCounter(context: Context, access: Access, down: boolean, span: Span): Type | undefined {
  const { map } = access;
  if (map.aggregation !== undefined || (map.value !== undefined && map.value.kind !== 'integer')) {
    const own = map.aggregation === undefined ? printType(map.value as Type) : printAggregation(map.aggregation);
    return context.error(
      'operator',
      span,
      `The ${down ? '--' : '++'} operator can not be used on expressions of type ${own}`,
    );
  }
  const unsigned = !down && map.value?.kind === 'integer' && !map.value.signed;
  const result: Type = { kind: 'integer', size: 8, signed: !unsigned };
  if (commonType(map.value ?? result, result) === undefined || !context.script.joinValue(map, result)) return undefined;
  return withoutLiterals(map.value as Type);
}
