/** The words of declarations. */
import { BOOL, CHAR, integer, VOID } from './types.ts';
import type { CType } from './types.ts';

/** They make up arithmetic types, in any order. */
export const ARITHMETIC: ReadonlySet<string> = new Set([
  'void',
  'char',
  'short',
  'int',
  'long',
  'float',
  'double',
  'signed',
  '__signed__',
  '__signed',
  'unsigned',
  '_Bool',
  '_Complex',
  '__complex__',
  '__int128',
  '__int128_t',
  '__uint128_t',
  '_Float16',
  '__bf16',
  '_Float32',
  '_Float64',
  '_Float128',
  '__float128',
  '_Float32x',
  '_Float64x',
  '__builtin_va_list',
  '__auto_type',
]);

/** They don't change what we need to know of a type. */
export const QUALIFIERS: ReadonlySet<string> = new Set([
  'const',
  '__const',
  '__const__',
  'volatile',
  '__volatile',
  '__volatile__',
  'restrict',
  '__restrict',
  '__restrict__',
  '_Atomic',
  '__seg_gs',
  '__seg_fs',
]);

export const STORAGE: ReadonlySet<string> = new Set([
  'static',
  'extern',
  'inline',
  '__inline',
  '__inline__',
  'register',
  'auto',
  '_Noreturn',
  '_Thread_local',
  '__thread',
  'noinline',
]);

function float(size: number): CType {
  return { kind: 'float', size, align: size };
}

/** The type that these words make up together; undefined: none. */
export function arithmeticType(words: readonly string[]): CType | undefined {
  const has = (word: string): boolean => words.includes(word);
  const longs = words.filter((word) => word === 'long').length;
  const signed = !has('unsigned');
  if (has('void')) return VOID;
  if (has('_Bool')) return BOOL;
  if (has('__builtin_va_list')) return { kind: 'array', element: integer(8, false), count: 3 };
  const complex = has('_Complex') || has('__complex__') ? 2 : 1;
  if (has('float') || has('_Float32')) return float(4 * complex);
  if (has('_Float16') || has('__bf16')) return float(2 * complex);
  if (has('_Float128') || has('__float128') || has('_Float64x')) return float(16 * complex);
  if (has('double') || has('_Float64') || has('_Float32x')) return float((longs > 0 ? 16 : 8) * complex);
  if (has('__int128') || has('__int128_t')) return integer(16, signed);
  if (has('__uint128_t')) return integer(16, false);
  if (has('char')) return words.length === 1 ? CHAR : integer(1, signed);
  if (has('short')) return integer(2, signed);
  return integer(longs > 0 ? 8 : 4, signed);
}
