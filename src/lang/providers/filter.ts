/** --probe-filter: what is left of a probe when only points with a fitting name are wanted. */
import type { ProbeVariant } from '../checked/index.ts';
import type { Resolution } from './provider.ts';

/** What belongs to the script's own life stays. */
const KEPT: ReadonlySet<string> = new Set(['begin', 'end', 'signal']);

export function filterPoints(resolution: Resolution, filter: RegExp | undefined): Resolution {
  if (filter === undefined) return resolution;
  const variants = resolution.variants.flatMap((variant) => filterVariant(variant, filter) ?? []);
  return { ...resolution, variants };
}

function filterVariant(variant: ProbeVariant, filter: RegExp): ProbeVariant | undefined {
  if (KEPT.has(variant.phase)) return variant;
  if (variant.systemCalls !== undefined && variant.context.probeName.kind === 'symbolic')
    return filterSystemCalls(variant, variant.systemCalls, variant.context.probeName.names, filter);
  const points = variant.points.filter(({ name }) => filter.test(name));
  if (points.length === variant.points.length) return variant;
  return points.length === 0 ? undefined : { ...variant, points, pointCount: points.length };
}

/** One point in the kernel stands for all of them: the calls are told apart in the program. */
function filterSystemCalls(
  variant: ProbeVariant,
  systemCalls: NonNullable<ProbeVariant['systemCalls']>,
  names: ReadonlyMap<bigint, string>,
  filter: RegExp,
): ProbeVariant | undefined {
  const numbers = systemCalls.numbers.filter((number) => filter.test(names.get(BigInt(number)) ?? ''));
  if (numbers.length === 0) return undefined;
  return { ...variant, systemCalls: { ...systemCalls, numbers }, pointCount: numbers.length };
}
