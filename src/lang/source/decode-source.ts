import type { Diagnostic, SourceFile } from '../diagnostic/index.ts';
import { decodeText } from './text-bytes.ts';

/** Far above any script written by hand; keeps a mistaken argument (`sonde /dev/sda`) from being parsed for minutes. */
export const MAX_SOURCE_LENGTH = 4 * 1024 * 1024;

const MAGIC_NUMBERS: readonly (readonly [readonly number[], string])[] = [
  [[0x7f, 0x45, 0x4c, 0x46], 'an ELF file (a program or library)'],
  [[0x1f, 0x8b], 'a gzip archive'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd archive'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
  [[0x9f, 0xeb], 'BTF data'],
  [[0x00, 0x61, 0x73, 0x6d], 'a WebAssembly module'],
];

/** The bytes of a script file as text, or why they are no script. Bytes that are no UTF-8 are kept: see `decodeText`. */
export function decodeSource(
  name: string,
  bytes: Uint8Array,
): { readonly source: SourceFile; readonly diagnostics: readonly Diagnostic[] } {
  const problem = findBinary(bytes);
  if (problem === undefined) return { source: { name, text: decodeText(bytes) }, diagnostics: [] };
  return {
    source: { name, text: '' },
    diagnostics: [
      { severity: 'error', code: 'not-a-script', message: `${name} is not a script: ${problem}`, span: undefined },
    ],
  };
}

/** What text that no script can be is wrong with: NUL characters, too long. */
export function checkSourceText(source: SourceFile): Diagnostic | undefined {
  const problem =
    source.text.length > MAX_SOURCE_LENGTH
      ? tooLong(source.text.length, 'characters')
      : nulProblem(source.text.indexOf('\0'));
  if (problem === undefined) return undefined;
  return {
    severity: 'error',
    code: 'not-a-script',
    message: `${source.name} is not a script: ${problem}`,
    span: undefined,
  };
}

function findBinary(bytes: Uint8Array): string | undefined {
  const magic = MAGIC_NUMBERS.find(([magic]) => magic.every((byte, index) => bytes[index] === byte));
  if (magic !== undefined) return `it is ${magic[1]}`;
  if (bytes.length > MAX_SOURCE_LENGTH) return tooLong(bytes.length, 'bytes');
  return nulProblem(bytes.indexOf(0));
}

function tooLong(length: number, unit: string): string {
  return `it has ${length} ${unit}, the limit is ${MAX_SOURCE_LENGTH}`;
}

function nulProblem(offset: number): string | undefined {
  return offset === -1 ? undefined : `it has a NUL byte at offset ${offset}`;
}
