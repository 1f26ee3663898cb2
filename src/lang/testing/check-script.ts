/** Checking script text in tests: the tree in short, or the diagnostics in full. */
import { printChecked } from '../checked/index.ts';
import type { CheckedScript } from '../checked/index.ts';
import { renderDiagnostics } from '../diagnostic/index.ts';
import { check } from '../passes/index.ts';
import type { CheckOptions } from '../passes/index.ts';
import { parse } from '../syntax/index.ts';
import type { Target } from '../target.ts';
import { sampleTarget } from './target.ts';

export interface CheckedText {
  readonly checked: CheckedScript | undefined;
  /** As a user sees them. */
  readonly rendered: string;
}

export function checkText(
  text: string,
  options: Partial<CheckOptions> & { readonly target?: Target } = {},
): CheckedText {
  const { target = sampleTarget(), positional = [], unsafe = false, environment = {}, ...rest } = options;
  const source = { name: 'stdin', text };
  const parsed = parse(source, { positional });
  if (parsed.script === undefined)
    return { checked: undefined, rendered: renderDiagnostics(source, parsed.diagnostics, { colour: false }) };
  const { checked, diagnostics } = check(parsed.script, source, target, { positional, unsafe, environment, ...rest });
  return { checked, rendered: renderDiagnostics(source, [...parsed.diagnostics, ...diagnostics], { colour: false }) };
}

/** The first lines of all messages, of statements inside `begin { … }`: `10-17 ERROR: Unknown …`. */
export function complaintsIn(body: string, options: Parameters<typeof checkText>[1] = {}): string[] {
  const { rendered } = checkText(`begin { ${body} }`, options);
  return rendered.split('\n').flatMap((line) => {
    const located = /^stdin:1:(\d+-\d+): (.*)$/.exec(line);
    if (located !== null) return [`${located[1]} ${located[2]}`];
    return /^(ERROR|WARNING|HINT): /.test(line) ? [line] : [];
  });
}

/** The statements of the first program, one line each, without indentation. */
export function statementsOf(text: string, options: Parameters<typeof checkText>[1] = {}): string[] {
  const { checked, rendered } = checkText(text, options);
  if (checked === undefined) throw new Error(rendered);
  const [program] = printChecked({ ...checked, maps: [], programs: checked.programs.slice(0, 1) }).split(/^}\n/m);
  return (program ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('var '));
}

/** The values that `begin { print(X); }` prints, as the checked tree has them. */
export function printedBy(body: string, options: Parameters<typeof checkText>[1] = {}): string[] {
  return statementsOf(`begin { ${body} }`, options).flatMap(
    (line) => /^emit print\((.*)\)$/.exec(line)?.slice(1, 2) ?? [],
  );
}
