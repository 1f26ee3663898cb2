/** What providers say about attach points that can't be used. */
import type { Diagnostic } from '../diagnostic/index.ts';
import type { AttachPointText } from '../syntax/index.ts';
import type { Resolution, ResolveOptions } from './provider.ts';

export const NO_ARGS =
  'The args builtin can only be used with tracepoint, rawtracepoint, fentry, fexit and uprobe probes';

export function pointError(
  point: AttachPointText,
  code: string,
  message: string,
  hints: readonly string[] = [],
): Diagnostic {
  return { severity: 'error', code, message, span: point.span, ...(hints.length === 0 ? {} : { hints }) };
}

export function pointWarning(
  point: AttachPointText,
  code: string,
  message: string,
  hints: readonly string[] = [],
): Diagnostic {
  return { ...pointError(point, code, message, hints), severity: 'warning' };
}

export function refused(...diagnostics: Diagnostic[]): Resolution {
  return { variants: [], diagnostics };
}

/**
 * A point that can't be attached: an error, or with missing_probes=warn a warning, or with ignore nothing
 * (spec P-04, P-06).
 */
export function missing(
  point: AttachPointText,
  options: ResolveOptions,
  problem: { readonly code: string; readonly message: string; readonly hints?: readonly string[] },
): Resolution {
  const { code, message, hints = [] } = problem;
  switch (options.config.missingProbes) {
    case 'error':
      return refused(pointError(point, code, message, hints));
    case 'warn':
      return refused(pointWarning(point, code, `${message} Skipping.`, hints));
    case 'ignore':
      return refused();
  }
}

/** E-129: `No matches for tracepoint sched:nosuch.` */
export function noMatches(
  point: AttachPointText,
  options: ResolveOptions,
  what: string,
  hints: readonly (string | undefined)[] = [],
): Resolution {
  return missing(point, options, {
    code: 'no-match',
    message: `No matches for ${what}.`,
    hints: hints.filter((hint) => hint !== undefined),
  });
}

export function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `Did you mean ${name}?`;
}

/** P-03: `tracepoint probe type requires 2 arguments, found 1`. */
export function wrongCount(point: AttachPointText, provider: string, needed: string, form: string): Resolution {
  const found = point.components.length - 1;
  const plural = needed === '1' ? 'argument' : 'arguments';
  return refused(
    pointError(point, 'component-count', `${provider} probe type requires ${needed} ${plural}, found ${found}`, [
      `Write it as ${form}.`,
    ]),
  );
}
