import { UnsupportedFeatureError } from '../base/index.ts';
import { capabilities, type CapabilityName } from '../kernel/index.ts';

/** Throws UnsupportedFeatureError, with what would help and what works without, where this process may not trace. */
export function requireCapabilities(): void {
  const have = capabilities();
  // CAP_SYS_ADMIN stands for both: before kernel 5.8 they were a part of it.
  if (have.has('SYS_ADMIN')) return;
  const missing = (['BPF', 'PERFMON'] as const satisfies readonly CapabilityName[]).filter((name) => !have.has(name));
  if (missing.length === 0) return;
  const [first, second] = missing.map((name) => `CAP_${name}`);
  const which =
    second === undefined
      ? `${first}, which this process lacks`
      : `${first} and ${second}, and this process has neither`;
  throw new UnsupportedFeatureError('tracing', `Tracing needs ${which}`, {
    advice:
      'Run it as root, or grant them: with these two alone raw tracepoints, profile and interval probes work; tracepoints and function probes also need to read tracefs, as root can.',
  });
}
