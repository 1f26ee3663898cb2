/** C and BPF objects that scripts import: C is compiled by clang, where that is installed. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { FormatError } from '../../base/index.ts';
import type { ImportedCode } from '../../lang/index.ts';
import { readLinkedObject } from './read-object.ts';

/** A file that includes half of the kernel's headers takes a few seconds. */
const TIMEOUT_MS = 60_000;
const LARGEST_OBJECT_BYTES = 64 << 20;
const LLVM_FOLDER = /^llvm-(\d+)$/;

/** From standard input to standard output; instructions that every kernel since 5.10 has, and the types of all functions. */
const OPTIONS = '-target bpf -mcpu=v3 -O2 -g -fno-color-diagnostics -c -x c - -o -'.split(' ');

const MISSING = 'C is compiled by clang, and there is no clang on this machine';
const REMEDY = ['Install it (Debian: apt-get install clang), or import an object that clang has made elsewhere (.o).'];

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
  const { spawnSync } = process.getBuiltinModule('node:child_process'); // loading it would cost each start 10 ms
  const { status, stdout, stderr, error } = spawnSync(clang, [...OPTIONS, ...searched.flat()], {
    input: bytes,
    timeout: TIMEOUT_MS,
    maxBuffer: LARGEST_OBJECT_BYTES,
  });
  if (error !== undefined) return { error: `clang can't be run: ${error.message}` };
  if (status !== 0) return { error: 'clang refuses it', hints: complaints(stderr.toString(), path) };
  return readObject(stdout);
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
