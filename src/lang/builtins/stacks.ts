/** kstack and ustack, with or without a mode and a limit. */
import type { StackMode } from '../../spec/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Context } from '../passes/state/context.ts';
import type { CallNode, FunctionBuiltin, ValueBuiltin } from './builtin.ts';
import { literalNumber } from './arguments.ts';

const DEFAULT_LIMIT = 127;
const MAX_LIMIT = 1024n;

const SPACES = { kstack: 'kernel', ustack: 'user' } as const;
type StackName = keyof typeof SPACES;

export const stackValues: readonly ValueBuiltin[] = (['kstack', 'ustack'] as const).map((name) => ({
  name,
  value: (context, span) => stack(context, span, name, defaultMode(context, name), DEFAULT_LIMIT),
}));

export const stackFunctions: readonly FunctionBuiltin[] = (['kstack', 'ustack'] as const).map((name) => ({
  name,
  arguments: [0, 2],
  value: (context, call) => stackWith(context, call, name),
}));

function defaultMode(context: Context, name: StackName): StackMode {
  const mode = context.script.config.stackMode;
  return mode === 'build_id' && name === 'kstack' ? 'bpftrace' : mode;
}

function stackWith(context: Context, call: CallNode, name: StackName): Expression | undefined {
  const [first] = call.arguments;
  const named = first?.kind === 'identifier' ? first : undefined;
  const mode = named === undefined ? defaultMode(context, name) : modeOf(context, call, name, named.name);
  const at = named === undefined ? 0 : 1;
  if (named === undefined && call.arguments.length > 1) {
    return context.error(
      'stack-mode',
      call.span,
      `${name}() expects a stack mode as its first argument: ${modesOf(name).join(', ')}`,
    );
  }
  const limit = call.arguments.length > at ? literalNumber(context, call, at) : BigInt(DEFAULT_LIMIT);
  if (mode === undefined || limit === undefined) return undefined;
  if (limit < 1n || limit > MAX_LIMIT) {
    return context.error(
      'stack-limit',
      call.span,
      `${name}([int limit]): limit must be 1..${MAX_LIMIT}, ${limit} given`,
    );
  }
  const most = context.script.target.maxStackFrames ?? DEFAULT_LIMIT;
  return stack(context, call.span, name, mode, Math.min(Number(limit), most));
}

function modesOf(name: StackName): readonly StackMode[] {
  return name === 'kstack' ? ['bpftrace', 'perf', 'raw'] : ['bpftrace', 'perf', 'raw', 'build_id'];
}

function modeOf(context: Context, call: CallNode, name: StackName, text: string): StackMode | undefined {
  const mode = modesOf(name).find((candidate) => candidate === text);
  return (
    mode ??
    context.error('stack-mode', call.span, `Unknown stack mode: '${text}'. Known are: ${modesOf(name).join(', ')}`)
  );
}

function stack(context: Context, span: Span, name: StackName, mode: StackMode, limit: number): Expression | undefined {
  const probe = context.program.variant.context;
  if (!(name === 'kstack' ? probe.kernelStack : probe.userStack)) {
    return context.error('not-in-probe', span, `The ${name} builtin can not be used with ${probe.probeType} probes`);
  }
  return { kind: 'builtin', span, type: { kind: 'stack', space: SPACES[name], mode, limit }, name: 'stack' };
}
