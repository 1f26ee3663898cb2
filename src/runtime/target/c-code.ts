/** C and BPF objects that scripts import: C is compiled by clang, where that is installed. */
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { FormatError } from '../../base/index.ts';
import type { ImportedCode } from '../../lang/index.ts';
import { readLinkedObject } from './read-object.ts';

/** A file that includes half of the kernel's headers takes a few seconds. */
const TIMEOUT_MS = 60_000;
const LARGEST_OBJECT_BYTES = 64 << 20;
const LLVM_FOLDER = /^llvm-(\d+)$/;

/**
 * From standard input to standard output; instructions that every kernel since 5.10 has, and the types of all functions.
 * -H: tells which headers it reads.
 */
const OPTIONS = '-target bpf -mcpu=v3 -O2 -g -fno-color-diagnostics -H -c -x c - -o -'.split(' ');

const MISSING = 'C is compiled by clang, and there is no clang on this machine';
const REMEDY = ['Install it (Debian: apt-get install clang), or import an object that clang has made elsewhere (.o).'];

/** What clang made of a file. */
interface Compiled {
  readonly bytes: Uint8Array;
  /** The headers that it read, as they were. */
  readonly headers: ReadonlyMap<string, string>;
  readonly code: ImportedCode;
}

/** By how clang was called. An editor asks at every key: what has not changed is not compiled again. */
const compiled = new Map<string, Compiled>();

/** `path` names C or, where it ends in `.o`, an object. Folders are searched for headers, the system's last. */
export function readCode(
  path: string,
  bytes: Uint8Array,
  folders: { readonly own: readonly string[]; readonly system: readonly string[] },
): ImportedCode {
  if (path.endsWith('.o')) return readObject(bytes);
  const clang = findClang();
  if (clang === undefined) return { error: MISSING, hints: REMEDY };
  const searched = [
    ...folders.own.map((folder) => ['-I', folder] as const),
    ['-iquote', dirname(path)] as const,
    ...folders.system.map((folder) => ['-idirafter', folder] as const),
  ];
  const args = [...OPTIONS, ...searched.flat()];
  const call = [clang, ...args].join('\0');
  const known = compiled.get(call);
  if (known !== undefined && isCurrent(known, bytes)) return known.code;
  const { spawnSync } = process.getBuiltinModule('node:child_process'); // loading it would cost each start 10 ms
  const startedMs = Date.now();
  const { status, stdout, stderr, error } = spawnSync(clang, args, {
    input: bytes,
    timeout: TIMEOUT_MS,
    maxBuffer: LARGEST_OBJECT_BYTES,
  });
  if (error !== undefined) return { error: `clang can't be run: ${error.message}` };
  if (status !== 0) return { error: 'clang refuses it', hints: complaints(stderr.toString(), path) };
  const code = readObject(stdout);
  const headers = Array.from(stderr.toString().matchAll(/^\.+ (.+)$/gm), ([, header]) => header!);
  // What was written meanwhile may have been read before or after.
  if (headers.every((header) => (statSync(header, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < startedMs))
    compiled.set(call, { bytes, headers: new Map(headers.map((header) => [header, stampOf(header)])), code });
  return code;
}

function isCurrent({ bytes, headers }: Compiled, now: Uint8Array): boolean {
  return Buffer.compare(bytes, now) === 0 && [...headers].every(([header, stamp]) => stampOf(header) === stamp);
}

/** Empty where there is no such file. */
function stampOf(path: string): string {
  const { mtimeNs, size, ino } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {};
  return `${mtimeNs ?? ''} ${size ?? ''} ${ino ?? ''}`;
}

/** What is read here was compiled from the bytes that were looked at, not from what the path leads to by then. */
function complaints(text: string, path: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => /(?:error|fatal error): /.test(line))
    .map((line) => line.replace(/^<stdin>/, path))
    .slice(0, 5);
}

function readObject(bytes: Uint8Array): ImportedCode {
  try {
    return readLinkedObject(bytes);
  } catch (error) {
    if (error instanceof FormatError) return { error: error.message };
    throw error;
  }
}

/** On the search path, else as Debian installs its versions: the newest. */
function findClang(): string | undefined {
  // An empty or relative entry would mean a folder where anyone may have put a file of that name.
  const folders = (process.env['PATH'] ?? '').split(':').filter(isAbsolute);
  return [...folders.map((folder) => join(folder, 'clang')), ...versions()].find(isExecutable);
}

function versions(): string[] {
  try {
    const numbers = readdirSync('/usr/lib').flatMap((name) => LLVM_FOLDER.exec(name)?.[1] ?? []);
    return numbers.sort((a, b) => Number(b) - Number(a)).map((number) => `/usr/lib/llvm-${number}/bin/clang`);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
