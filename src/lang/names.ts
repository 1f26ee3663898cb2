import type { SourceFile } from './diagnostic/index.ts';
import { allNodes } from './passes/scan/walk.ts';
import { parse } from './syntax/index.ts';

/** Every name that a script's text calls or reads; empty for one that can't be parsed. */
export function namesIn(source: SourceFile): ReadonlySet<string> {
  const { script } = parse(source, { positional: [] });
  const names = new Set<string>();
  if (script === undefined) return names;
  for (const node of allNodes(script)) {
    const { kind, name } = node as { readonly kind: string; readonly name?: unknown };
    if ((kind === 'call' || kind === 'identifier') && typeof name === 'string') names.add(name);
  }
  return names;
}
