/** `import`: what other files give to a script (spec G-09, G-10). */
import type { ImportedHeader } from '../c/index.ts';
import type { Stability } from '../config.ts';
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import { copyTree } from '../expand/clone.ts';
import { allNodes } from '../passes/scan/walk.ts';
import { decodeSource } from '../source/index.ts';
import { parse } from '../syntax/index.ts';
import type { Item, Script, Statement } from '../syntax/index.ts';
import type { LinkedObject } from '../../spec/index.ts';
import type { ImportedPath, Target } from '../target.ts';
import { beside, extensionOf, within } from './paths.ts';

export interface ImportResult {
  /** What was imported stands before the script's own. */
  readonly script: Script;
  readonly headers: readonly ImportedHeader[];
  readonly objects: readonly ImportedObject[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Functions to call, and where the script imports them. */
export interface ImportedObject {
  readonly path: string;
  readonly object: LinkedObject;
  readonly span: Span;
}

interface Options {
  readonly positional: readonly string[];
  readonly includeFolders: readonly string[];
  readonly unstableStatements: Stability;
}

/** Nothing is asked of the target where a script imports nothing. */
export function resolveImports(script: Script, source: SourceFile, target: Target, options: Options): ImportResult {
  const importer = new Importer(source, target, options);
  importer.importAll(script, source);
  const { items, headers, objects, diagnostics } = importer;
  const whole = items.length === 0 ? script : { ...script, items: [...items, ...script.items] };
  return { script: whole, headers, objects, diagnostics };
}

type Wanted = { readonly path: string; readonly span: Span };

class Importer {
  readonly items: Item[] = [];
  readonly headers: ImportedHeader[] = [];
  readonly objects: ImportedObject[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #main: SourceFile;
  readonly #target: Target;
  readonly #options: Options;
  /** Files that are in already. */
  readonly #known = new Set<string>();
  /** The import of the script itself that led here. */
  #from: Span | undefined;

  constructor(main: SourceFile, target: Target, options: Options) {
    this.#main = main;
    this.#target = target;
    this.#options = options;
  }

  importAll(script: Script, source: SourceFile): void {
    const wanted = [...script.imports, ...this.#statements(script)];
    if (wanted.length > 0 && source === this.#main) this.#rememberMain();
    for (const { path, span } of wanted) {
      const outer = this.#from;
      this.#from ??= span;
      this.#import(beside(source.name, path), span);
      this.#from = outer;
    }
  }

  /** A file that imports the script back finds it in place. */
  #rememberMain(): void {
    if (this.#main.name === 'stdin') return;
    const main = this.#target.readImport?.(this.#main.name);
    if (main !== undefined && 'id' in main) this.#known.add(main.id);
  }

  #statements(script: Script): readonly Wanted[] {
    const found: (Statement & { kind: 'importStatement' })[] = [];
    for (const item of script.items)
      for (const node of allNodes(item))
        if (node.kind === 'importStatement') found.push(node as (typeof found)[number]);
    const { unstableStatements } = this.#options;
    const hints = ["Set the config 'unstable_import_statement' to 'enable' to use it without this message."];
    const [first] = found;
    if (unstableStatements === 'warn' && first !== undefined)
      this.#report(
        'warning',
        first.span,
        'import in a block is an unstable feature: how it works may still change.',
        hints,
      );
    if (unstableStatements !== 'error') return found;
    for (const { span } of found)
      this.#report('error', span, 'import in a block is an unstable feature and is switched off.', hints);
    return [];
  }

  #import(path: string, span: Span): void {
    const found = this.#target.readImport?.(path) ?? { error: 'this target has no files' };
    if ('error' in found) return this.#fail(span, path, found.error);
    if (found.isWorldWritable)
      return this.#fail(span, path, 'everyone may write to it, so what it does may not be what its author meant', [
        `Take that right away: chmod o-w ${path}`,
      ]);
    if (this.#known.has(found.id)) return;
    this.#known.add(found.id);
    if ('names' in found) this.#importFolder(path, found.names, span);
    else this.#importFile(path, found, span);
  }

  #importFolder(path: string, names: readonly string[], span: Span): void {
    const wanted = [...names].sort().filter((name) => !name.startsWith('.') && KINDS.has(extensionOf(name)));
    for (const name of wanted) this.#import(within(path, name), span);
    if (wanted.length === 0) this.#fail(span, path, 'there is no .bt, .h, .c or .o file in this folder');
  }

  #importFile(path: string, { bytes }: ImportedPath & { readonly bytes: Uint8Array }, span: Span): void {
    switch (extensionOf(path)) {
      case '.bt':
        return this.#importScript(path, bytes, span);
      case '.h':
        this.headers.push({ path, text: decodeSource(path, bytes).source.text, span: this.#from! });
        return;
      case '.c':
      case '.o':
        return this.#importCode(path, bytes, span);
      default:
        return this.#fail(span, path, 'only files that end in .bt, .h, .c or .o and folders can be imported');
    }
  }

  #importCode(path: string, bytes: Uint8Array, span: Span): void {
    const found = this.#target.readCode?.(path, bytes, this.#options.includeFolders) ?? {
      error: 'this target has no compiler',
    };
    if ('error' in found) this.#fail(span, path, found.error, found.hints);
    else this.objects.push({ path, object: found, span: this.#from! });
  }

  #importScript(path: string, bytes: Uint8Array, span: Span): void {
    const { source, diagnostics: unfit } = decodeSource(path, bytes);
    if (unfit.length > 0) return this.#fail(span, path, unfit[0]!.message);
    const { script: parsed, diagnostics } = parse(source, { positional: this.#options.positional });
    const place = (inside: Span): Span => ({ ...inside, source });
    this.diagnostics.push(...diagnostics.map((diagnostic) => copyTree(diagnostic, place)));
    if (parsed === undefined) return;
    const script = copyTree(parsed, place);
    if (script.config !== undefined)
      this.#report('error', script.config.span, 'a file that is imported can have no config block', [
        'Settings belong to the script that is run.',
      ]);
    if (script.declarations.length > 0) this.headers.push({ path, text: onlyC(script, source), span: this.#from! });
    this.importAll(script, source);
    this.items.push(...script.items);
  }

  #fail(span: Span, path: string, reason: string, hints?: readonly string[]): void {
    this.#report('error', span, `Failed to import '${path}': ${reason}`, hints);
  }

  #report(severity: Diagnostic['severity'], span: Span, message: string, hints?: readonly string[]): void {
    this.diagnostics.push({ severity, code: 'import', span, message, hints });
  }
}

const KINDS: ReadonlySet<string> = new Set(['.bt', '.h', '.c', '.o']);

/** The C of a script, on the lines where it stands. */
function onlyC({ declarations }: Script, { text }: SourceFile): string {
  let c = '';
  let end = 0;
  for (const { span } of declarations) {
    c += text.slice(end, span.start).replace(/[^\n]/g, ' ') + text.slice(span.start, span.end);
    end = span.end;
  }
  return `${c}\n`;
}
