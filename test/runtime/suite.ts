/**
 * The form of the `.rt` suites. A case is a block of directives; blocks are separated by blank lines; `#` starts a
 * comment line. A directive's value stands on its line, or below it on lines that begin with `|` (one blank after
 * the bar belongs to the bar). Directives:
 *
 *   NAME TEXT             what the case shows; starts a case
 *   PROG SCRIPT           runs `sonde -e SCRIPT` …
 *   ARGS TEXT             … with this shell text after it
 *   RUN TEXT              instead: shell text, with `sonde` on the search path; $TMPFILE is a path for it to use
 *   ENV NAME=VALUE        one variable; may be repeated
 *   BEFORE TEXT           shell text started before and ended after; $BEFORE_PID in ARGS and RUN is its process
 *   AFTER TEXT            shell text run once the probes are attached; $SONDE_PID is the tracer
 *   EXPECT TEXT           standard output while the script runs, exactly. A last line ending in `\c` has no newline
 *   MAPS TEXT             what follows the two newlines at its end, exactly (with -f json in ARGS all is in EXPECT)
 *   EXPECT_REGEX REGEX    found in standard output, one per line (multi-line mode)
 *   EXPECT_NONE REGEX     not found in standard output, one per line
 *   ERRORS TEXT           standard error, exactly (nothing where empty); a last line ending in `\c` has no newline
 *   STDERR_REGEX REGEX    found in standard error, one per line
 *   STATUS N              exit status, 0 unless given; with another one and without EXPECT nothing may be printed
 *   TIMEOUT SECONDS       20 unless given
 *   MIN_KERNEL X.Y        skipped on older kernels
 *   REQUIRES_FEATURE NAME skipped where the running kernel lacks it (the names are in features.ts)
 *   ROOT no               runs for other users too
 *   OPTIMIZED yes         shows what optimizations do, or the launcher itself: skipped where test/passes takes some away
 */
export interface Case {
  readonly name: string;
  readonly line: number;
  readonly directives: readonly Directive[];
}

export interface Directive {
  readonly name: string;
  readonly value: string;
}

const names = new Set(
  (
    'NAME PROG ARGS RUN ENV BEFORE AFTER EXPECT MAPS EXPECT_REGEX EXPECT_NONE ERRORS STDERR_REGEX ' +
    'STATUS TIMEOUT MIN_KERNEL REQUIRES_FEATURE ROOT OPTIMIZED'
  ).split(' '),
);
const outcomes = new Set(['EXPECT', 'MAPS', 'EXPECT_REGEX', 'EXPECT_NONE', 'ERRORS', 'STDERR_REGEX', 'STATUS']);

interface OpenDirective {
  readonly name: string;
  readonly line: number;
  readonly lines: string[];
  readonly inLine: boolean;
}

/** The cases of a suite. Throws an Error that names the line where the text is not of the form. */
export function parseSuite(text: string, path: string): Case[] {
  const cases: Case[] = [];
  for (const directive of parseDirectives(text, path)) {
    const { name, line } = directive;
    const value = directive.lines.join('\n');
    if (name === 'NAME') cases.push({ name: value, line, directives: [] });
    else if (cases.length === 0) throw new Error(`${path}:${line}: a case starts with NAME`);
    else (cases.at(-1)!.directives as Directive[]).push({ name, value });
  }
  for (const { name, line, directives } of cases) checkCase(`${path}:${line}: ${name}`, directives);
  return cases;
}

function parseDirectives(text: string, path: string): OpenDirective[] {
  const found: OpenDirective[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    if (content.startsWith('|')) {
      const last = found.at(-1);
      if (last === undefined || last.inLine)
        throw new Error(`${path}:${line}: the directive above has its value already`);
      last.lines.push(content.replace(/^\| ?/, ''));
    } else if (content.trim() !== '' && !content.startsWith('#')) {
      const [, name, value] = /^([A-Z_]+)(?: (.*))?$/.exec(content) ?? [];
      if (name === undefined || !names.has(name)) throw new Error(`${path}:${line}: no directive: ${content}`);
      found.push({ name, line, lines: value === undefined ? [] : [value], inLine: value !== undefined });
    }
  }
  return found;
}

/** A case runs one thing and says what comes of it: else it could not fail. */
function checkCase(where: string, directives: readonly Directive[]): void {
  if (directives.filter(({ name }) => name === 'PROG' || name === 'RUN').length !== 1) {
    throw new Error(`${where}: needs one PROG or one RUN`);
  }
  if (!directives.some(({ name }) => outcomes.has(name))) throw new Error(`${where}: expects nothing`);
}
