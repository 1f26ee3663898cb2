/** What acts on the function or socket that a probe is at: override(), and what only other kinds of probes have. */
import type { Expression, Statement } from '../checked/index.ts';
import { INT64 } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { asInteger } from '../passes/expressions/values.ts';
import { numberArgument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';

export const probedFunctions: readonly FunctionBuiltin[] = [
  { name: 'override', arguments: [1, 1], unsafe: true, action: override },
  { name: 'socket_cookie', arguments: [1, 1], value: typedOnly("'fentry' and 'fexit'") },
  { name: 'path', arguments: [1, 2], value: typedOnly("'fentry', 'fexit' and 'iter'") },
  { name: 'skboutput', arguments: [4, 4], value: typedOnly("'fentry' and 'fexit'") },
  { name: 'unwatch', arguments: [1, 1], action: unwatch },
];

function override(context: Context, call: CallNode): readonly Statement[] {
  const { probeType } = context.program.variant.context;
  if (probeType !== 'kprobe') {
    context.error('not-in-probe', call.span, `The override function can not be used with ${probeType} probes`, {
      hints: ['Only a kprobe at the entry of a function can return in its place.'],
    });
    return [];
  }
  const value = numberArgument(context, call, 0);
  if (value === undefined) return [];
  if (!context.script.target.have('override-return')) {
    context.error('helper', call.span, "This kernel doesn't let programs return in a function's place.", {
      hints: ['It is built without CONFIG_BPF_KPROBE_OVERRIDE.'],
    });
    return [];
  }
  const expression: Expression = {
    kind: 'call',
    span: call.span,
    type: INT64,
    call: { function: 'override', value: asInteger(value, true) },
  };
  return [{ kind: 'expression', span: call.span, expression }];
}

/** The kernel takes only pointers there that its own types vouch for. */
function typedOnly(probes: string): (context: Context, call: CallNode) => undefined {
  return (context, call) => {
    const { probeType } = context.program.variant.context;
    return context.error(
      'not-in-probe',
      call.span,
      `The ${call.name} function can not be used with ${probeType} probes`,
      { hints: [`The kernel has it for ${probes} probes.`] },
    );
  };
}

function unwatch(context: Context, call: CallNode): readonly Statement[] {
  context.error('not-supported', call.span, 'unwatch() needs watchpoints, which are not supported in this version yet');
  return [];
}
