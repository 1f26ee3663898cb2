/** `sonde completion SHELL`, and what that shell then asks: `sonde completion words -- WORDS`. */
import { type Arguments, UsageError } from '../arguments.ts';
import { print } from '../write-fully.ts';
import { complete } from './complete.ts';
import { SHELLS } from './shells.ts';

/** Returns the exit status. */
export async function completion({ positional, afterDashes }: Arguments): Promise<number> {
  const [shell, ...more] = positional;
  if (shell === 'words') {
    const found = await complete(afterDashes);
    print(found.map(({ word, text }) => `${word}\t${text}\n`).join(''));
    return 0;
  }
  if (shell === undefined || more.length > 0 || !Object.hasOwn(SHELLS, shell))
    throw new UsageError(`completion: for which shell? There are ${Object.keys(SHELLS).join(', ')}`);
  print(SHELLS[shell]!);
  return 0;
}
