/** What tools that build their script from the command line make of its words. */

/**
 * The attach point that a word stands for: Sonde's own (`tracepoint:sched:*`, `uprobe:libc:malloc`), or those that other
 * tracers' tools know: a bare function of the kernel, `p:LIB:FUNCTION`, `t:GROUP:EVENT`, `u:PATH:PROBE`. Throws RangeError.
 */
export function attachPoint(word: string, returns = false): string {
  if (word === '' || /[\s{}"'/]/.test(word.replaceAll(/:[^:]*(?=:)/g, '')) || /[{}"'\n]/.test(word))
    throw new RangeError(`'${word}' is no attach point`);
  const parts = word.split(':');
  const [kind, ...rest] = parts;
  const probe = returns ? 'ret' : '';
  if (parts.length === 1) return `k${probe}probe:${word}`;
  if (kind === 't') return `tracepoint:${rest.join(':')}`;
  if (kind === 'u' && rest.length === 2 && !returns) return `usdt:${rest.join(':')}`;
  if (kind === 'p' || kind === 'r' || kind === '') {
    const back = returns || kind === 'r' ? 'ret' : '';
    const [library, name] = rest;
    return library === '' || name === undefined
      ? `k${back}probe:${name ?? library}`
      : `u${back}probe:${library}:${name}`;
  }
  return returns ? word.replace(/^(k|u)probe:/, '$1retprobe:').replace(/^fentry:/, 'fexit:') : word;
}

/** Whether the attach point is in the kernel's functions: `func` is their name then. */
export const isFunction = (point: string): boolean => /^(kprobe|kretprobe|uprobe|uretprobe|fentry|fexit):/.test(point);
