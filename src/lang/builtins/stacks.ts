/** kstack, ustack and dw_ustack, with or without a mode and a limit. */
import type { StackMode } from '../../spec/index.ts';
import type { Expression } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import { allowsUnstable } from '../passes/expressions/unstable.ts';
import type { Context } from '../passes/state/context.ts';
import type { CallNode, FunctionBuiltin, ValueBuiltin } from './builtin.ts';
import { literalNumber } from './arguments.ts';

const DEFAULT_LIMIT = 127;
const MAX_LIMIT = 1024n;

const SPACES = { kstack: 'kernel', ustack: 'user', dw_ustack: 'user' } as const;
type StackName = keyof typeof SPACES;
const NAMES = ['kstack', 'ustack', 'dw_ustack'] as const;

export const stackValues: readonly ValueBuiltin[] = NAMES.map((name) => ({
  name,
  value: (context, span) => stack(context, span, name, defaultMode(context, name), DEFAULT_LIMIT),
}));

export const stackFunctions: readonly FunctionBuiltin[] = NAMES.map((name) => ({
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
  const type = { kind: 'stack', space: SPACES[name], mode, limit } as const;
  if (name !== 'dw_ustack') return { kind: 'builtin', span, type, name: 'stack' };
  if (!canUnwind(context, span)) return undefined;
  return { kind: 'builtin', span, type: { ...type, unwound: true }, name: 'stack' };
}

/** Reports what this machine lacks for walking stacks by tables, and warns where no process is named. */
function canUnwind(context: Context, span: Span): boolean {
  const { target, options } = context.script;
  if (target.architecture !== 'x86_64') {
    context.error('not-supported', span, `dw_ustack walks stacks of x86_64 only, this is ${target.architecture}`, {
      hints: ['ustack walks frame pointers.'],
    });
    return false;
  }
  if (!target.have('loop') || !target.have('current-task-btf') || target.btf === undefined) {
    context.error('missing-helper', span, 'dw_ustack needs the helper bpf_loop and BTF, which this kernel lacks', {
      hints: ['The helper came with kernel 5.17. ustack walks frame pointers.'],
    });
    return false;
  }
  const setting = context.script.config.unstableDwUstack;
  const feature = { name: 'dw_ustack', what: 'what it shows', key: 'unstable_dw_ustack', setting };
  if (!allowsUnstable(context, span, feature)) return false;
  if (options.pid === undefined && options.childPid === undefined && options.unwindsProcesses !== true) {
    context.warning(
      'no-process',
      span,
      'dw_ustack knows the tables of no process: name one by -p, -c or --dwarf-pid. Others are walked by frame pointers.',
    );
  }
  return true;
}
