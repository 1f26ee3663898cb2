/** By what the kernel calls a program, in words for -v. */
import { AttachType } from '../abi/index.ts';
import type { Hook, PlannedPoint } from '../spec/index.ts';

const MULTI_LINKS: ReadonlyMap<number, string> = new Map([
  [AttachType.TraceKprobeMulti, 'kprobe_multi link'],
  [AttachType.TraceKprobeSession, 'kprobe_session link'],
  [AttachType.TraceUprobeMulti, 'uprobe_multi link'],
  [AttachType.TraceUprobeSession, 'uprobe_session link'],
]);

const NAMES: Readonly<Partial<Record<Hook['kind'], string>>> = {
  tracepoint: 'perf tracepoint',
  rawTracepoint: 'raw tracepoint',
  btfTracepoint: 'typed raw tracepoint',
  fentry: 'fentry',
  kprobe: 'perf kprobe',
  uprobe: 'perf uprobe',
  perfEvent: 'perf event',
};

/** `a raw tracepoint`, `3 perf tracepoints`, `a uprobe_multi link of 12 places`. */
export function describeLinks(points: readonly PlannedPoint[], expectedAttachType: number, linkCount: number): string {
  const multi = MULTI_LINKS.get(expectedAttachType);
  const { hook } = points[0]!;
  const own = hook.kind === 'fentry' && hook.return ? 'fexit' : NAMES[hook.kind];
  const name = multi ?? own ?? `${hook.kind} link`;
  const places = multi === undefined || points.length === 1 ? '' : ` of ${points.length} places`;
  return `${linkCount === 1 ? `a ${name}` : `${linkCount} ${name}s`}${places}`;
}
