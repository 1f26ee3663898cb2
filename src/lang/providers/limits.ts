/** P-05, E-132: how many points and programs a script may have. */
import type { ProbeVariant } from '../checked/index.ts';
import type { ScriptConfig } from '../config.ts';
import type { Diagnostic } from '../diagnostic/index.ts';

/** Of the variants of a whole script. */
export function checkLimits(variants: readonly ProbeVariant[], config: ScriptConfig): readonly Diagnostic[] {
  const points = variants.reduce((sum, variant) => sum + variant.pointCount, 0);
  if (points > config.maxProbes) return [exceeded('attach to', points, 'probes', config.maxProbes, 'MAX_PROBES')];
  if (variants.length > config.maxBpfProgs)
    return [exceeded('make', variants.length, 'BPF programs', config.maxBpfProgs, 'MAX_BPF_PROGS')];
  return [];
}

/** The same for the matches of one wildcard, before anything is made of them. `what`: provider and pattern. */
export function exceedsProbes(points: number, config: ScriptConfig, what: string): Diagnostic | undefined {
  if (points <= config.maxProbes) return undefined;
  const limit = exceeded('attach to', points, 'probes', config.maxProbes, 'MAX_PROBES');
  return { ...limit, hints: [`${what} matches ${points}: ${NARROW}`, ...(limit.hints ?? [])] };
}

const NARROW = 'write more of the name, or the module it is in (`sonde -l` shows what a pattern matches).';

function exceeded(verb: string, count: number, things: string, limit: number, setting: string): Diagnostic {
  return {
    severity: 'error',
    code: 'limit',
    message: `Can't ${verb} ${count} ${things} because it exceeds the current limit of ${limit} ${things}.`,
    span: undefined,
    hints: [
      `Narrow the pattern (sonde -l shows what it matches), or raise the limit with the BPFTRACE_${setting} environment variable or ${setting.toLowerCase()} in a config block, but the system may slow down or run out of memory.`,
    ],
  };
}
