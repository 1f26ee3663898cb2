/**
 * The sources without their types, made here for a guest: to strip them there, where all is emulated, takes ten
 * seconds at each start of the test runner, and V8's WebAssembly, which does it, crashes there now and then.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../sonde.ts';

/** What each Node of a guest imports first: modules of this checkout come from the file beside it. */
const HOOK = `import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const sources = JSON.parse(readFileSync(new URL('stripped.json', import.meta.url), 'utf8'));
registerHooks({
  resolve(specifier, context, next) {
    if (/^(?:\\.\\.?\\/|file:).*\\.ts$/.test(specifier)) {
      const { href } = new URL(specifier, context.parentURL);
      if (Object.hasOwn(sources, href)) return { url: href, format: 'module', shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    return Object.hasOwn(sources, url) ? { format: 'module', source: sources[url], shortCircuit: true } : next(url, context);
  },
});
`;

/** Writes both into a folder; returns the variables by which every Node there takes the sources from it. */
export function writeStripped(folder: string): Readonly<Record<string, string>> {
  const sources = Object.fromEntries(
    globSync('{src,test,tools}/**/*.ts', { cwd: root }).map((name) => {
      const path = join(root, name);
      return [pathToFileURL(path).href, stripTypeScriptTypes(readFileSync(path, 'utf8'))];
    }),
  );
  writeFileSync(join(folder, 'stripped.json'), JSON.stringify(sources));
  writeFileSync(join(folder, 'hook.mjs'), HOOK);
  return { NODE_OPTIONS: `--import ${join(folder, 'hook.mjs')}` };
}

/** Guests run the bundle: a stale one would be passed over for the sources, each start of which takes them 20 seconds. */
export function buildIfNeeded(): void {
  execFileSync('node', ['scripts/build.ts', '--if-needed'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
