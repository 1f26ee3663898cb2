/** --fmt: a script in its canonical layout. */
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { SystemError } from '../base/index.ts';
import { loadFormatter, renderDiagnostics } from '../lang/index.ts';
import type { Arguments } from './arguments.ts';
import type { Messages } from './messages.ts';
import { readScript } from './read-script.ts';
import { print } from './write-fully.ts';

/** Returns the exit status: 1 where the text is no script; then nothing is written. */
export async function formatFile(args: Arguments, messages: Messages): Promise<number> {
  const script = readScript(args, messages);
  if (script === undefined) return 1;
  const { formatScript } = await loadFormatter();
  const { text, diagnostics } = formatScript(script.source);
  if (diagnostics.length > 0) messages.write(renderDiagnostics(script.source, diagnostics, messages));
  if (text === undefined) return 1;
  if (args.output === undefined) print(text);
  else replaceFile(args.output, text);
  return 0;
}

/** Whoever reads the file meanwhile sees it whole, old or new. Rights and owner stay; a link stays one. */
function replaceFile(path: string, text: string): void {
  const old = statSync(path, { throwIfNoEntry: false });
  try {
    if (old !== undefined && !old.isFile()) return writeFileSync(path, text); // a device: there is nothing to replace
    const file = old === undefined ? path : realpathSync(path);
    const temporary = `${file}.${randomUUID()}`;
    try {
      writeFileSync(temporary, text, { flag: 'wx' });
      if (old !== undefined) giveTo(temporary, old);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    const { errno = 0, code } = error as NodeJS.ErrnoException;
    throw new SystemError('rename', -errno, `can't write '${path}': ${code}`, { cause: error });
  }
}

function giveTo(path: string, { uid, gid, mode }: Stats): void {
  if (uid !== process.getuid!() || gid !== process.getgid!()) chownSync(path, uid, gid);
  chmodSync(path, mode);
}
