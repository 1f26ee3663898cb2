/**
 * Bundles the command line into dist/: sonde.cjs, the stamp that binds it to the sources, and V8's code cache.
 * `--if-needed` does nothing where the stamp already fits.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { sourceList } = createRequire(import.meta.url)('../bin/entry.cjs') as {
  sourceList: (folder: string, prefix: string) => string;
};

/** One CommonJS file, wrapped as a function of what CommonJS gives a module. Its first line is its identity. */
async function bundle(): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(root, 'src/cli/main.ts')],
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
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error('the bundle has warnings, see above'); // import.meta is empty in it
  const text = outputFiles[0]!.text;
  return `// ${createHash('sha256').update(text).digest('hex')}\n${text}`;
}

function writeWhole(name: string, text: string): void {
  const temporary = join(dist, `${name}.${process.pid}`);
  writeFileSync(temporary, text, { mode: 0o644 });
  renameSync(temporary, join(dist, name));
}

/** The first run of a script leaves the code cache behind: make that run now, with a script that ends at once. */
function fillCodeCache(): void {
  rmSync(join(dist, 'code-cache'), { force: true });
  spawnSync(join(root, 'bin/sonde'), ['-e', 'begin { @[comm, pid] = count(); printf("%d %s\\n", 1, "x"); exit(); }'], {
    stdio: 'ignore',
  });
}

const stampFile = join(dist, 'stamp');
const stamp = sourceList(join(root, 'src'), '');
const current = existsSync(stampFile) && readFileSync(stampFile, 'latin1') === stamp;
if (!(process.argv.includes('--if-needed') && current)) {
  mkdirSync(dist, { recursive: true });
  chmodSync(dist, 0o755); // whatever the umask: a code cache that others may write is not used
  rmSync(stampFile, { force: true });
  writeWhole('sonde.cjs', await bundle());
  writeWhole('stamp', stamp);
  fillCodeCache();
}
