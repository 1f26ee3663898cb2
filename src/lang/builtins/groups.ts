/** Control groups: cgroupid(), cgroup_path(). */
import { UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, BOOL, boolean, constant } from '../passes/expressions/values.ts';
import { literalText, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const groupFunctions: readonly FunctionBuiltin[] = [
  { name: 'cgroupid', arguments: [1, 1], value: idOfPath },
  { name: 'in_cgroup', arguments: [1, 1], value: isInGroup },
  { name: 'cgroup_path', arguments: [1, 2], value: pathOfId },
];

/** Of the group or one below it. The empty path is everything, so that an option that wasn't given filters nothing. */
function isInGroup(context: Context, call: CallNode): Expression | undefined {
  const path = literalText(context, call, 0);
  if (path === undefined) return undefined;
  if (path === '') return boolean(call.span, true);
  const id = idOfPath(context, call);
  const level = context.script.target.cgroupLevel?.(path);
  if (id === undefined) return undefined;
  if (level === undefined) {
    return context.error('cgroup', call.span, `'${path}' is no cgroup of version 2: tasks can only be told by those`, {
      hints: ['They lie where a file system of type cgroup2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified.'],
    });
  }
  const { span } = call;
  const ancestor: Expression = { kind: 'call', span, type: UINT64, call: { function: 'ancestorCgroup', level } };
  return { kind: 'compare', span, type: BOOL, operator: 'eq', left: ancestor, right: id };
}

function idOfPath(context: Context, call: CallNode): Expression | undefined {
  const path = literalText(context, call, 0);
  if (path === undefined) return undefined;
  const { target } = context.script;
  if (target.cgroupId === undefined)
    return context.error('cgroup', call.span, 'cgroupid() can not be told without the machine that it is asked of');
  const id = target.cgroupId(path);
  if (id === undefined) {
    return context.error('cgroup', call.span, `There is no cgroup at '${path}'`, {
      hints: ['cgroups are folders under /sys/fs/cgroup.'],
    });
  }
  return constant(call.span, UINT64, id);
}

function pathOfId(context: Context, call: CallNode): Expression | undefined {
  const id = numberArgument(context, call, 0);
  const filter = call.arguments.length > 1 ? literalText(context, call, 1) : '*';
  if (id === undefined || filter === undefined) return undefined;
  return { kind: 'convert', span: call.span, type: { kind: 'cgroupPath', filter }, operand: asInteger(id, false) };
}
