import { ProgramType } from '../../../abi/index.ts';
import type { Hook } from '../../../spec/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import type { Target } from '../../target.ts';
import { registerContext } from '../access.ts';
import { fixedPoint } from '../fixed-point.ts';
import { globMatcher } from '../glob.ts';
import { NO_ARGS } from '../messages.ts';

/** A program on a perf event: its context, `struct bpf_perf_event_data`, starts with the registers. */
export function perfEventVariant(
  provider: string,
  name: string,
  hook: Hook & { kind: 'perfEvent' },
  target: Target,
): ProbeVariant {
  return fixedPoint(
    { hook, name },
    { provider, phase: 'run', programType: ProgramType.PerfEvent },
    {
      space: 'kernel',
      args: { error: NO_ARGS },
      ...registerContext(target, 'bpf_perf_event_data'),
      kernelStack: true,
      userStack: true,
    },
  );
}

/** `software:page-faults:` and the like, where what follows may be given. */
export function listNames(
  provider: string,
  names: readonly string[],
  components: readonly string[],
): readonly string[] {
  const [pattern, ...rest] = components;
  if (rest.some((component) => component !== '' && component !== '*')) return [];
  const matches = globMatcher(pattern === undefined || pattern === '' ? '*' : pattern);
  return names
    .filter(matches)
    .map((name) => `${provider}:${name}:`)
    .sort();
}
