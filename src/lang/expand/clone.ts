/** Copies of syntax trees whose places are elsewhere. */
import type { Span } from '../diagnostic/index.ts';

export function isSpan(value: object): value is Span {
  return 'start' in value && 'end' in value && !('kind' in value);
}

/** A deep copy; every place in it goes through `place`. */
export function copyTree<T>(tree: T, place: (span: Span) => Span = (span) => span): T {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((item: unknown) => copyTree(item, place)) as T;
  if (isSpan(tree)) return place(tree) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(tree)) copy[key] = copyTree(value as unknown, place);
  return copy as T;
}
