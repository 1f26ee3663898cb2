/** The tree that a mangled C++ name stands for, and its text. */

export type CppNode =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Longer form before a constructor. */ readonly full?: string;
      readonly base?: string;
    }
  | { readonly kind: 'qualified'; readonly scope: CppNode; readonly name: CppNode }
  | { readonly kind: 'template'; readonly name: CppNode; readonly args: readonly CppNode[] }
  | { readonly kind: 'pointer' | 'reference' | 'rvalueReference'; readonly inner: CppNode }
  | { readonly kind: 'suffix'; readonly inner: CppNode; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string; readonly inner: CppNode }
  | {
      readonly kind: 'function';
      readonly result: CppNode | undefined;
      readonly params: readonly CppNode[];
      readonly qualifiers: string;
    }
  | { readonly kind: 'array'; readonly length: CppNode | undefined; readonly inner: CppNode }
  | { readonly kind: 'memberPointer'; readonly owner: CppNode; readonly member: CppNode }
  | { readonly kind: 'pack'; readonly items: readonly CppNode[] }
  | { readonly kind: 'expansion'; readonly inner: CppNode }
  | { readonly kind: 'packSize'; readonly inner: CppNode }
  | { readonly kind: 'encoding'; readonly name: CppNode; readonly type: CppNode & { kind: 'function' } }
  /** A template parameter; the target is set later where it stands before its arguments. */
  | {
      readonly kind: 'parameter';
      target: CppNode | undefined;
      /** The n-th `auto` of a lambda, counted from 1. */ readonly auto?: number;
    }
  | { readonly kind: 'lambda'; readonly params: readonly CppNode[]; readonly index: number }
  /** Parts one after another. */
  | { readonly kind: 'sequence'; readonly parts: readonly (string | CppNode)[] }
  | { readonly kind: 'list'; readonly open: string; readonly items: readonly CppNode[]; readonly close: string };

/** The name can't be shown: the caller falls back to the mangled one. */
export class DemangleError extends Error {}

const largestText = 64 * 1024;
const mostSteps = 200_000;
const deepest = 512;

export function textNode(text: string): CppNode {
  return { kind: 'text', text };
}

/** Last component without template arguments: what constructors are called. */
export function baseName(node: CppNode): string {
  switch (node.kind) {
    case 'text':
      return node.base ?? node.text;
    case 'qualified':
      return baseName(node.name);
    case 'template':
      return baseName(node.name);
    case 'suffix':
      return baseName(node.inner);
    default:
      throw new DemangleError('no name for a constructor');
  }
}

/**
 * Writes a tree. Types are written around what they declare, so each has a left and a right part. Nodes are shared
 * (substitutions), so the text can be exponentially longer than the name: both text and steps are bounded.
 */
export class CppPrinter {
  #out = '';
  /** The last character: looking at the growing string itself would copy it each time. */
  #last = '';
  #steps = 0;
  #depth = 0;
  #packIndex: number | undefined;
  #inLambda = false;

  static print(node: CppNode): string {
    const printer = new CppPrinter();
    printer.#write(node);
    return printer.#out;
  }

  #emit(text: string): void {
    if (text === '') return;
    if (text === '>' && this.#last === '>') this.#out += ' ';
    this.#out += text;
    this.#last = text.at(-1)!;
    if (this.#out.length > largestText) throw new DemangleError('too long');
  }

  #write(node: CppNode): void {
    this.#left(node);
    this.#right(node);
  }

  #enter(): void {
    if (++this.#steps > mostSteps || this.#depth > deepest) throw new DemangleError('too complex');
  }

  /** Follows parameters; one that stands for a pack is the item that the expansion around it has come to. */
  #resolve(node: CppNode): CppNode {
    for (let hops = 0; node.kind === 'parameter' && node.target; hops++) {
      if (hops > deepest) throw new DemangleError('parameters that name each other');
      if (node.auto !== undefined && this.#inLambda) return node;
      node = node.target;
      if (node.kind === 'pack' && this.#packIndex !== undefined) node = node.items[this.#packIndex] ?? node;
    }
    return node;
  }

  #left(unresolved: CppNode): void {
    this.#enter();
    this.#depth++;
    const node = this.#resolve(unresolved);
    switch (node.kind) {
      case 'text':
        this.#emit(node.text);
        break;
      case 'qualified':
        this.#write(node.scope);
        this.#emit('::');
        this.#write(node.name);
        break;
      case 'template':
        this.#write(node.name);
        if (this.#last === '<') this.#emit(' ');
        this.#emit('<');
        this.#list(node.args);
        this.#emit('>');
        break;
      case 'pointer':
      case 'reference':
      case 'rvalueReference':
        this.#pointerLeft(node);
        break;
      case 'suffix':
        this.#left(node.inner);
        if (!this.#alreadyHas(node.inner, node.text)) this.#emit(node.text);
        break;
      case 'prefix':
        this.#emit(node.text);
        this.#write(node.inner);
        break;
      case 'function':
        if (node.result) {
          this.#left(node.result);
          if (!this.#endsInWrap(node.result)) this.#emit(' ');
        }
        break;
      case 'array':
        this.#left(node.inner);
        break;
      case 'memberPointer':
        this.#left(node.member);
        this.#emit(this.#wraps(node.member) ? (this.#isArray(node.member) ? ' (' : '(') : ' ');
        this.#write(node.owner);
        this.#emit('::*');
        break;
      case 'pack':
        this.#list(node.items);
        break;
      case 'expansion':
        this.#expand(node.inner);
        break;
      case 'packSize':
        this.#emit(String(this.#packSize(node.inner) ?? this.#fail()));
        break;
      case 'encoding':
        this.#encoding(node);
        break;
      case 'sequence':
        for (const part of node.parts) {
          if (typeof part === 'string') this.#emit(part);
          else this.#write(part);
        }
        break;
      case 'list':
        this.#emit(node.open);
        this.#list(node.items);
        this.#emit(node.close);
        break;
      case 'lambda':
        this.#lambda(node);
        break;
      case 'parameter':
        this.#emit(node.auto === undefined ? this.#fail() : `auto:${node.auto}`);
    }
    this.#depth--;
  }

  #right(unresolved: CppNode): void {
    this.#enter();
    this.#depth++;
    const node = this.#resolve(unresolved);
    switch (node.kind) {
      case 'pointer':
      case 'reference':
      case 'rvalueReference': {
        const inner = this.#pointee(node).inner;
        if (this.#wraps(inner)) this.#emit(')');
        this.#right(inner);
        break;
      }
      case 'suffix':
        this.#right(node.inner);
        break;
      case 'memberPointer':
        if (this.#wraps(node.member)) this.#emit(')');
        this.#right(node.member);
        break;
      case 'array':
        this.#emit(' [');
        if (node.length) this.#write(node.length);
        this.#emit(']');
        this.#right(node.inner);
        break;
      case 'function':
        this.#parameters(node);
        if (node.result) this.#right(node.result);
        break;
    }
    this.#depth--;
  }

  #lambda(node: CppNode & { kind: 'lambda' }): void {
    const outer = this.#inLambda;
    this.#inLambda = true;
    this.#emit('{lambda(');
    this.#list(node.params);
    this.#emit(`)#${node.index}}`);
    this.#inLambda = outer;
  }

  #encoding(node: CppNode & { kind: 'encoding' }): void {
    const { result } = node.type;
    if (result) {
      this.#left(result);
      if (!this.#wraps(result) && !this.#endsInWrap(result)) this.#emit(' ');
    }
    this.#write(node.name);
    this.#parameters(node.type);
    if (result) this.#right(result);
  }

  /** A declarator whose left part ends inside parentheses: the name follows without a blank. */
  #endsInWrap(unresolved: CppNode): boolean {
    const node = this.#resolve(unresolved);
    if (node.kind === 'pointer' || node.kind === 'reference' || node.kind === 'rvalueReference') {
      const inner = this.#pointee(node).inner;
      return this.#wraps(inner) || this.#endsInWrap(inner);
    }
    return false;
  }

  #parameters(node: CppNode & { kind: 'function' }): void {
    this.#emit('(');
    this.#list(node.params);
    this.#emit(')');
    this.#emit(node.qualifiers);
  }

  #pointerLeft(node: CppNode & { kind: 'pointer' | 'reference' | 'rvalueReference' }): void {
    const { inner, text } = this.#pointee(node);
    this.#left(inner);
    if (this.#wraps(inner)) this.#emit(this.#isArray(inner) ? ' (' : '(');
    this.#emit(text);
  }

  /** References to references collapse: only two rvalue ones make an rvalue one. */
  #pointee(node: CppNode & { kind: 'pointer' | 'reference' | 'rvalueReference' }): { inner: CppNode; text: string } {
    let text = node.kind === 'pointer' ? '*' : node.kind === 'reference' ? '&' : '&&';
    let inner = this.#resolve(node.inner);
    while (node.kind !== 'pointer' && (inner.kind === 'reference' || inner.kind === 'rvalueReference')) {
      if (inner.kind === 'reference') text = '&';
      inner = this.#resolve(inner.inner);
    }
    return { inner, text };
  }

  #wraps(node: CppNode): boolean {
    return this.#core(node).kind === 'function' || this.#isArray(node);
  }

  #isArray(node: CppNode): boolean {
    return this.#core(node).kind === 'array';
  }

  /** Without qualifiers: those of an array are its elements'. */
  #core(unresolved: CppNode): CppNode {
    let node = this.#resolve(unresolved);
    for (let hops = 0; node.kind === 'suffix' && hops < deepest; hops++) node = this.#resolve(node.inner);
    return node;
  }

  /** `T const` where T is const already. */
  #alreadyHas(unresolved: CppNode, text: string): boolean {
    const node = this.#resolve(unresolved);
    return node.kind === 'suffix' && node.text === text;
  }

  #list(items: readonly CppNode[]): void {
    let isFirst = true;
    for (const item of items) {
      const before = this.#out;
      if (!isFirst) this.#emit(', ');
      const start = this.#out.length;
      this.#write(item);
      // An empty pack leaves no trace, but for a habit of the GNU demangler: no blank between `>>` behind one.
      if (this.#out.length === start) {
        if (!isFirst) this.#last = ' ';
        this.#out = before;
      } else isFirst = false;
    }
  }

  #expand(inner: CppNode): void {
    const outer = this.#packIndex;
    this.#packIndex = undefined;
    const size = this.#packSize(inner);
    if (size === undefined) {
      this.#packIndex = outer;
      this.#write(inner);
      this.#emit('...');
      return;
    }
    for (let i = 0; i < size; i++) {
      if (i > 0) this.#emit(', ');
      this.#packIndex = i;
      this.#write(inner);
    }
    this.#packIndex = outer;
  }

  /** Length of the first pack that a parameter in this tree stands for. */
  #packSize(node: CppNode): number | undefined {
    this.#enter();
    if (node.kind === 'parameter' && node.target?.kind === 'pack') return node.target.items.length;
    this.#depth++;
    let size: number | undefined;
    for (const child of childrenOf(node)) {
      size = this.#packSize(child);
      if (size !== undefined) break;
    }
    this.#depth--;
    return size;
  }

  #fail(): never {
    throw new DemangleError('unresolved template parameter');
  }
}

function childrenOf(node: CppNode): readonly CppNode[] {
  switch (node.kind) {
    case 'qualified':
      return [node.scope, node.name];
    case 'template':
      return [node.name, ...node.args];
    case 'pointer':
    case 'reference':
    case 'rvalueReference':
    case 'suffix':
    case 'prefix':
      return [node.inner];
    case 'function':
      return node.result ? [node.result, ...node.params] : node.params;
    case 'array':
      return node.length ? [node.inner, node.length] : [node.inner];
    case 'memberPointer':
      return [node.owner, node.member];
    case 'encoding':
      return [node.name, node.type];
    case 'lambda':
      return node.params;
    case 'list':
    case 'pack':
      return node.items;
    case 'expansion':
      return [];
    case 'parameter':
      return node.target ? [node.target] : [];
    case 'sequence':
      return node.parts.filter((part) => typeof part !== 'string');
    default:
      return [];
  }
}
