/** A program and all that it imports as one text, for `bin/entry.cjs` to load. */
import { createHash } from 'node:crypto';
import { build, type Plugin } from 'esbuild';

/** One CommonJS file, wrapped as a function of what CommonJS gives a module. Its first line is its identity. */
export async function bundle(entryPoint: string, plugins: Plugin[]): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [entryPoint],
    plugins,
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
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error('the bundle has warnings, see above'); // import.meta is empty in it
  const text = outputFiles[0]!.text;
  return `// ${createHash('sha256').update(text).digest('hex')}\n${text}`;
}
