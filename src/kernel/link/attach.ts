import { AttachType } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { attachTypedFunction } from './fentry.ts';
import { attachIterator } from './iterator.ts';
import { attachKprobeMulti, type KprobePoint } from './kprobe-multi.ts';
import { attachKprobe } from './kprobe.ts';
import { attachLsm } from './lsm.ts';
import type { AttachableProgram, Link } from './link.ts';
import { attachPackets } from './packets.ts';
import { attachPerfEvent } from './perf-event.ts';
import { attachBtfTracepoint, attachRawTracepoint } from './raw-tracepoint.ts';
import { attachTracepoint } from './tracepoint.ts';
import { attachUprobeMulti, type UprobePoint } from './uprobe-multi.ts';
import { attachUprobe } from './uprobe.ts';

export interface AttachPoint {
  readonly hook: Hook;
  /** What bpf_get_attach_cookie() gives at this point. */
  readonly cookie?: bigint;
}

/** Attaches a loaded program. Throws UnsupportedFeatureError or SystemError. A `testRun` hook is not attached but run. */
export function attach(program: AttachableProgram, hook: Hook, options: { readonly cookie?: bigint } = {}): Link {
  const { cookie } = options;
  switch (hook.kind) {
    case 'tracepoint':
      return attachTracepoint(program, hook, cookie);
    case 'rawTracepoint':
      return attachRawTracepoint(program, hook, cookie);
    case 'btfTracepoint':
      return attachBtfTracepoint(program, hook, cookie);
    case 'fentry':
      return attachTypedFunction(program, hook);
    case 'perfEvent':
      return attachPerfEvent(program, hook, cookie);
    case 'kprobe':
      return isMulti(program) ? attachKprobeMulti(program, [{ hook, cookie }]) : attachKprobe(program, hook, cookie);
    case 'uprobe':
      return isMulti(program) ? attachUprobeMulti(program, [{ hook, cookie }]) : attachUprobe(program, hook, cookie);
    case 'lsm':
      return attachLsm(program, hook);
    case 'packets':
      return attachPackets(program, hook);
    case 'iterator':
      return attachIterator(program, hook);
    case 'testRun':
      throw new BugError(`program ${program.name} is run, not attached`);
  }
}

export interface AttachAllOptions {
  /** Called for a point that can't be attached; the others go on. Without it the first failure detaches all and is thrown. */
  readonly onFailure?: (point: AttachPoint, error: unknown) => void;
}

/**
 * Attaches a program to all of its points: by few links if it was loaded for a multi attach type (see
 * `multiAttachType`), else by one link per point.
 */
export function attachAll(
  program: AttachableProgram,
  points: readonly AttachPoint[],
  options: AttachAllOptions = {},
): Link[] {
  const links: Link[] = [];
  try {
    for (const group of isMulti(program) ? groupForMulti(points) : points.map((point) => [point])) {
      links.push(...attachGroup(program, group, options));
    }
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
  return links;
}

function attachGroup(program: AttachableProgram, group: readonly AttachPoint[], options: AttachAllOptions): Link[] {
  try {
    if (group.length === 1) return [attach(program, group[0]!.hook, group[0]!)];
    return [
      group[0]!.hook.kind === 'kprobe'
        ? attachKprobeMulti(program, group as KprobePoint[])
        : attachUprobeMulti(program, group as UprobePoint[]),
    ];
  } catch (error) {
    if (options.onFailure === undefined) throw error;
    if (group.length === 1) {
      options.onFailure(group[0]!, error);
      return [];
    }
    // The kernel refuses a group as a whole: halve it until only the bad points are left alone.
    const middle = group.length >> 1;
    return [group.slice(0, middle), group.slice(middle)].flatMap((half) => attachGroup(program, half, options));
  }
}

/** Points that one multi link can take: of one kind and direction, user probes also of one file and process. */
function groupForMulti(points: readonly AttachPoint[]): AttachPoint[][] {
  const groups = new Map<string, AttachPoint[]>();
  for (const point of points) {
    const { hook } = point;
    if (hook.kind !== 'kprobe' && hook.kind !== 'uprobe')
      throw new BugError(`a multi program can't be attached to a ${hook.kind}`);
    const file = hook.kind === 'uprobe' ? `${hook.pid ?? ''}:${hook.path}` : String(hook.function !== undefined);
    const key = `${hook.kind}:${hook.return}:${file}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [point]);
    else group.push(point);
  }
  return [...groups.values()];
}

const multiTypes: ReadonlySet<number> = new Set([
  AttachType.TraceKprobeMulti,
  AttachType.TraceKprobeSession,
  AttachType.TraceUprobeMulti,
  AttachType.TraceUprobeSession,
]);

function isMulti(program: AttachableProgram): boolean {
  return multiTypes.has(program.expectedAttachType);
}

/**
 * The attach type to load a kprobe program for so that `attachAll` can attach these points by few links;
 * undefined where a multi link can't serve them (other kinds, offsets inside of functions). Whether this kernel has such
 * links is another question: `haveFeature('uprobe-multi')`, `haveFeature('kprobe-multi')`.
 */
export function multiAttachType(hooks: readonly Hook[]): number | undefined {
  if (hooks.length === 0) return undefined;
  if (hooks.every((hook) => hook.kind === 'uprobe')) return AttachType.TraceUprobeMulti;
  if (hooks.every((hook) => hook.kind === 'kprobe' && (hook.offset ?? 0) === 0)) return AttachType.TraceKprobeMulti;
  return undefined;
}
