import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Import {
  /** The importing file and, for a relative import, the imported one: paths below `src/`. */
  readonly from: string;
  readonly to: string | undefined;
  readonly specifier: string;
  readonly isType: boolean;
}

/** Every TypeScript file below `src/`, as paths relative to it. */
export function sourceFiles(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('testdata/'))
    .sort();
}

/** Tests and what only they use: `x.test.ts`, `testdata.ts`, a folder `testing/`. */
export function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || /(^|\/)(testdata\.ts$|testing\/)/.test(file);
}

// An import or export at the start of a line with its `from`, an import for effect, and a dynamic import.
const importForms = [
  /^(?:import|export)\s+(type\b)?(?:[^'"`;]*?\sfrom\s+)['"]([^'"]+)['"]/gm,
  /^import\s+()['"]([^'"]+)['"]/gm,
  /\b(?:import|require|createRequire\([^)]*\))\(\s*()['"]([^'"]+)['"]/g,
];

/** What one source text imports. Comments that only look like imports begin with ` *` or `//` and don't match. */
export function importsOf(from: string, text: string): Import[] {
  return importForms.flatMap((form) =>
    [...text.matchAll(form)].map(([, type, specifier]) => ({
      from,
      specifier: specifier!,
      isType: type === 'type',
      to: specifier!.startsWith('.') ? normalize(join(dirname(from), specifier!)) : undefined,
    })),
  );
}

export function allImports(): Import[] {
  return sourceFiles().flatMap((file) => importsOf(file, readFileSync(join(root, 'src', file), 'utf8')));
}
