/** `sonde check FILE…`: what is wrong with scripts. Loads nothing into the kernel and needs no privileges. */
import { positionAt, SystemError } from '../base/index.ts';
import { type Diagnostic, loadServices, renderDiagnostics, type SourceFile, type Span } from '../lang/index.ts';
import { openCheckTarget } from '../runtime/index.ts';
import { type Arguments, UsageError } from './arguments.ts';
import type { Messages } from './messages.ts';
import { readScript } from './read-script.ts';
import { print } from './write-fully.ts';

interface Checked {
  readonly source: SourceFile;
  readonly diagnostics: readonly Diagnostic[];
}

/** Returns the exit status: 1 where some script has an error or can't be read. */
export async function checkFiles(args: Arguments, messages: Messages, environment: NodeJS.ProcessEnv): Promise<number> {
  const files = args.program === undefined ? args.positional : [undefined];
  if (files.length === 0) throw new UsageError("check: filename or -e 'program' required.");
  const { analyze } = await loadServices();
  const { target, blind } = openCheckTarget();
  const { unsafe, includeFolders, includes } = args;
  const options = { unsafe, includeFolders, includes, environment, blind };
  const checked: Checked[] = [];
  let failed = false;
  for (const file of files) {
    try {
      const script = readScript({ ...args, positional: file === undefined ? [] : [file] }, messages);
      if (script === undefined) {
        failed = true;
        continue;
      }
      const { source, positional, named } = script;
      checked.push({ source, diagnostics: analyze(source, target, { ...options, positional, named }) });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      messages.exception(error, { verbose: false });
      failed = true;
    }
  }
  const shown = args.warnings === 0 ? checked.map(withoutWarnings) : checked;
  print(args.format === 'json' ? printJson(shown) : printText(shown, messages.colour));
  return failed || countOf(checked, 'error') > 0 ? 1 : 0;
}

function withoutWarnings({ source, diagnostics }: Checked): Checked {
  return { source, diagnostics: diagnostics.filter(({ severity }) => severity === 'error') };
}

function countOf(checked: readonly Checked[], severity: Diagnostic['severity']): number {
  return checked.flatMap(({ diagnostics }) => diagnostics).filter((each) => each.severity === severity).length;
}

function printText(checked: readonly Checked[], colour: boolean): string {
  return checked.map(({ source, diagnostics }) => renderDiagnostics(source, diagnostics, { colour })).join('');
}

/** One object; its form is described in docs/language/command-line.md. */
function printJson(checked: readonly Checked[]): string {
  const files = checked.map(({ source, diagnostics }) => ({
    file: source.name,
    diagnostics: diagnostics.map((diagnostic) => jsonOf(source.text, diagnostic)),
  }));
  return `${JSON.stringify({ files, errors: countOf(checked, 'error'), warnings: countOf(checked, 'warning') })}\n`;
}

function jsonOf(text: string, { severity, code, message, span, hints = [], related = [] }: Diagnostic): object {
  return {
    severity,
    code,
    message,
    range: span === undefined ? null : rangeOf(text, span),
    hints,
    related: related.map((each) => ({ message: each.message, range: rangeOf(text, each.span) })),
  };
}

/** Lines and columns from 1, the end exclusive. In an imported file the file is named. */
function rangeOf(script: string, { start, end, source }: Span): object {
  const text = source?.text ?? script;
  const range = { start: positionAt(text, start), end: positionAt(text, Math.max(start, end)) };
  return source === undefined ? range : { file: source.name, ...range };
}
