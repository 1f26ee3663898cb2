/** Which tracepoints an attach point means. */
import { allSyscalls, tracepointOfSyscall } from '../../../abi/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { didYouMean, missing, noMatches, wrongCount } from '../messages.ts';
import type { Resolution, ResolveOptions } from '../provider.ts';
import { haveRawTracepoint } from './raw.ts';

export interface TracepointMatch {
  readonly category: string;
  readonly event: string;
}

export interface Matches {
  readonly matches: readonly TracepointMatch[];
  /** tracefs can't be read: only raw tracepoints can be attached. The reason. */
  readonly rawOnly: string | undefined;
}

export function findTracepoints(point: AttachPointText, target: Target, options: ResolveOptions): Matches | Resolution {
  const [, category, event = { text: '*', quoted: false }, ...more] = point.components;
  const categoryAlone = point.components.length === 2;
  if (category === undefined || more.length > 0 || (categoryAlone && !isPattern(category))) {
    return wrongCount(point, 'tracepoint', '2', 'tracepoint:sched:sched_switch');
  }
  if (!isPattern(category) && !isPattern(event))
    return findOne({ category: category.text, event: event.text }, point, target, options);
  const names = target.tracepoints(isPattern(category) ? undefined : category.text);
  const known = 'error' in names ? namesWithoutTracefs(target) : names;
  const isCategory = matcherOf(category);
  const isEvent = matcherOf(event);
  const matches = known.map(splitName).filter((name) => isCategory(name.category) && isEvent(name.event));
  const rawOnly = 'error' in names ? names.error : undefined;
  if (matches.length > 0) return { matches, rawOnly };
  if (rawOnly !== undefined) return unreadable(point, options, rawOnly);
  return noMatches(point, options, `tracepoint ${category.text}:${event.text}`, [
    didYouMean(categoryHint(category.text, target)),
  ]);
}

/** A look at one file, or at none. */
function findOne(
  wanted: TracepointMatch,
  point: AttachPointText,
  target: Target,
  options: ResolveOptions,
): Matches | Resolution {
  const found = { matches: [wanted], rawOnly: undefined };
  if (isOfAllCalls(wanted)) return found;
  if (target.tracepointFormat(wanted.category, wanted.event) !== undefined) return found;
  const names = target.tracepoints(wanted.category);
  if ('error' in names) {
    const known = hasRawEvent(wanted)
      ? haveRawTracepoint(target.btf, wanted.event)
      : namesWithoutTracefs(target).includes(`${wanted.category}:${wanted.event}`);
    return known ? { ...found, rawOnly: names.error } : unreadable(point, options, names.error);
  }
  return noMatches(point, options, `tracepoint ${wanted.category}:${wanted.event}`, [
    didYouMean(nearestTracepoint(wanted, names, target)),
  ]);
}

/** raw_syscalls:sys_enter and sys_exit, which every kernel with tracepoints has. */
export function isOfAllCalls({ category, event }: TracepointMatch): boolean {
  return category === 'raw_syscalls' && (event === 'sys_enter' || event === 'sys_exit');
}

/** Categories whose events are not named after a tracepoint of the kernel's code. */
const OTHER_EVENTS: ReadonlySet<string> = new Set([
  'syscalls',
  'kprobes',
  'uprobes',
  'eprobes',
  'fprobes',
  'synthetic',
  'ftrace',
]);

export function hasRawEvent({ category }: TracepointMatch): boolean {
  return !OTHER_EVENTS.has(category);
}

/** Without tracefs the system calls' tracepoints are still known by their numbers. */
function namesWithoutTracefs(target: Target): readonly string[] {
  if (!haveRawTracepoint(target.btf, 'sys_enter')) return [];
  const calls = [...allSyscalls(target.architecture).keys()].map((number) =>
    tracepointOfSyscall(target.architecture, number)!,
  );
  return ['enter', 'exit'].flatMap((side) => calls.map((call) => `syscalls:sys_${side}_${call}`)).sort();
}

function unreadable(point: AttachPointText, options: ResolveOptions, reason: string): Resolution {
  return missing(point, options, {
    code: 'tracefs',
    message: `${point.text} can't be resolved: ${reason}.`,
    hints: ['Run as root to read tracefs.'],
  });
}

function splitName(name: string): TracepointMatch {
  const colon = name.indexOf(':');
  return { category: name.slice(0, colon), event: name.slice(colon + 1) };
}

/** The same event in another category, else a similar one of the same, else a similar name of any. */
function nearestTracepoint(wanted: TracepointMatch, ofCategory: readonly string[], target: Target): string | undefined {
  const full = `${wanted.category}:${wanted.event}`;
  const names = target.tracepoints();
  const all = 'error' in names ? [] : names;
  const found =
    all.find((name) => name.endsWith(`:${wanted.event}`)) ?? nearest(full, ofCategory) ?? nearest(full, all);
  return found === undefined ? undefined : `tracepoint:${found}`;
}

function categoryHint(category: string, target: Target): string | undefined {
  if (category.includes('*')) return undefined;
  const names = target.tracepoints();
  if ('error' in names) return undefined;
  const close = nearest(category, new Set(names.map((name) => splitName(name).category)));
  return close === undefined ? undefined : `tracepoint:${close}:*`;
}
