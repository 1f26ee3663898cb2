import type { Target } from '../../target.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';

/** `usdt:/usr/bin/node:node:gc__start`. Without a path, those of the files that the process of -p has mapped. */
export function listUsdt(
  components: readonly string[],
  target: Target,
  { pid }: ListOptions,
): { readonly lines: readonly string[]; readonly notes: readonly string[] } {
  const { path, namespace, name } = arrange(components);
  const isEverything = path === '' || path === '*';
  if (isEverything && pid === undefined)
    return { lines: [], notes: ['usdt probes are listed by file (usdt:/usr/bin/node:*), or by process with -p.'] };
  const binaries = target.userBinaries(isEverything ? '*' : path, pid, 'usdt');
  if ('error' in binaries) return { lines: [], notes: [binaries.error] };
  const isNamespace = globMatcher(namespace);
  const isName = globMatcher(name);
  const notes: string[] = [];
  const lines = binaries.flatMap((binary) => {
    const places = binary.usdtProbes?.() ?? [];
    if ('error' in places) {
      if (binaries.length === 1) notes.push(places.error);
      return [];
    }
    return places
      .filter((place) => isNamespace(place.provider) && isName(place.name))
      .map((place) => `usdt:${binary.path}:${place.provider}:${place.name}`);
  });
  return { lines: [...new Set(lines)].sort(), notes };
}

function arrange(components: readonly string[]): {
  readonly path: string;
  readonly namespace: string;
  readonly name: string;
} {
  const [first = '', second, third] = components;
  if (third !== undefined) return { path: first, namespace: second || '*', name: third || '*' };
  if (second !== undefined) return { path: first, namespace: '*', name: second || '*' };
  return first.includes('/') || first === ''
    ? { path: first, namespace: '*', name: '*' }
    : { path: '*', namespace: '*', name: first };
}
