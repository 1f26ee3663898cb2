/** Programs that stand for one attach point of a name that is known. */
import type { PlannedPoint } from '../../spec/index.ts';
import type { ProbeContext, ProbeVariant } from '../checked/index.ts';

type Known = 'points' | 'pointCount' | 'context' | 'filterByPid';

export function fixedPoint(
  { hook, name }: PlannedPoint,
  program: Omit<ProbeVariant, Known> & { readonly filterByPid?: boolean },
  context: Omit<ProbeContext, 'probeName' | 'probeType'> & { readonly probeType?: string },
): ProbeVariant {
  return {
    ...program,
    points: [{ hook, name }],
    pointCount: 1,
    context: { probeName: { kind: 'fixed', name }, probeType: program.provider, ...context },
    filterByPid: program.filterByPid ?? false,
  };
}
