/** The standard library's macros: found by name in an index; only what a script uses is parsed. */
import { libraryFiles } from '../stdlib/index.ts';
import { parseMacro } from '../syntax/index.ts';
import type { Definition } from './definitions.ts';

const parsed = new Map<string, readonly Definition[]>();

export function findLibraryMacros(name: string): readonly Definition[] {
  let found = parsed.get(name);
  if (found === undefined) parsed.set(name, (found = parseLibraryMacros(name)));
  return found;
}

export function isLibraryMacro(name: string): boolean {
  return libraryFiles.some((file) => Object.hasOwn(file.macros, name));
}

function parseLibraryMacros(name: string): readonly Definition[] {
  return libraryFiles.flatMap(({ name: file, text, macros }) => {
    const offsets = Object.hasOwn(macros, name) ? macros[name]! : [];
    const source = { name: file, text };
    return offsets.map((offset) => ({ macro: parseMacro(source, offset), source, isLibrary: true }));
  });
}
