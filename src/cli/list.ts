/** -l: probes by pattern, or those that a script would use. */
import { listProbes } from '../lang/index.ts';
import { openTarget } from '../runtime/index.ts';
import { type Arguments, parsePid } from './arguments.ts';
import type { Messages } from './messages.ts';
import { targetOptions } from './target-options.ts';
import { print } from './write-fully.ts';

export function list(args: Arguments, messages: Messages): number {
  const pattern = args.positional.join(',');
  const pid = args.pid === undefined ? undefined : parsePid(args.pid);
  const { lines, notes } = listProbes(pattern, openTarget(targetOptions(args)), {
    verbose: args.verbose,
    pid,
  });
  for (const note of notes) messages.write(`${note}\n`);
  if (lines.length > 0) print(`${lines.join('\n')}\n`);
  return 0;
}
