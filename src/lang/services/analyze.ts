/** What is wrong with a script, as far as that can be told: for checks that run nothing. */
import { compile } from '../compile.ts';
import type { Diagnostic, SourceFile } from '../diagnostic/index.ts';
import type { Target } from '../target.ts';

export interface AnalyzeOptions {
  readonly positional: readonly string[];
  /** Named options by name. */
  readonly named?: ReadonlyMap<string, string | undefined>;
  readonly unsafe: boolean;
  readonly includeFolders?: readonly string[];
  readonly includes?: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What of the machine's knowledge was not to be had: mistakes that lie in it are not the script's. */
  readonly blind: { readonly functions: boolean; readonly symbols: boolean };
}

/** What the machine, not the script, is the reason of. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['tracefs', 'no-btf', 'no-kprobes', 'no-uprobes', 'no-fentry']);
/** Code of warnings about what could not be checked here. */
export const NOT_CHECKED = 'not-checked';

/** All errors and warnings, those of code generation too. Those that this machine is the reason of become warnings. */
export function analyze(source: SourceFile, target: Target, options: AnalyzeOptions): readonly Diagnostic[] {
  const { diagnostics } = compile(source, target, { ...options, runs: 'all', bootTimeNs: 0n });
  const missing = diagnostics.filter(({ code }) => code === 'missing-parameter');
  const unknown = diagnostics.filter(
    ({ code, span }) =>
      code !== 'missing-parameter' &&
      span !== undefined &&
      missing.some((parameter) => span.start <= parameter.span!.start && parameter.span!.end <= span.end),
  );
  return diagnostics
    .filter((diagnostic) => !missing.includes(diagnostic))
    .map((diagnostic) => {
      if (unknown.includes(diagnostic) && isAttachPoint(source, diagnostic))
        return notChecked(diagnostic, 'the attach point depends on a parameter');
      return isBlind(diagnostic, options.blind) ? notChecked(diagnostic, diagnostic.message) : diagnostic;
    });
}

/** A parameter stands outside of blocks only in an attach point. */
function isAttachPoint({ text }: SourceFile, { span, severity }: Diagnostic): boolean {
  return severity === 'error' && span !== undefined && /^[^\s{}]*$/.test(text.slice(span.start, span.end));
}

/** What the machine knows is asked for only by a mistake that lies in it: to read all its symbols takes longer than the check. */
function isBlind({ code }: Diagnostic, blind: AnalyzeOptions['blind']): boolean {
  if (OF_THE_MACHINE.has(code)) return true;
  return (code === 'no-match' && blind.functions) || (code === 'unknown-symbol' && blind.symbols);
}

function notChecked({ span }: Diagnostic, reason: string): Diagnostic {
  return { severity: 'warning', code: NOT_CHECKED, span, message: `Not checked: ${reason}` };
}
