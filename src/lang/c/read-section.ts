/** The C section of a script, with its headers: from text to definitions. */
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import type { Target } from '../target.ts';
import { readDeclarations } from './declarations.ts';
import { btfAsOutside, CDefinitions } from './definitions.ts';
import { CError, inScript, joinLines, lineOf } from './file.ts';
import type { CFile, CPlace } from './file.ts';
import { KERNEL_DEFINITIONS, predefinitions } from './predefined.ts';
import { Preprocessor } from './preprocessor.ts';
import { HeaderSearch } from './search.ts';
import { CScope } from './types.ts';

/** A header by `import`. */
export interface ImportedHeader {
  readonly path: string;
  readonly text: string;
  /** Of the import in the script. */
  readonly span: Span;
}

export interface CInput {
  readonly source: SourceFile;
  /** Where C stands in the script, in order. */
  readonly pieces: readonly { readonly span: Span }[];
  /** Read after the script's own C. */
  readonly imports: readonly ImportedHeader[];
  /** --include: read before all else. */
  readonly includes: readonly string[];
  /** -I. */
  readonly includeFolders: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface CResult {
  /** Undefined where a diagnostic is an error. */
  readonly definitions: CDefinitions | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads it all; the first thing wrong ends it. */
export function readCSection(input: CInput, target: Target): CResult {
  const search = new HeaderSearch(target, input);
  const { btf } = target;
  const source = new Preprocessor(search, btf !== undefined);
  const scope = new CScope();
  const main = mainFile(input);
  try {
    enterFiles(source, search, input, main, predefinitions(target.architecture, btf !== undefined));
    readDeclarations(source, scope, btfAsOutside(btf));
  } catch (error) {
    if (!(error instanceof CError)) throw error;
    return { definitions: undefined, diagnostics: [...warnings(source, main), diagnosticOf(error, main)] };
  }
  return { definitions: new CDefinitions(scope, source, btf), diagnostics: warnings(source, main) };
}

/** The script with all but its C blanked out, so that places in it are places in the script. */
function mainFile({ source, pieces }: CInput): CFile {
  let text = '';
  for (const { span } of pieces) {
    const gap = span.start - text.length;
    // Whatever stands between, the next piece begins a line.
    if (gap > 0) text += `${' '.repeat(gap - 1)}\n`;
    text += source.text.slice(span.start, span.end);
  }
  return { path: source.name, text, isSystem: false, includedAt: undefined };
}

/** The file entered last is read first. */
function enterFiles(
  source: Preprocessor,
  search: HeaderSearch,
  { imports, includes }: CInput,
  main: CFile,
  predefined: string,
): void {
  for (const { path, text, span } of [...imports].reverse()) {
    source.enter({ path, text: joinLines(text), isSystem: false, includedAt: { file: main, ...span } });
  }
  source.enter(main);
  const readsHeaders =
    includes.length > 0 ||
    [main.text, ...imports.map(({ text }) => text)].some((text) => /^\s*#\s*include/m.test(text));
  const kernel = readsHeaders && search.kernelFolders.length > 0;
  const first = [...(kernel ? ['linux/kconfig.h'] : []), ...includes];
  source.enter(virtual(first.map((name) => `#include "${name}"\n`).join('')));
  source.enter(virtual(kernel ? predefined + KERNEL_DEFINITIONS : predefined));
}

function virtual(text: string): CFile {
  return { path: '', text, isSystem: true, includedAt: undefined };
}

function warnings(source: Preprocessor, main: CFile): Diagnostic[] {
  return source.missing.map(({ name, place }) => ({
    severity: 'warning',
    code: 'include',
    span: spanIn(place, main),
    message: `${name} was not found: kernel types come from BTF`,
  }));
}

function spanIn(place: CPlace, main: CFile): Span | undefined {
  const { file, start, end } = inScript(place);
  return file === main ? { start, end } : undefined;
}

function diagnosticOf(error: CError, main: CFile): Diagnostic {
  const { place } = error;
  const where = place.file === main || place.file.path === '' ? '' : `${place.file.path}:${lineOf(place)}: `;
  const hints = error.code === 'unknown-type' ? ['Include the header that defines it.'] : error.hints;
  return {
    severity: 'error',
    code: error.code,
    span: spanIn(place, main),
    message: where + error.message,
    ...(hints.length === 0 ? {} : { hints }),
  };
}
