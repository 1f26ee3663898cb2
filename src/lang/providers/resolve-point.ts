import { nearest } from '../diagnostic/index.ts';
import type { AttachPointText } from '../syntax/index.ts';
import type { Target } from '../target.ts';
import { filterPoints } from './filter.ts';
import { isPattern, matcherOf } from './glob.ts';
import { checkLimits } from './limits.ts';
import { didYouMean, noMatches, pointError, refused } from './messages.ts';
import type { Provider, Resolution, ResolveOptions } from './provider.ts';
import { findProvider, providers } from './registry.ts';

/** What one attach point of a script stands for: programs to make, or why there are none. */
export function resolvePoint(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [name] = point.components;
  if (name === undefined) return refused(pointError(point, 'unknown-provider', 'Invalid probe type: '));
  if (isPattern(name)) return resolveWildcard(point, target, options);
  const provider = findProvider(name.text);
  if (provider === undefined) return unknownProvider(point, name.text, target);
  return withinLimits(provider.resolve(point, target, options), options);
}

/** All attach points of a probe. Together they can need fewer programs than each for itself. */
export function resolvePoints(points: readonly AttachPointText[], target: Target, options: ResolveOptions): Resolution {
  const groups = Map.groupBy(points, listProvider);
  const resolutions = [...groups].flatMap(([provider, group]) => {
    if (provider?.resolveList !== undefined && group.length > 1) return [provider.resolveList(group, target, options)];
    return group.map((point) => resolvePoint(point, target, options));
  });
  const merged = {
    variants: resolutions.flatMap((each) => each.variants),
    diagnostics: resolutions.flatMap((each) => each.diagnostics),
  };
  return withinLimits(merged, options);
}

function listProvider(point: AttachPointText): Provider | undefined {
  const [name] = point.components;
  const provider = name === undefined || isPattern(name) ? undefined : findProvider(name.text);
  return provider?.resolveList === undefined ? undefined : provider;
}

/** P-02: a target's path, or none with -p, means user probes, everything else kernel probes. */
function resolveWildcard(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const wanted = matcherOf(point.components[0]!);
  const path = point.components[1]?.text ?? '';
  const kernel = [
    'kprobe',
    'tracepoint',
    'software',
    'hardware',
    ...(target.btf === undefined ? [] : ['rawtracepoint']),
  ];
  const isUser = path.includes('/') || (path === '' && options.pid !== undefined);
  const candidates = isUser ? ['uprobe', 'usdt'] : kernel;
  const attempts = candidates
    .filter(wanted)
    .map((name) => findProvider(name)?.resolve(point, target, options))
    .filter((attempt) => attempt !== undefined);
  const fitting = attempts.filter((attempt) => attempt.variants.length > 0);
  if (fitting.length === 0) return noMatches(point, options, point.text);
  const merged = {
    variants: fitting.flatMap((each) => each.variants),
    diagnostics: fitting.flatMap((each) => each.diagnostics),
  };
  return withinLimits(merged, options);
}

function unknownProvider(point: AttachPointText, name: string, target: Target): Resolution {
  const close = nearest(
    name,
    providers.flatMap((provider) => provider.aliases.filter((alias) => alias.length > 2)),
  );
  const hint = didYouMean(close) ?? functionHint(point, name, target);
  return refused(
    pointError(point, 'unknown-provider', `Invalid probe type: ${name}`, hint === undefined ? [] : [hint]),
  );
}

/** `sched:sched_switch` without its provider. */
function functionHint(point: AttachPointText, name: string, target: Target): string | undefined {
  const [, event] = point.components;
  if (event === undefined) return undefined;
  return target.tracepointFormat(name, event.text) === undefined
    ? undefined
    : didYouMean(`tracepoint:${name}:${event.text}`);
}

/** One attach point alone can be too much, which is better said before thousands of programs are compiled. */
function withinLimits(resolution: Resolution, options: ResolveOptions): Resolution {
  const kept = filterPoints(resolution, options.probeFilter);
  const excess = checkLimits(kept.variants, options.config);
  return excess.length === 0 ? kept : refused(...excess);
}
