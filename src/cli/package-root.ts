import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json: above the sources, and above the bundle that is made of them. */
export function packageRoot(): string {
  let folder = dirname(process.argv[1] ?? '.');
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
