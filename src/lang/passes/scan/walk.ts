/** Walks the syntax tree without knowing its shapes: everything with a `kind` is a node, its children are its properties. */
export interface AnyNode {
  readonly kind: string;
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** The nodes right below, in the order in which they are written. */
export function childNodes(node: object): AnyNode[] {
  const children: AnyNode[] = [];
  addChildren(node, children);
  return children;
}

function addChildren(node: object, children: AnyNode[]): void {
  for (const name in node) {
    const value = (node as Readonly<Record<string, unknown>>)[name];
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) {
      if (isNode(value)) children.push(value);
      continue;
    }
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (isNode(item)) children.push(item);
      else if (typeof item === 'object' && item !== null) addChildren(item, children);
    }
  }
}

/** The node and everything below it, each node before its children. */
export function allNodes(node: object): AnyNode[] {
  const found: AnyNode[] = [];
  const visit = (at: object): void => {
    if (isNode(at)) found.push(at);
    childNodes(at).forEach(visit);
  };
  visit(node);
  return found;
}
