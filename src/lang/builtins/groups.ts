/** Control groups: cgroupid(), cgroup_path(). */
import { UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger, constant } from '../passes/expressions/values.ts';
import { literalText, numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const groupFunctions: readonly FunctionBuiltin[] = [
  { name: 'cgroupid', arguments: [1, 1], value: idOfPath },
  { name: 'cgroup_path', arguments: [1, 2], value: pathOfId },
];

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
