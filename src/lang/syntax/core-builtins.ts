/**
 * Names that the grammar itself must know: in parentheses they are never a type, so `(pid) - 1` subtracts, while
 * `(u64) -1` casts. Names of the library's builtins (uid, cpu, …) scripts may use for parameters of macros.
 */
const CORE_BUILTINS = new Set(['args', 'ctx', 'kstack', 'ustack', 'nsecs', 'pid', 'tid']);

export function isCoreBuiltin(name: string): boolean {
  return CORE_BUILTINS.has(name) || /^s?arg[0-9]+$/.test(name) || name.startsWith('__builtin_');
}

/** Values that are no names of types anywhere: in parentheses before a sign they are values too. */
const VALUES = new Set(
  (
    'cgroup comm cpid cpu ncpus curtask elapsed func gid uid jiffies numaid ppid pcomm leader_tid leader_comm probe ' +
    'probetype rand retval usermode username'
  ).split(' '),
);

/** Whether `(name) - 1` calculates; else it casts. */
export function isValueName(name: string): boolean {
  return isCoreBuiltin(name) || VALUES.has(name);
}
