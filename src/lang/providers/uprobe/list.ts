import type { Target } from '../../target.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';

/** `uprobe:/bin/bash:readline`. Without a path, the files that the process of -p has mapped. */
export function listUserFunctions(
  provider: 'uprobe' | 'uretprobe',
  components: readonly string[],
  target: Target,
  { pid }: ListOptions,
): { readonly lines: readonly string[]; readonly notes: readonly string[] } {
  const [first = '', second, ...more] = components;
  if (more.length > 0) return { lines: [], notes: [] };
  const pattern = second === undefined && !first.includes('/') ? first : (second ?? '');
  const path = second === undefined && !first.includes('/') ? '*' : first;
  const isEverything = path === '' || path === '*';
  if (isEverything && pid === undefined)
    return {
      lines: [],
      notes: [`${provider} probes are listed by file (${provider}:/bin/bash:*), or by process with -p.`],
    };
  const binaries = target.userBinaries(isEverything ? '*' : path, pid);
  if ('error' in binaries) return { lines: [], notes: [binaries.error] };
  const isName = globMatcher(pattern === '' ? '*' : pattern);
  const lines = binaries.flatMap((binary) =>
    binary
      .functions()
      .filter(isName)
      .map((name) => `${provider}:${binary.path}:${name}`),
  );
  return { lines: [...new Set(lines)].sort(), notes: [] };
}
