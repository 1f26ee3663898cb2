/**
 * The manual page, from what --help says and from the tools.
 *
 *   node gen/man.ts           writes man/sonde.1
 *   node gen/man.ts --check   writes nothing; fails if it is not what would be written
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
process.argv[1] = join(root, 'bin/entry.cjs'); // where the package is found by
const { manualPage } = await import('../src/cli/help/manual.ts');
const path = join(root, 'man/sonde.1');
const page = manualPage();
if (!process.argv.includes('--check')) {
  mkdirSync(join(root, 'man'), { recursive: true });
  writeFileSync(path, page);
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
  process.stderr.write('man/sonde.1 is stale: node gen/man.ts writes it\n');
  process.exitCode = 1;
}
