/**
 * Bundles the command line into dist/: the parts of parts.ts, the stamp that binds them to the sources, and V8's code
 * caches of what runs scripts. `--if-needed` does nothing where the stamp already fits.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundleParts } from './bundle.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { sourceList } = createRequire(import.meta.url)('../bin/entry.cjs') as {
  sourceList: (folder: string, prefix: string) => string;
};

function writeWhole(name: string, text: string): void {
  const temporary = join(dist, `${name}.${process.pid}`);
  writeFileSync(temporary, text, { mode: 0o644 });
  renameSync(temporary, join(dist, name));
}

/** A build waits no longer for a run, which takes a tenth of a second. */
const LONGEST_FILL_MS = 20_000;

/** The first run of a script leaves the code cache behind: make these runs now, with a small and a large one that end at once. */
function fillCodeCaches(): void {
  for (const file of globSync('*.code-cache', { cwd: dist })) rmSync(join(dist, file));
  const count =
    'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[comm, pid] = count(); printf("%d %s\\n", 1, "x"); }';
  const small = ['-e', count, '-c', '/bin/true'];
  for (const script of [small, [join(import.meta.dirname, 'fill.bt')]])
    spawnSync(join(root, 'bin/sonde'), script, { stdio: 'ignore', timeout: LONGEST_FILL_MS, killSignal: 'SIGKILL' });
}

const stampFile = join(dist, 'stamp');
const stamp = sourceList(join(root, 'src'), '');
const current = existsSync(stampFile) && readFileSync(stampFile, 'latin1') === stamp;
if (!(process.argv.includes('--if-needed') && current)) {
  mkdirSync(dist, { recursive: true });
  chmodSync(dist, 0o755); // whatever the umask: a code cache that others may write is not used
  rmSync(stampFile, { force: true });
  for (const [part, text] of await bundleParts()) writeWhole(`${part}.cjs`, text);
  writeWhole('stamp', stamp);
  fillCodeCaches();
}
