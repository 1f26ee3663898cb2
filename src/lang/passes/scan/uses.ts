/** What a script uses, found in its syntax tree before anything is known about types. */
import type { ProbeUses } from '../../providers/index.ts';
import type { Expression, Probe, Script, Statement } from '../../syntax/index.ts';
import { allNodes, childNodes } from './walk.ts';

/** Names and fields of `args` that a probe's predicate and body use. */
export function scanProbe(probe: Probe): ProbeUses {
  let uses = usesOf.get(probe);
  if (uses === undefined) usesOf.set(probe, (uses = scanBodies(probe)));
  return uses;
}

const usesOf = new WeakMap<Probe, ProbeUses>();

function scanBodies(probe: Probe): ProbeUses {
  const names = new Set<string>();
  const args = new Set<string>();
  for (const root of [probe.predicate, probe.body]) if (root !== undefined) scan(root, names, args);
  return { names, args };
}

function scan(node: object, names: Set<string>, args: Set<string>): void {
  const expression = node as Expression;
  if (expression.kind === 'field' && isArgs(expression.operand)) {
    names.add('args');
    args.add(expression.name);
    return;
  }
  if (expression.kind === 'identifier') {
    names.add(expression.name);
    if (expression.name === 'args') args.add('*');
  } else if (expression.kind === 'call') names.add(expression.name);
  else if ((expression.kind === 'sizeof' || expression.kind === 'offsetof') && 'name' in expression.operand) {
    // A plain name in sizeof() reads as a type.
    names.add(expression.operand.name);
  }
  childNodes(node).forEach((child) => scan(child, names, args));
}

/** `args`, also as `*args` (it was a pointer once). */
export function isArgs(node: Expression): boolean {
  if (node.kind === 'unary' && node.operator === '*') return isArgs(node.operand);
  return node.kind === 'identifier' && node.name === 'args';
}

/** Names of the maps that are assigned somewhere in the script. */
export function scanAssignedMaps(script: Script): ReadonlySet<string> {
  const names = new Set<string>();
  for (const item of script.items) {
    for (const node of allNodes(item)) {
      const statement = node as Statement | Expression;
      if (statement.kind === 'assign' && statement.target.kind === 'map') names.add(statement.target.name);
      if (statement.kind === 'increment' && statement.operand.kind === 'map') names.add(statement.operand.name);
    }
  }
  return names;
}

/** The members of `packet` that a probe uses. */
export function scanPacketMembers(probe: Probe): ReadonlySet<string> {
  const members = new Set<string>();
  for (const root of [probe.predicate, probe.body]) {
    if (root === undefined) continue;
    for (const node of allNodes(root)) {
      const { kind, operand, name } = node as { kind: string; operand?: Expression; name?: string };
      if (kind === 'field' && operand?.kind === 'identifier' && operand.name === 'packet' && name !== undefined)
        members.add(name);
    }
  }
  return members;
}
