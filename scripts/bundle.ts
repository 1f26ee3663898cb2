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

/** The first line is the text's identity: a code cache is bound to it. */
function identified(text: string): string {
  return `// ${createHash('sha256').update(text).digest('hex')}\n${text}`;
}

/** A program and all that it imports as one text, wrapped as a function of what CommonJS gives a module. */
export async function bundle(entryPoint: string): Promise<string> {
  return identified((await run({ entryPoints: [entryPoint] }, [])).text);
}

// ---- parts ------------------------------------------------------------------------------------------------------

/** A module's name: its place below src/. */
type Module = string;

/** What other parts need of a part's modules. Of a module that is imported as a whole, everything. */
type Needed = Map<Module, Set<string> | 'everything'>;

/** The command line: the text of each part, by the part's name. */
export async function bundleParts(): Promise<Map<string, string>> {
  const exported = await exportedNames();
  const partOf = await divide(exported);
  let needed = new Map<string, Needed>();
  for (;;) {
    const texts = new Map<string, string>();
    for (const part of parts) {
      const { text } = await run(entryOf(part, needed.get(part)), [otherParts(part, partOf, exported)]);
      texts.set(part, identified(text));
    }
    const more = neededIn([...texts.values()]);
    if (isDeepStrictEqual(more, needed)) return texts;
    needed = more;
  }
}

/** In the order in which they take modules. */
const parts: readonly string[] = ['sonde', ...Object.keys(lateParts), 'commands'];

function latePartOf(module: Module): string | undefined {
  return Object.keys(lateParts).find((part) => lateParts[part]!.some((start) => module.startsWith(start)));
}

/** Where each module goes: to the first part that needs it. Those that only pass on what others export may be in several. */
async function divide(exported: ReadonlyMap<Module, readonly string[]>): Promise<Map<Module, string>> {
  const partOf = new Map<Module, string>();
  for (const module of exported.keys()) {
    const part = latePartOf(module);
    if (part !== undefined) partOf.set(module, part);
  }
  for (const start of Object.values(lateParts).flat())
    if (![...exported.keys()].some((module) => module.startsWith(start)))
      throw new Error(`no module begins with ${start}`);
  for (const part of parts) {
    const entries = entryPoints[part] === undefined ? ofPart(partOf, part) : [entryPoints[part]];
    const contents = entries.map((entry, i) => `export * as m${i} from './${entry}';`).join('\n');
    const { metafile } = await run({ stdin: { contents, resolveDir: sources } }, [otherParts(part, partOf, exported)]);
    for (const [path, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0]!.inputs)) {
      const module = relative(sources, resolve(path));
      if (bytesInOutput > 0 && exported.has(module) && !passesOn(module)) partOf.set(module, part);
    }
  }
  return partOf;
}

/** Whether a module only passes on what others export. */
function passesOn(module: Module): boolean {
  const text = readFileSync(join(sources, module), 'utf8');
  return text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$|^export [^;]* from '[^']*';$/gm, '').trim() === '';
}

function ofPart(partOf: ReadonlyMap<Module, string>, part: string): Module[] {
  return [...partOf].filter(([, each]) => each === part).map(([module]) => module);
}

/** The values that each module of src/ exports by name. */
async function exportedNames(): Promise<Map<Module, readonly string[]>> {
  const modules = globSync('**/*.ts', { cwd: sources }).filter((file) => !/\.test\.ts$|(^|\/)testdata\//.test(file));
  const entries = modules.map((module) => join(sources, module));
  const { metafile } = await build({
    entryPoints: entries,
    bundle: false,
    write: false,
    outdir: 'nowhere',
    metafile: true,
  });
  const names = new Map<Module, readonly string[]>();
  for (const { entryPoint, exports } of Object.values(metafile.outputs))
    names.set(relative(sources, resolve(entryPoint!)), exports);
  return names;
}

/**
 * Imports from modules of other parts become `require("#PART#MODULE")`, which the entry answers: at once with something
 * that reads the part when it is first looked at, or, where it was a dynamic import, with the module.
 */
function otherParts(
  part: string,
  partOf: ReadonlyMap<Module, string>,
  exported: ReadonlyMap<Module, readonly string[]>,
): Plugin {
  const namesOf = (module: Module): string[] => {
    const starred = [...readFileSync(join(sources, module), 'utf8').matchAll(star)];
    const passedOn = starred.flatMap(([, path]) => namesOf(moduleAt(join(sources, dirname(module)), path!)));
    return [...exported.get(module)!, ...passedOn];
  };
  return {
    name: 'other-parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        const module = moduleAt(resolveDir, path);
        const late = kind === 'dynamic-import';
        const other = partOf.get(module) ?? (late ? 'commands' : part);
        if (other === part || !exported.has(module)) return undefined;
        return { path: `#${other}#${module}${late ? '#now' : ''}`, external: true, sideEffects: false };
      });
      // What a module passes on from all parts has to be told by name.
      onLoad({ filter: /\/index\.ts$/ }, ({ path }) => ({
        loader: 'ts',
        contents: readFileSync(path, 'utf8').replaceAll(
          star,
          (_, from: string) => `export { ${namesOf(moduleAt(dirname(path), from)).join(', ')} } from '${from}';`,
        ),
      }));
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
