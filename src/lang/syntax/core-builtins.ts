/**
 * Names that the grammar itself must know: in parentheses they are never a type, so `(pid) - 1` subtracts, while
 * `(u64) -1` casts. Builtins that the library could define (uid, cpu, …) are not among them.
 */
const CORE_BUILTINS = new Set(['args', 'ctx', 'kstack', 'ustack', 'nsecs', 'pid', 'tid']);

export function isCoreBuiltin(name: string): boolean {
  return CORE_BUILTINS.has(name) || /^s?arg[0-9]+$/.test(name) || name.startsWith('__builtin_');
}
