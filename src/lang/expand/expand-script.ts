/** A script without macros: each call has become what it stands for. */
import { findFunction, findValue } from '../builtins/index.ts';
import type { Diagnostic } from '../diagnostic/index.ts';
import { findTooDeep } from '../syntax/index.ts';
import type { Item, Script } from '../syntax/index.ts';
import { type Definition, Definitions } from './definitions.ts';
import { Expander, type MacroNames } from './expander.ts';
import { findLibraryMacros, isLibraryMacro } from './library.ts';

export interface ExpandResult {
  readonly script: Script;
  readonly diagnostics: readonly Diagnostic[];
}

export function expandScript(script: Script): ExpandResult {
  const definitions = new Definitions();
  const diagnostics: Diagnostic[] = [];
  const items: Item[] = [];
  for (const item of script.items) {
    if (item.kind !== 'macro') items.push(item);
    else diagnostics.push(...definitions.add({ macro: item, source: item.span.source, isLibrary: false }));
  }
  const functions = new Set(items.flatMap((item) => (item.kind === 'function' ? [item.name] : [])));
  const expander = new Expander(macroNames(definitions, functions));
  const expanded = items.map((item) => expander.expand(item));
  diagnostics.push(...expander.diagnostics);
  if (expander.expansions > 0 && expander.diagnostics.length === 0) diagnostics.push(...tooDeep(expanded));
  return { script: { ...script, items: expanded }, diagnostics };
}

/** The script's own macros and functions before the library's, and those before the builtins. */
function macroNames(own: Definitions, functions: ReadonlySet<string>): MacroNames {
  return {
    find: (name, inLibrary, count) => {
      const library: readonly Definition[] = isLibraryMacro(name) ? findLibraryMacros(name, count) : [];
      if (inLibrary) return [library];
      return functions.has(name) ? [own.find(name)] : [own.find(name), library];
    },
    isBuiltin: (name) => functions.has(name) || findFunction(name) !== undefined || findValue(name) !== undefined,
  };
}

function tooDeep(items: readonly Item[]): readonly Diagnostic[] {
  const span = findTooDeep(items);
  return span === undefined
    ? []
    : [{ severity: 'error', code: 'macro', span, message: 'Macros are nested too deeply here.' }];
}
