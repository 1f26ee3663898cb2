/** The program as a few texts, its parts, for `bin/entry.cjs` to load: see parts.ts. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { entryPoints, lateParts } from './parts.ts';

const sources = join(import.meta.dirname, '../src');

/** Flat in one scope, a module costs next to nothing to start. */
const options = {
  supported: { 'dynamic-import': false },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  external: ['koffi', '@koromix/*'],
  define: { 'import.meta.filename': '__filename' },
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
  write: false,
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

interface Built {
  readonly text: string;
  readonly metafile: Metafile;
}

async function run(entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>, plugins: Plugin[]): Promise<Built> {
  const { outputFiles, warnings, metafile } = await build({ ...options, ...entry, plugins });
  if (warnings.length > 0) throw new Error('the bundle has warnings, see above'); // import.meta is empty in it
  return { text: outputFiles[0]!.text, metafile };
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The first line says which build a text is of, for parts to know each other, and which text it is: a code cache is
 * bound to that line.
 */
const identified = (text: string, build: string): string => `// ${build} ${hash(text)}\n${text}`;

/** A program and all that it imports as one text, wrapped as a function of what CommonJS gives a module. */
export async function bundle(entryPoint: string): Promise<string> {
  const { text } = await run({ entryPoints: [entryPoint] }, []);
  return identified(text, hash(text));
}

// ---- parts ------------------------------------------------------------------------------------------------------

/** A module's name: its place below src/. */
type Module = string;

/** What other parts need of a part's modules. Of a module that is imported as a whole, everything. */
export type Needed = Map<Module, Set<string> | 'everything'>;

/** The command line: the text of each part, by the part's name. */
export async function bundleParts(): Promise<Map<string, string>> {
  const modules = readModules();
  const division = await divide(modules);
  const { partOf } = division;
  let { needed } = division;
  let lastNeeded = needed;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const built = await Promise.all(
      parts.map((part) => run(entryOf(part, needed.get(part)), [otherParts(part, partOf, modules)])),
    );
    const more = neededIn(built.map(({ text }) => text));
    if (isDeepStrictEqual(more, needed)) {
      const id = hash(built.map(({ text }) => text).join('\n'));
      return new Map(built.map(({ text }, i) => [parts[i]!, identified(text, id)]));
    }
    lastNeeded = needed;
    needed = more;
  }
  throw new Error(disagreement(lastNeeded, needed));
}

/** Each round leaves out what no part asks for any more: three do today. */
const MOST_ROUNDS = 10;

/** Names the modules over which the parts never came to agree. */
export function disagreement(before: ReadonlyMap<string, Needed>, after: ReadonlyMap<string, Needed>): string {
  const asked = [...new Set([...before.keys(), ...after.keys()])].flatMap((part) => {
    const [one, other] = [before.get(part) ?? new Map(), after.get(part) ?? new Map()];
    return [...new Set([...one.keys(), ...other.keys()])]
      .filter((module) => !isDeepStrictEqual(one.get(module), other.get(module)))
      .map((module) => `${module} of ${part}`);
  });
  return `the parts of the bundle still ask each other for other names after ${MOST_ROUNDS} rounds: of ${asked.join(', ')}`;
}

/** In the order in which they take modules. */
const parts: readonly string[] = ['sonde', ...Object.keys(lateParts), 'commands'];

/** The modules' texts. */
function readModules(): ReadonlyMap<Module, string> {
  const files = globSync('**/*.ts', { cwd: sources }).filter((file) => !/\.test\.ts$|(^|\/)testdata\//.test(file));
  return new Map(files.map((file) => [file, readFileSync(join(sources, file), 'utf8')]));
}

/**
 * Where each module goes: to the first part that needs it. Those that only pass on what others export may be in several.
 * With a first guess of what the parts need of each other.
 */
async function divide(
  modules: ReadonlyMap<Module, string>,
): Promise<{ partOf: Map<Module, string>; needed: Map<string, Needed> }> {
  const partOf = new Map<Module, string>();
  for (const [part, starts] of Object.entries(lateParts)) {
    for (const start of starts) {
      const found = [...modules.keys()].filter((module) => module.startsWith(start));
      if (found.length === 0) throw new Error(`no module begins with ${start}`);
      for (const module of found) partOf.set(module, part);
    }
  }
  const texts: string[] = [];
  for (const part of parts) {
    const entries = entryPoints[part] === undefined ? ofPart(partOf, part) : [entryPoints[part]];
    const contents = entries.map((entry, i) => `export * as m${i} from './${entry}';`).join('\n');
    const built = await run({ stdin: { contents, resolveDir: sources } }, [otherParts(part, partOf, modules)]);
    texts.push(built.text);
    for (const [path, { bytesInOutput }] of Object.entries(Object.values(built.metafile.outputs)[0]!.inputs)) {
      const module = relative(sources, resolve(path));
      const text = modules.get(module);
      if (bytesInOutput > 0 && text !== undefined && !onlyPassesOn(text)) partOf.set(module, part);
    }
  }
  return { partOf, needed: neededIn(texts) };
}

function onlyPassesOn(text: string): boolean {
  return text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$|^export [^;]* from '[^']*';$/gm, '').trim() === '';
}

function ofPart(partOf: ReadonlyMap<Module, string>, part: string): Module[] {
  return [...partOf].filter(([, each]) => each === part).map(([module]) => module);
}

/** The names of the values that a module exports, with those that it passes on from others. */
function exportedBy(module: Module, modules: ReadonlyMap<Module, string>): string[] {
  const text = modules.get(module)!;
  const own = text.matchAll(/^export (?:abstract |async |default )?(?:class|const|enum|function\*?|let) (\w+)/gm);
  const lists = text.matchAll(/^export \{([^}]*)\}/gm);
  const listed = [...lists].flatMap(([, list]) => list!.split(',').map((each) => each.trim()));
  const passedOn = [...text.matchAll(star)].map(([, path]) => moduleAt(join(sources, dirname(module)), path!));
  return [
    ...[...own].map(([, name]) => name!),
    ...listed.filter((each) => each !== '' && !each.startsWith('type ')).map((each) => each.split(' as ').at(-1)!),
    ...passedOn.flatMap((each) => exportedBy(each, modules)),
  ];
}

/**
 * Imports from modules of other parts become `require("#PART#MODULE")`, which the entry answers: at once with something
 * that reads the part when it is first looked at, or, where it was a dynamic import, with the module.
 */
function otherParts(part: string, partOf: ReadonlyMap<Module, string>, modules: ReadonlyMap<Module, string>): Plugin {
  return {
    name: 'other-parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        const module = moduleAt(resolveDir, path);
        const late = kind === 'dynamic-import';
        const other = partOf.get(module) ?? (late ? 'commands' : part);
        if (other === part || !modules.has(module)) return undefined;
        return { path: `#${other}#${module}${late ? '#now' : ''}`, external: true, sideEffects: false };
      });
      // What a module passes on from all parts has to be told by name.
      onLoad({ filter: /\/index\.ts$/ }, ({ path }) => {
        const module = relative(sources, path);
        const told = (_: string, from: string): string =>
          `export { ${exportedBy(moduleAt(dirname(path), from), modules).join(', ')} } from '${from}';`;
        return { loader: 'ts', contents: modules.get(module)!.replaceAll(star, told) };
      });
    },
  };
}

const star = /^export \* from '(.*)';$/gm;

function moduleAt(folder: string, path: string): Module {
  return relative(sources, resolve(folder, path));
}

/** What a part exports: `main` or its like, and `modules()`, from which the other parts take. */
function entryOf(part: string, needed: Needed = new Map()): { stdin: { contents: string; resolveDir: string } } {
  const lines = entryPoints[part] === undefined ? [] : [`export * from './${entryPoints[part]}';`];
  const rows: string[] = [];
  for (const [module, names] of needed) {
    const name = `m${rows.length}`;
    if (names === 'everything') lines.push(`import * as ${name} from './${module}';`);
    else
      lines.push(`import { ${[...names].map((each) => `${each} as ${name}_${each}`).join(', ')} } from './${module}';`);
    const object =
      names === 'everything' ? name : `{ ${[...names].map((each) => `${each}: ${name}_${each}`).join(', ')} }`;
    rows.push(`${JSON.stringify(module)}: ${object}`);
  }
  lines.push(`export const modules = () => ({ ${rows.join(',\n')} });`);
  return { stdin: { contents: lines.join('\n'), resolveDir: sources } };
}

/** What the parts' texts take from each other, by the part they take it from. */
function neededIn(texts: readonly string[]): Map<string, Needed> {
  const needed = new Map<string, Needed>(parts.map((part) => [part, new Map()]));
  for (const text of texts) {
    for (const [, , part, module] of text.matchAll(/require\("(#([^"#]+)#([^"#]+)#now)"\)/g))
      needed.get(part!)!.set(module!, 'everything');
    for (const [, variable, part, module] of text.matchAll(/(import_\w+)=require\("#([^"#]+)#([^"#]+)"\)/g)) {
      const names = needed.get(part!)!.get(module!) ?? new Set();
      if (names === 'everything') continue;
      for (const [, name] of text.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'))) names.add(name!);
      needed.get(part!)!.set(module!, names);
    }
  }
  return needed;
}
