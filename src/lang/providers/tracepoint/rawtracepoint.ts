/** rawtracepoint: the kernel's tracepoints with the arguments of its own code, not their record. */
import type { Btf } from '../../../btf/index.ts';
import type { ContextAccess, ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { word } from '../access.ts';
import { globMatcher, isPattern, matcherOf } from '../glob.ts';
import { declare } from '../kprobe/list.ts';
import { didYouMean, missing, noMatches, wrongCount } from '../messages.ts';
import { nameByCookie, nameByFirst, shareProgram } from '../names.ts';
import type { ListOptions, Provider, Resolution, ResolveOptions } from '../provider.ts';
import {
  haveRawTracepoint,
  rawHook,
  rawProgram,
  rawTracepointFields,
  typedFields,
  rawTracepointNames,
  rawTracepointParameters,
} from './raw.ts';

export const rawtracepoint: Provider = {
  name: 'rawtracepoint',
  aliases: ['rawtracepoint', 'rt'],
  resolve,
  list,
};

interface Event {
  readonly module: string;
  readonly name: string;
}

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [, ...parts] = point.components;
  const event = parts.at(-1);
  if (event === undefined || event.text === '' || parts.length > 2)
    return wrongCount(point, 'rawtracepoint', '1 to 2', 'rawtracepoint:sched_switch');
  const module = parts.length === 2 ? parts[0]! : undefined;
  const matchesKernel = module === undefined || matcherOf(module)('vmlinux');
  const what = `rawtracepoint ${parts.map((part) => part.text).join(':')}`;
  if (isPattern(event)) {
    if (target.btf === undefined)
      return missing(point, options, {
        code: 'no-btf',
        message: 'A wildcard over raw tracepoints needs BTF, which this kernel lacks.',
      });
    const names = matchesKernel ? [...rawTracepointNames(target.btf)].filter(matcherOf(event)).sort() : [];
    if (names.length === 0) return noMatches(point, options, what);
    return {
      variants: variantsOf(
        names.map((name) => ({ module: 'vmlinux', name })),
        target,
        options,
      ),
      diagnostics: [],
    };
  }
  const found = findEvent(event.text, module?.text, matchesKernel, target);
  if (found !== undefined) return { variants: variantsOf([found], target, options), diagnostics: [] };
  const close = target.btf === undefined ? undefined : nearest(event.text, rawTracepointNames(target.btf));
  return noMatches(point, options, what, [didYouMean(close === undefined ? undefined : `rawtracepoint:${close}`)]);
}

/** Without BTF, or in a module, the kernel tells when attaching whether there is one. */
function findEvent(
  name: string,
  module: string | undefined,
  matchesKernel: boolean,
  target: Target,
): Event | undefined {
  if (matchesKernel && (target.btf === undefined || haveRawTracepoint(target.btf, name)))
    return { module: 'vmlinux', name };
  if (module === undefined)
    return target.modules().length > 0 && isEventOfModule(name, target) ? { module: 'vmlinux', name } : undefined;
  return module !== 'vmlinux' && target.modules().includes(module) ? { module, name } : undefined;
}

function isEventOfModule(name: string, target: Target): boolean {
  const events = target.tracepoints();
  return 'error' in events ? false : events.some((event) => event.endsWith(`:${name}`));
}

function variantsOf(events: readonly Event[], target: Target, options: ResolveOptions): readonly ProbeVariant[] {
  const usesName = options.uses.names.has('probe');
  // Arguments differ from event to event.
  const usesArguments = options.uses.args.size > 0 || [...options.uses.names].some((name) => /^arg\d+$/.test(name));
  const groups = usesArguments
    ? events.map((event) => [event])
    : shareProgram(events, usesName, () => target.have('attach-cookie-raw-tracepoint'));
  return groups.map((group) => variantOf(group, usesName, target, options));
}

function variantOf(events: readonly Event[], usesName: boolean, target: Target, options: ResolveOptions): ProbeVariant {
  const first = events[0]!;
  const { btf } = target;
  const fields =
    events.length === 1 && first.module === 'vmlinux' && btf !== undefined
      ? rawTracepointFields(btf, first.name)
      : undefined;
  const kind = fields !== undefined && options.uses.args.size > 0 && target.have('btf-tracepoint') ? 'btf' : 'raw';
  const named = events.map((event) => ({
    hook: rawHook(kind, event.name),
    name: `rawtracepoint:${event.module}:${event.name}`,
  }));
  const { points, probeName } = usesName ? nameByCookie(named) : nameByFirst(named);
  const count = btf === undefined || events.length > 1 ? undefined : rawTracepointParameters(btf, first.name)?.length;
  return {
    provider: 'rawtracepoint',
    phase: 'run',
    ...rawProgram(kind, first.name),
    points,
    pointCount: points.length,
    context: {
      space: 'kernel',
      probeName,
      probeType: 'rawtracepoint',
      args: (kind === 'btf' && fields !== undefined ? typedFields(fields) : fields) ?? {
        error: `The arguments of rawtracepoint:${first.module}:${first.name} are not known: there is no BTF for them`,
      },
      argument: (index) => argument(index, count, first.name),
      kernelStack: true,
      userStack: true,
    },
    filterByPid: options.pid !== undefined,
  };
}

/** The kernel passes at most 12. */
const MOST_ARGUMENTS = 12;

function argument(index: number, count: number | undefined, event: string): ContextAccess | { readonly error: string } {
  if (index < (count ?? MOST_ARGUMENTS)) return word(index * 8);
  return {
    error: `arg${index} is out of range: raw tracepoint ${event} has ${count ?? `at most ${MOST_ARGUMENTS}`} arguments`,
  };
}

function list(
  components: readonly string[],
  target: Target,
  options: ListOptions,
): { readonly lines: readonly string[]; readonly notes: readonly string[] } {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: ["Raw tracepoints can't be listed: this kernel has no BTF."] };
  const module = components.length >= 2 ? components[0]! : '*';
  if (components.length > 2 || !globMatcher(module)('vmlinux')) return { lines: [], notes: [] };
  const names = [...rawTracepointNames(btf)].filter(globMatcher(components.at(-1) || '*')).sort();
  const lines = names.flatMap((name) => [
    `rawtracepoint:vmlinux:${name}`,
    ...(options.verbose ? argumentLines(btf, name) : []),
  ]);
  return { lines, notes: [] };
}

function argumentLines(btf: Btf, event: string): readonly string[] {
  const parameters = rawTracepointParameters(btf, event) ?? [];
  return parameters.map(({ name, typeId }, index) => `    ${declare(btf, typeId, name || `arg${index}`)}`);
}
