/** Compiles the script of a file for the running kernel, once, and prints how many milliseconds that took. To be bundled. */
import { readFileSync } from 'node:fs';
import { compile, renderDiagnostics } from '../../src/lang/index.ts';
import { bootTimeNs, openTarget } from '../../src/runtime/index.ts';

export function main([name = '']: readonly string[]): Promise<number> {
  const source = { name, text: readFileSync(name, 'utf8') };
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: bootTimeNs() };
  const target = openTarget();
  const start = performance.now();
  const { compiled, diagnostics } = compile(source, target, options);
  const elapsedMs = performance.now() - start;
  if (compiled === undefined) throw new Error(renderDiagnostics(source, diagnostics, { colour: false }));
  process.stdout.write(`${elapsedMs}\n`);
  return Promise.resolve(0);
}
