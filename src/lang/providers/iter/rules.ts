/** What iterators want of the rest of their script (spec P-90, E-60). */
import type { ProbeVariant } from '../../checked/index.ts';
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import type { Probe } from '../../syntax/index.ts';

interface Program {
  readonly probe: Probe;
  readonly variant: ProbeVariant;
}

/** An iterator ends with what there is, everything else when someone ends it: they don't go together. */
export function checkIterators(programs: readonly Program[]): readonly Diagnostic[] {
  if (programs.every(({ variant }) => variant.phase !== 'iterate')) return [];
  const found: Diagnostic[] = [];
  const report = (span: Span | undefined, message: string, hint: string): void =>
    void found.push({ severity: 'error', code: 'iter', span, message, hints: [hint] });
  for (const { probe, variant } of programs) {
    if (variant.phase === 'iterate') {
      if (probe.points.length > 1)
        report(
          probe.points[1]?.span,
          'Only one attach point is allowed in a probe with iter',
          'Write a probe for each.',
        );
    } else if (variant.phase === 'run' || variant.phase === 'signal') {
      const message = `${variant.provider} probes can't be in one script with iter probes`;
      report(probe.points[0]?.span, message, 'Only begin, end and more iter probes can.');
    }
  }
  return found;
}
