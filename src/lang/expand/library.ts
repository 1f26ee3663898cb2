/** The standard library's macros: found by name in an index; only what a script uses is parsed. */
import { type LibraryFile, libraryFiles } from '../stdlib/index.ts';
import { parseMacro } from '../syntax/index.ts';
import type { Definition } from './definitions.ts';

const parsed = new Map<string, Definition>();

/** The macros of a name; with `count`, only those with so many parameters: each costs a parse, and half the builtins' names are macros' too. */
export function findLibraryMacros(name: string, count: number | undefined): readonly Definition[] {
  return libraryFiles.flatMap((file) => {
    const offsets = Object.hasOwn(file.macros, name) ? file.macros[name]! : [];
    return offsets
      .filter((offset) => count === undefined || parameterCount(file.text, offset) === count)
      .map((offset) => definitionAt(file, offset));
  });
}

export function isLibraryMacro(name: string): boolean {
  return libraryFiles.some((file) => Object.hasOwn(file.macros, name));
}

/** Of `macro name(a, b)`: 2. */
function parameterCount(text: string, offset: number): number {
  const list = text.slice(text.indexOf('(', offset) + 1, text.indexOf(')', offset)).trim();
  return list === '' ? 0 : list.split(',').length;
}

function definitionAt({ name: file, text }: LibraryFile, offset: number): Definition {
  const key = `${file}:${offset}`;
  let found = parsed.get(key);
  if (found === undefined) {
    const source = { name: file, text };
    parsed.set(key, (found = { macro: parseMacro(source, offset), source, isLibrary: true }));
  }
  return found;
}
