/**
 * The standard library for the compiler and for readers. A macro is described by the comment lines right above it.
 *
 *   node gen/stdlib.ts           writes, from each `src/lang/stdlib/*.bt`, a module of `src/lang/stdlib/generated` with
 *                                its text and an index of its macros, and `docs/stdlib.md`
 *   node gen/stdlib.ts --check   writes nothing; fails if a file is not what would be written
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'src/lang/stdlib');

interface LibraryMacro {
  readonly name: string;
  readonly parameters: string;
  readonly offset: number;
  readonly comment: string;
}

const MACRO = /^((?:\/\/[^\n]*\n)*)macro[ \t]+([A-Za-z_]\w*)[ \t]*(?:\(([^)]*)\))?/gm;

function macrosOf(text: string): LibraryMacro[] {
  return [...text.matchAll(MACRO)].map(({ 0: whole, 1: comment = '', 2: name = '', 3: parameters = '', index }) => ({
    name,
    parameters: parameters.replaceAll(/\s+/g, ' ').trim(),
    offset: index + comment.length + whole.slice(comment.length).indexOf('macro'),
    comment: commentText(comment),
  }));
}

function commentText(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')
    .trim();
}

function moduleOf(name: string, text: string, macros: readonly LibraryMacro[]): string {
  const offsets = new Map<string, number[]>();
  for (const macro of macros) offsets.set(macro.name, [...(offsets.get(macro.name) ?? []), macro.offset]);
  const index = [...offsets].map(([macro, places]) => `    ${macro}: [${places.join(', ')}],\n`).join('');
  const literal = text.replaceAll(/[\\`]|\$\{/g, (special) => `\\${special}`);
  return `// Made by gen/stdlib.ts from ${name}.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/${name}.bt',
  macros: {
${index}  },
  text: \`${literal}\`,
};
`;
}

function indexOf(names: readonly string[]): string {
  const imports = names.map((name) => `import { file as ${name} } from './${name}.ts';\n`).join('');
  return `// Made by gen/stdlib.ts.
import type { LibraryFile } from '../library-file.ts';
${imports}
export const libraryFiles: readonly LibraryFile[] = [${names.join(', ')}];
`;
}

const DOCUMENT_HEAD = `# Standard library

Macros that every script can call; they are written in the language itself (\`src/lang/stdlib\`). A macro of the same name
and the same kinds of parameters in a script takes the place of the library's, but only for the script. \`$x\` stands for a
variable and \`@m\` for a map, which the macro may change; any other name stands for an expression. Names that begin with
an underscore are the library's own.

This file is made by \`gen/stdlib.ts\` from the comments above the macros.
`;

function documentOf(files: readonly { readonly text: string; readonly macros: readonly LibraryMacro[] }[]): string {
  const sections = files.map(({ text, macros }) => {
    const heading = /^\/\/ (.*?)\.?\n/.exec(text)?.[1] ?? '';
    const shown = macros.filter(({ name }) => !name.startsWith('_'));
    return [`## ${heading}`, ...shown.map(describe)].join('\n\n');
  });
  return `${[DOCUMENT_HEAD.trimEnd(), ...sections].join('\n\n')}\n`;
}

function describe({ name, parameters, comment }: LibraryMacro): string {
  return `### \`${name}(${parameters})\`\n\n${comment}`;
}

/** The files to write, by path from the root of the repository. Throws an Error for a macro without a comment. */
function generate(): Map<string, string> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.bt'))
    .map((name) => name.slice(0, -3))
    .sort();
  const output = new Map<string, string>();
  const files = names.map((name) => {
    const text = readFileSync(join(folder, `${name}.bt`), 'utf8');
    const macros = macrosOf(text);
    for (const macro of macros)
      if (macro.comment === '') throw new Error(`${name}.bt: macro ${macro.name} has no comment above it`);
    output.set(`src/lang/stdlib/generated/${name}.ts`, moduleOf(name, text, macros));
    return { text, macros };
  });
  output.set('src/lang/stdlib/generated/index.ts', indexOf(names));
  output.set('docs/stdlib.md', documentOf(files));
  return output;
}

const check = process.argv.includes('--check');
for (const folderName of ['src/lang/stdlib/generated', 'docs']) mkdirSync(join(root, folderName), { recursive: true });
for (const [path, text] of generate()) {
  if (!check) writeFileSync(join(root, path), text);
  else if (readFileSync(join(root, path), 'utf8') !== text)
    throw new Error(`${path} is not current: run node gen/stdlib.ts`);
}
