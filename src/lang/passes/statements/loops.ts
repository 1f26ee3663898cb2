/** Loops: while, unroll, and for over ranges and maps (spec G-26 to G-32). */
import { INT64 } from '../../checked/index.ts';
import type { Expression, Statement } from '../../checked/index.ts';
import { spanOver } from '../../diagnostic/index.ts';
import type * as ast from '../../syntax/index.ts';
import { isNumber, printAggregation, printType, sameType, withoutLiterals } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import { isCastable, wholeMap } from '../expressions/maps.ts';
import { checkCondition } from '../expressions/operators.ts';
import { convert, isConstant } from '../expressions/values.ts';
import type { Context } from '../state/context.ts';
import type { MapState } from '../state/script-state.ts';

const MAX_UNROLL = 100n;
/** Rounds of one loop that the kernel's helper does. */
const MAX_ROUNDS = 1n << 23n;

export function checkWhile(context: Context, node: ast.Statement & { readonly kind: 'while' }): readonly Statement[] {
  context.warning(
    'deprecated',
    spanOver(node.span, node.condition.span),
    'While loops are deprecated in favour of for loops; the kernel must be able to see that they end.',
  );
  const condition = checkCondition(context, node.condition, node.span);
  const body = inLoop(context, node.body);
  return condition === undefined ? [] : [{ kind: 'while', span: node.span, condition, body }];
}

export function checkUnroll(context: Context, node: ast.Statement & { readonly kind: 'unroll' }): readonly Statement[] {
  const count = context.expression(node.count);
  const body = inLoop(context, node.body);
  if (count === undefined) return [];
  const problem = unrollProblem(count);
  if (problem !== undefined) {
    context.error('unroll', node.span, problem);
    return [];
  }
  return [{ kind: 'unroll', span: node.span, count: Number((count as Expression & { kind: 'constant' }).value), body }];
}

function unrollProblem(count: Expression): string | undefined {
  if (!isConstant(count) || !isNumber(count.type)) return 'unroll expects a literal or another compile-time integer';
  if (count.value > MAX_UNROLL) return `unroll maximum value is ${MAX_UNROLL}`;
  return count.value < 1n ? 'unroll minimum value is 1' : undefined;
}

type ForNode = ast.Statement & { readonly kind: 'for' };

export function checkFor(context: Context, node: ForNode): readonly Statement[] {
  const { over } = node;
  if (over.kind === 'range') return checkRange(context, node, over);
  if (over.kind === 'map' && over.key === undefined) return checkElements(context, node, over);
  context.error('loop', over.span, 'A for loop goes over a range (0..10) or over a map with keys (@map)');
  inLoop(context, node.body);
  return [];
}

function checkRange(context: Context, node: ForNode, range: ast.Range): readonly Statement[] {
  const bounds = [checkBound(context, range.from), checkBound(context, range.to)] as const;
  const variable = loopVariable(context, node, INT64);
  const body = inLoop(context, node.body);
  const [from, to] = bounds;
  if (from === undefined || to === undefined || variable === undefined) return [];
  if (isConstant(from) && isConstant(to) && to.value - from.value > MAX_ROUNDS) {
    const message = `A loop can have ${MAX_ROUNDS} rounds at most (this one has ${to.value - from.value})`;
    context.error('loop', range.span, message);
    return [];
  }
  return [{ kind: 'forRange', span: node.span, variable, from, to, body }];
}

function checkBound(context: Context, node: ast.Expression): Expression | undefined {
  const value = context.expression(node);
  if (value === undefined) return undefined;
  if (isNumber(value.type)) return convert(value, INT64);
  return context.error(
    'loop',
    node.span,
    `The bounds of a range must be integers, not values of type '${printType(value.type)}'`,
  );
}

function checkElements(
  context: Context,
  node: ForNode,
  over: ast.Expression & { readonly kind: 'map' },
): readonly Statement[] {
  const map = wholeMap(context, over);
  const type = map === undefined ? undefined : elementType(context, map, over);
  const variable = type === undefined ? undefined : loopVariable(context, node, type);
  const body = inLoop(context, node.body);
  if (map === undefined || variable === undefined) return [];
  return [{ kind: 'forMap', span: node.span, variable, map: map.node, body }];
}

/** Key and value; undefined while they are not known, or where there are none to loop over. */
function elementType(context: Context, map: MapState, over: ast.Expression): Type | undefined {
  if (map.keyed === false)
    return context.error('map-form', over.span, `${map.node.name} has no keys (scalar map): it can't be looped over`);
  const { aggregation } = map;
  if (aggregation !== undefined && !isCastable(aggregation)) {
    const type = printAggregation(aggregation);
    return context.error('aggregation', over.span, `A map of type '${type}' can't be looped over`, {
      hints: [`print(${map.node.name}) prints the whole map.`],
    });
  }
  if (map.key === undefined) return undefined;
  if (aggregation !== undefined) {
    const signed = !('signed' in aggregation) || aggregation.signed;
    return { kind: 'tuple', elements: [withoutLiterals(map.key), { kind: 'integer', size: 8, signed }] };
  }
  if (map.value === undefined) return undefined;
  return { kind: 'tuple', elements: [withoutLiterals(map.key), withoutLiterals(map.value)] };
}

function loopVariable(context: Context, node: ForNode, type: Type): ReturnType<Context['variable']> | undefined {
  const symbol = context.program.scopes.symbols.get(node);
  if (symbol === undefined) return undefined;
  const known = context.program.variableTypes.get(symbol);
  if (known === undefined || !sameType(known, type)) context.script.setVariable(context.program, symbol, type);
  return context.variable(symbol);
}

function inLoop(context: Context, body: ast.Block): readonly Statement[] {
  context.loopDepth++;
  const statements = context.block(body);
  context.loopDepth--;
  return statements;
}
