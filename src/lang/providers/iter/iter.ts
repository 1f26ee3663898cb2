/** iter: runs once for each object of a kind that the kernel has: tasks, open files, sockets, maps … (spec P-90 to P-92). */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { Btf } from '../../../btf/index.ts';
import type { IteratorHook } from '../../../spec/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { findTaggedType, type RecordType, type Type } from '../../types/index.ts';
import { globMatcher, isPattern } from '../glob.ts';
import { declare } from '../kprobe/list.ts';
import { didYouMean, missing, noMatches, pointError, refused, wrongCount } from '../messages.ts';
import type { ListOptions, Provider, Resolution, ResolveOptions } from '../provider.ts';

/** Of the struct that a program's context is, and of the function that stands for the attach point. */
const CONTEXT = 'bpf_iter__';
const FUNCTION = 'bpf_iter_';
const BPF_FILE_SYSTEM = '/sys/fs/bpf';
/** Iterators that can be told to go through one process only. */
const OF_TASKS: ReadonlySet<string> = new Set(['task', 'task_file', 'task_vma']);

export const iter: Provider = { name: 'iter', aliases: ['iter', 'it'], resolve, list };

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [, what, pin, ...more] = point.components;
  if (what === undefined || what.text === '' || more.length > 0)
    return wrongCount(point, 'iter', '1 to 2', 'iter:task');
  if (isPattern(what)) {
    const names = target.btf === undefined ? [] : iteratorNames(target.btf).filter(globMatcher(what.text));
    const hints = names.length === 0 ? [] : [`It matches ${names.map((name) => `iter:${name}`).join(', ')}.`];
    return refused(pointError(point, 'wildcard', 'iter probe type does not support wildcards', hints));
  }
  const { btf } = target;
  if (btf === undefined)
    return missing(point, options, { code: 'no-btf', message: 'Iterators need BTF, which this kernel lacks.' });
  const context = findTaggedType(btf, 'struct', CONTEXT + what.text);
  if (context?.kind !== 'record' || !isIterator(btf, what.text)) {
    const close = nearest(what.text, iteratorNames(btf));
    return noMatches(point, options, `iter:${what.text}`, [
      didYouMean(close === undefined ? undefined : `iter:${close}`),
    ]);
  }
  const path = pin === undefined || pin.text === '' ? undefined : pinPath(pin.text);
  if (path !== undefined && !path.startsWith(`${BPF_FILE_SYSTEM}/`)) {
    const message = `iter:${what.text} can't be pinned at '${path}'`;
    return refused(pointError(point, 'pin', message, [`Name a file, or a path below ${BPF_FILE_SYSTEM}.`]));
  }
  const { pid } = options;
  const hook: IteratorHook = {
    kind: 'iterator',
    target: what.text,
    ...(pid === undefined || !OF_TASKS.has(what.text) ? {} : { pid }),
    ...(path === undefined ? {} : { pin: path }),
  };
  const name = `iter:${what.text}`;
  const object = lastPointer(context);
  return {
    variants: [
      {
        provider: 'iter',
        phase: 'iterate',
        programType: ProgramType.Tracing,
        expectedAttachType: AttachType.TraceIter,
        attachTo: { kind: 'function', name: FUNCTION + what.text },
        points: [{ hook, name }],
        pointCount: 1,
        context: {
          space: 'kernel',
          probeName: { kind: 'fixed', name },
          probeType: 'iter',
          args: { error: 'Iterators have no args: what they are at is in ctx, such as ctx.task.' },
          contextType: context,
          output: path === undefined ? 'records' : 'text',
          kernelStack: false,
          userStack: false,
        },
        ...(object === undefined ? {} : { object }),
        verdict: 0,
        filterByPid: false,
      },
    ],
    diagnostics: [],
  };
}

function pinPath(text: string): string {
  return text.startsWith('/') ? text : `${BPF_FILE_SYSTEM}/${text}`;
}

/** At its end the kernel runs the program once more, without an object: the last pointer of the context is null then. */
function lastPointer(context: RecordType): ProbeVariant['object'] {
  const pointers = flatFields(context).filter(({ type }) => type.kind === 'pointer');
  const last = pointers.at(-1);
  return last === undefined || last.offset === 0 ? undefined : { kind: 'object', offset: last.offset };
}

/** Each pointer stands in a union of its own, to be 8 bytes wide everywhere. */
function flatFields(type: RecordType, start = 0): readonly { readonly type: Type; readonly offset: number }[] {
  return type
    .fields()
    .flatMap((field) =>
      field.name === '' && field.type.kind === 'record'
        ? flatFields(field.type, start + field.offset)
        : [{ type: field.type, offset: start + field.offset }],
    );
}

const names = new WeakMap<Btf, readonly string[]>();

function iteratorNames(btf: Btf): readonly string[] {
  let found = names.get(btf);
  if (found === undefined) {
    const all = [...btf.names('struct')].filter(
      (name) => name.startsWith(CONTEXT) && isIterator(btf, name.slice(CONTEXT.length)),
    );
    found = [...new Set(all)].map((name) => name.slice(CONTEXT.length)).sort();
    names.set(btf, found);
  }
  return found;
}

/** The struct alone may be a helper of the verifier's. */
function isIterator(btf: Btf, name: string): boolean {
  return btf.find(FUNCTION + name, 'func') !== undefined;
}

function list(components: readonly string[], target: Target, options: ListOptions): ReturnType<Provider['list']> {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: ["Iterators can't be listed: this kernel has no BTF."] };
  if (components.length > 1) return { lines: [], notes: [] };
  const matching = iteratorNames(btf).filter(globMatcher(components[0] || '*'));
  return {
    lines: matching.flatMap((name) => [`iter:${name}`, ...(options.verbose ? contextLines(btf, name) : [])]),
    notes: [],
  };
}

function contextLines(btf: Btf, name: string): readonly string[] {
  const found = btf.find(CONTEXT + name, 'struct');
  return found === undefined ? [] : memberLines(btf, found.id);
}

function memberLines(btf: Btf, id: number): readonly string[] {
  const type = btf.type(id);
  if (type.kind !== 'struct' && type.kind !== 'union') return [];
  return type.members.flatMap((member) =>
    member.name === '' ? memberLines(btf, member.typeId) : [`    ${declare(btf, member.typeId, member.name)}`],
  );
}
