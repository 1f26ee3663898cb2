/** Probes that a compile leaves out: those whose predicate is a `comptime` that is false here, or begins with one and goes on with `&&`. */
import type { Expression, Probe } from '../../syntax/index.ts';
import { isLiteral } from '../expressions/values.ts';
import { functionVariant } from '../functions.ts';
import { Context } from '../state/context.ts';
import type { Rules } from '../state/context.ts';
import type { ScriptState } from '../state/script-state.ts';
import { resolveVariables } from './scopes.ts';

/**
 * True where nothing of the probe is wanted: its attach points are not even looked for. What is wrong with the predicate is
 * said when the probe itself is checked.
 */
export function isLeftOut(probe: Probe, state: ScriptState, rules: Rules): boolean {
  const predicate = firstCondition(probe.predicate);
  if (predicate?.kind !== 'comptime') return false;
  const scopes = resolveVariables(probe);
  const variant = functionVariant('kernel');
  const context = new Context(
    state,
    { probe, variant, scopes, variableTypes: new Map(), deadBranches: new Set() },
    rules,
  );
  const value = context.expression(predicate);
  return value !== undefined && isLiteral(value) && value.value === 0n;
}

/** Of `a && b && c` the `a`: where that is false, so is the whole. */
function firstCondition(node: Expression | undefined): Expression | undefined {
  return node?.kind === 'binary' && node.operator === '&&' ? firstCondition(node.left) : node;
}
