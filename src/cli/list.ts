/** -l: probes by pattern, those that a script would use, or those of a program. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { listProbes, listScript, renderDiagnostics } from '../lang/index.ts';
import { openTarget } from '../runtime/index.ts';
import { type Arguments, parsePid } from './arguments.ts';
import type { Messages } from './messages.ts';
import { readScript } from './read-script.ts';
import { targetOptions } from './target-options.ts';
import { harmless, isTerminal } from './terminal.ts';
import { print } from './write-fully.ts';

/** Returns the exit status. */
export function list(args: Arguments, messages: Messages): number {
  const options = { verbose: args.verbose, pid: args.pid === undefined ? undefined : parsePid(args.pid) };
  const [name = ''] = args.positional;
  const what = args.program === undefined ? kindOf(name) : 'script';
  if (what === 'script') return listFile(args, messages, options);
  if (what === 'missing') messages.warning(`there is no file '${name}': it is taken as a pattern`);
  const path = resolve(name);
  const pattern = what === 'program' ? `uprobe:${path}:*,usdt:${path}:*` : args.positional.join(',');
  show(listProbes(pattern, openTarget(targetOptions(args)), options), messages);
  return 0;
}

/** What a word on the command line is: a pattern, unless there is such a file. */
function kindOf(word: string): 'pattern' | 'script' | 'program' | 'missing' {
  if (!existsSync(word)) return word.endsWith('.bt') ? 'missing' : 'pattern';
  if (!statSync(word).isFile()) return 'pattern';
  return isProgram(word) ? 'program' : 'script';
}

function isProgram(path: string): boolean {
  const fd = openSync(path, 'r');
  const start = Buffer.alloc(4);
  readSync(fd, start);
  closeSync(fd);
  return start.toString('latin1') === '\x7fELF';
}

function listFile(
  args: Arguments,
  messages: Messages,
  options: { readonly verbose: boolean; readonly pid: number | undefined },
): number {
  const script = readScript(args, messages);
  if (script === undefined) return 1;
  const { source, positional } = script;
  const listing = listScript(source, openTarget(targetOptions(args)), { ...options, positional });
  if ('lines' in listing) show(listing, messages);
  else messages.write(renderDiagnostics(source, listing.diagnostics, { colour: messages.colour }));
  return 'lines' in listing ? 0 : 1;
}

function show({ lines: all, notes }: ReturnType<typeof listProbes>, messages: Messages): void {
  for (const note of notes) messages.write(`${note}\n`);
  // A line is a probe or what belongs to it, whatever names the files have.
  const toTerminal = isTerminal(1);
  const lines = all.map((line) => (toTerminal ? harmless(line) : line).replaceAll('\n', '\\x0a'));
  if (lines.length > 0) print(`${lines.join('\n')}\n`);
}
