/** Walks the syntax tree without knowing its shapes: everything with a `kind` is a node, its children are its properties. */
export interface AnyNode {
  readonly kind: string;
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** The nodes right below, in the order in which they are written. */
export function* childNodes(node: object): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) {
        if (isNode(item)) yield item;
        else if (typeof item === 'object' && item !== null) yield* childNodes(item);
      }
    } else if (isNode(value)) yield value;
  }
}

/** The node and everything below it. */
export function* allNodes(node: object): Generator<AnyNode> {
  if (isNode(node)) yield node;
  for (const child of childNodes(node)) yield* allNodes(child);
}
