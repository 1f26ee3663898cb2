import type { UserBinary } from '../../../spec/index.ts';
import type { Target } from '../../target.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';
import { shownPath } from './point.ts';

/** `uprobe:/bin/bash:readline`. Without a path, the files that the process of -p has mapped. */
export function listUserFunctions(
  provider: 'uprobe' | 'uretprobe',
  components: readonly string[],
  target: Target,
  { pid, verbose }: ListOptions,
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
  const probes = new Map<string, () => readonly string[]>();
  for (const binary of binaries) {
    for (const name of binary.functions().filter(isName))
      probes.set(`${provider}:${shownPath(binary)}:${name}`, () => argumentLines(binary, name));
  }
  const lines = [...probes.keys()].sort();
  if (!verbose || provider === 'uretprobe') return { lines, notes: [] };
  return { lines: lines.flatMap((line) => [line, ...probes.get(line)!()]), notes: [] };
}

/** `    struct point* p`, where there is debug information. */
function argumentLines(binary: UserBinary, name: string): readonly string[] {
  const place = binary.resolveFunction(name, 0n);
  const found = 'error' in place ? undefined : binary.debugFunction?.(place.fileOffset);
  if (found === undefined || 'error' in found) return [];
  return found.parameters.map((parameter) => `    ${parameter.typeText} ${parameter.name}`.trimEnd());
}
