/** Values by name that need no arguments. */
import { UINT64 } from '../checked/index.ts';
import type { BuiltinName, Expression, Statement } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Context } from '../passes/state/context.ts';
import { constant, text } from '../passes/expressions/values.ts';
import { findTaggedType } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import type { ValueBuiltin } from './builtin.ts';

const UINT32: Type = { kind: 'integer', size: 4, signed: false };
/** TASK_COMM_LEN. */
const COMM: Type = { kind: 'string', size: 16 };

function simple(name: BuiltinName, type: Type, builtin: BuiltinName = name): ValueBuiltin {
  return { name, value: (_, span) => ({ kind: 'builtin', span, type, name: builtin }) };
}

export const plainValues: readonly ValueBuiltin[] = [
  simple('pid', UINT32),
  simple('tid', UINT32),
  simple('uid', UINT64),
  simple('gid', UINT64),
  simple('comm', COMM),
  simple('nsecs', UINT64),
  simple('elapsed', UINT64),
  simple('cpu', UINT64),
  simple('rand', UINT64),
  simple('cgroup', UINT64),
  simple('jiffies', UINT64),
  simple('numaid', UINT64),
  { name: 'username', value: (_, span) => ({ kind: 'builtin', span, type: { kind: 'username' }, name: 'uid' }) },
  { name: 'ncpus', value: (context, span) => constant(span, UINT64, BigInt(context.script.target.possibleCpus)) },
  { name: 'cpid', value: childPid },
  { name: 'curtask', value: currentTask },
  { name: 'probe', value: probeName },
  { name: 'probetype', value: (context, span) => text(span, context.program.variant.context.probeType) },
];

/** Told when it happens: a script may ask for `has_cpid` first. */
function childPid(context: Context, span: Span): Expression {
  const { childPid: pid } = context.script.options;
  const value = constant(span, UINT64, BigInt(pid ?? 0));
  if (pid !== undefined) return value;
  const text = 'cpid is 0: there is no child process without -c';
  const warning: Statement = {
    kind: 'emit',
    span,
    event: { kind: 'warnf', format: [{ kind: 'text', text }], args: [] },
  };
  return { kind: 'sequence', span, type: UINT64, statements: [warning], value };
}

function currentTask(context: Context, span: Span): Expression {
  const { btf } = context.script.target;
  const task = btf === undefined ? undefined : findTaggedType(btf, 'struct', 'task_struct');
  const type: Type = task === undefined ? UINT64 : { kind: 'pointer', to: task, space: 'kernel' };
  return { kind: 'builtin', span, type, name: 'curtask' };
}

/** One name is text; of several, a number says which. */
function probeName(context: Context, span: Span): Expression {
  const name = context.program.variant.context.probeName;
  const { probeNames } = context.script;
  const { type } = probeNames;
  if (name.kind === 'fixed') {
    const number = probeNames.number(name.name);
    return type === undefined || number === undefined ? text(span, name.name) : constant(span, type, number);
  }
  const own: Expression = {
    kind: 'context',
    span,
    type: type ?? { kind: 'symbolic', names: name.names },
    access: name.access,
  };
  const base = probeNames.base(name);
  if (base === 0n) return own;
  return {
    kind: 'arithmetic',
    span,
    type: own.type,
    operator: 'add',
    left: { ...own, type: UINT64 },
    right: constant(span, UINT64, base),
  };
}
