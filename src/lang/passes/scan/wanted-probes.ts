/** Which of a script's probes a run is about: tests and benchmarks are run only when asked for, and then nothing else is. */
import type { Diagnostic, Span } from '../../diagnostic/index.ts';
import { findProvider } from '../../providers/index.ts';
import type { AttachPointText, Probe } from '../../syntax/index.ts';

/** `all`: for checks that run nothing. */
type Runs = 'test' | 'bench' | 'all' | undefined;

/** The probe with the points that are wanted; undefined where none is. */
export function wantedPoints(probe: Probe, runs: Runs): Probe | undefined {
  const points = probe.points.filter((point) => isWanted(kindOf(point), runs));
  if (points.length === probe.points.length) return probe;
  return points.length === 0 ? undefined : { ...probe, points };
}

function isWanted(kind: string | undefined, runs: Runs): boolean {
  if (runs === 'all') return true;
  if (runs === undefined) return kind !== 'test' && kind !== 'bench';
  return kind === runs || kind === 'begin' || kind === 'end';
}

function kindOf(point: AttachPointText): string | undefined {
  return findProvider(point.components[0]?.text ?? '')?.name;
}

/** Names are for reports and references: each means one attach point. */
export function findRepeatedNames(probes: readonly Probe[]): readonly Diagnostic[] {
  const first = new Map<string, Span>();
  const found: Diagnostic[] = [];
  for (const point of probes.flatMap((probe) => probe.points)) {
    const kind = kindOf(point);
    const isReported = kind === 'test' || kind === 'bench';
    const name = point.name ?? (isReported ? point.components[1]?.text : undefined);
    if (name === undefined) continue;
    const key = isReported ? `${kind} ${name}` : name;
    const before = first.get(key);
    first.set(key, before ?? point.span);
    if (before === undefined) continue;
    const what = isReported ? `${kind} probe` : 'probe';
    found.push({
      severity: 'error',
      code: 'duplicate-name',
      span: point.span,
      message: `"${name}" was used as the name for more than one ${what}`,
      related: [{ span: before, message: 'This is the first one.' }],
    });
  }
  return found;
}

/** P-07: a run without a probe of its kind. */
export function findNothingToRun(
  probes: readonly Probe[],
  programs: readonly { readonly variant: { readonly phase: string } }[],
  runs: Runs,
): readonly Diagnostic[] {
  const isEmpty =
    runs === undefined || runs === 'all'
      ? programs.length === 0
      : programs.every(({ variant }) => variant.phase !== runs);
  if (!isEmpty) return [];
  const kinds = new Set(probes.flatMap((probe) => probe.points.map(kindOf)));
  const others = (['test', 'bench'] as const).filter((kind) => kind !== runs && kinds.has(kind));
  const error = { severity: 'error', code: 'no-probes', span: undefined } as const;
  if (runs === undefined && others.length > 0 && [...kinds].every((kind) => kind === 'test' || kind === 'bench')) {
    const flags = others.map((kind) => `--${kind}`).join(' or ');
    const what = others.map((kind) => NAMES[kind]).join(' and ');
    return [
      { ...error, message: `No probes to attach: the script has only ${what}`, hints: [`Run it with ${flags}.`] },
    ];
  }
  if (runs !== undefined && runs !== 'all') return [{ ...error, message: `No ${NAMES[runs]} to run` }];
  return [{ ...error, message: 'No probes to attach' }];
}

const NAMES = { test: 'tests', bench: 'benchmarks' } as const;
