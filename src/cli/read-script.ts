/** Where a script comes from: -e, a file, standard input, a shipped tool. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { SystemError } from '../base/index.ts';
import { decodeSource, nearest, renderDiagnostics, type SourceFile } from '../lang/index.ts';
import { type Arguments, TASKS, UsageError } from './arguments.ts';
import type { Messages } from './messages.ts';
import type { Personality } from './personality.ts';
import { findTool, listTools } from './tools/catalogue.ts';

export interface Script {
  readonly source: SourceFile;
  readonly positional: readonly string[];
  /** `--name=value` and `--name` behind `--`. */
  readonly named: ReadonlyMap<string, string | undefined>;
}

/** Undefined: it is no text, and the user has been told. Throws UsageError, SystemError. */
export function readScript(
  args: Arguments,
  messages: Messages,
  personality: Personality = 'sonde',
): Script | undefined {
  const { named, plain } = splitArguments(args.afterDashes);
  if (args.program !== undefined && args.program !== '') {
    const source = decode('stdin', new TextEncoder().encode(args.program), messages);
    return source && { source, named, positional: [...args.positional, ...plain] };
  }
  const [file, ...rest] = args.positional;
  if (file === undefined || args.program === '') throw new UsageError("filename or -e 'program' required.");
  const path = file === '-' ? file : findScript(file, personality);
  const source =
    path === '-' ? decode('stdin', readFile('/dev/stdin', 0), messages) : decode(path, readFile(path, path), messages);
  return source && { source, named, positional: [...rest, ...plain] };
}

/** What stood behind `--`: the script's named options, and all else. */
function splitArguments(afterDashes: readonly string[]): { named: Map<string, string | undefined>; plain: string[] } {
  const named = new Map<string, string | undefined>();
  const plain: string[] = [];
  for (const argument of afterDashes) {
    const option = /^--([^=]+)(?:=([^]*))?$/.exec(argument);
    if (option === null) plain.push(argument);
    else named.set(option[1]!, option[2]);
  }
  return { named, plain };
}

function decode(name: string, bytes: Uint8Array, messages: Messages): SourceFile | undefined {
  const { source, diagnostics } = decodeSource(name, bytes);
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    messages.write(renderDiagnostics(source, diagnostics, { colour: messages.colour }));
    return undefined;
  }
  return source;
}

/** Throws SystemError. */
export function readText(path: string): string {
  return new TextDecoder().decode(readFile(path, path));
}

function readFile(name: string, file: string | number): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { errno = 0, code } = error as NodeJS.ErrnoException;
    throw new SystemError('open', -errno, `failed to open file '${name}': ${REASONS[code ?? ''] ?? code}`, {
      cause: error,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
};

/** A file. Else a hint: the nearest of commands, files at hand and tools. Started as `bpftrace` there are only files. */
function findScript(word: string, personality: Personality): string {
  if (word.includes('/') || isFile(word) || personality === 'bpftrace') return word;
  const tool = findTool(word);
  if (tool !== undefined) return tool.path; // sonde check opensnoop
  const near = nearest(word, [...TASKS, ...listTools().map(({ name }) => name), ...filesHere()]);
  throw new SystemError('open', 2, `no command, no file and no tool is called '${word}'`, {
    advice:
      near === undefined ? '`sonde tools` lists the tools, `sonde --help` the commands.' : `Did you mean '${near}'?`,
  });
}

function filesHere(): string[] {
  try {
    return readdirSync('.').filter((name) => name.endsWith('.bt'));
  } catch {
    return [];
  }
}

/** A script that stands where its file's name belongs is too long for a name. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
