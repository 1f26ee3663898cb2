import { paint, renderLocated } from '../../base/index.ts';
import type { Diagnostic, Severity, SourceFile, Span } from './diagnostic.ts';

export interface RenderOptions {
  readonly colour: boolean;
}

/** Everything for the terminal: errors first, then warnings, each group in the given order. Empty text for none. */
export function renderDiagnostics(
  source: SourceFile,
  diagnostics: readonly Diagnostic[],
  options: RenderOptions,
): string {
  return (
    renderGroup(source, ofSeverity(diagnostics, 'error'), 'ERROR', options) +
    renderGroup(source, ofSeverity(diagnostics, 'warning'), 'WARNING', options)
  );
}

/** Nobody reads more of a kind at once. */
const MOST_SHOWN = 50;

function renderGroup(
  source: SourceFile,
  diagnostics: readonly Diagnostic[],
  level: string,
  options: RenderOptions,
): string {
  const shown = diagnostics.slice(0, MOST_SHOWN).map((diagnostic) => renderDiagnostic(source, diagnostic, options));
  const rest = diagnostics.length - shown.length;
  const more = rest === 0 ? '' : `${paint(`${level}: ${rest} more`, level, options.colour)}\n`;
  return shown.join('') + more;
}

function ofSeverity(diagnostics: readonly Diagnostic[], severity: Severity): Diagnostic[] {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity);
}

/** The main entry, the related ones in the same shape and level, then the hints. */
function renderDiagnostic(source: SourceFile, diagnostic: Diagnostic, options: RenderOptions): string {
  const level = diagnostic.severity === 'error' ? 'ERROR' : 'WARNING';
  const entries = [
    renderEntry(source, diagnostic.span, level, diagnostic.message, options),
    ...(diagnostic.related ?? []).map(({ span, message }) =>
      renderEntry(source, withoutCalls(span, diagnostic.span), level, message, options),
    ),
    ...(diagnostic.hints ?? []).map((hint) => `HINT: ${hint}\n`),
  ];
  return entries.join('');
}

/** The calls of macros around the main entry are not shown again for places in the same body. */
function withoutCalls(span: Span, main: Span | undefined): Span {
  return span.expandedFrom === main?.expandedFrom ? { ...span, expandedFrom: undefined } : span;
}

function renderEntry(
  source: SourceFile,
  span: Span | undefined,
  level: string,
  text: string,
  { colour }: RenderOptions,
): string {
  if (span === undefined) return `${paint(`${level}: ${text}`, level, colour)}\n`;
  return renderLocated(source, span, level, text, { colour });
}
