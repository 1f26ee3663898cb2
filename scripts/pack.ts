/**
 * What `npm pack` publishes is package.json without what only a checkout needs: the packaged Node (an installed
 * package runs on the Node that npm runs on), the tools of development, the scripts.
 * `slim` leaves the full file aside for `restore`; a pack that was cut short is mended by either.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../package.json');
const full = `${file}.full`;

function restore(): void {
  if (existsSync(full)) renameSync(full, file);
}

function slim(): void {
  restore();
  const text = readFileSync(file, 'utf8');
  writeFileSync(full, text);
  const { scripts: _, devDependencies: __, optionalDependencies: ___, ...published } = JSON.parse(text);
  writeFileSync(file, `${JSON.stringify(published, null, 2)}\n`);
}

const action = process.argv[2];
if (action === 'slim') slim();
else if (action === 'restore') restore();
else throw new Error('usage: pack.ts slim|restore');
