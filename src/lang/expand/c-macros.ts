/** Object-like `#define`s, replaced by the expressions that their texts are (spec G-05). */
import { findFunction, findValue } from '../builtins/index.ts';
import type { CDefinitions, CMacro } from '../c/index.ts';
import type { Diagnostic, Span } from '../diagnostic/index.ts';
import { parseExpression } from '../syntax/index.ts';
import type { Expression, Item, Macro, Script, TypeSyntax } from '../syntax/index.ts';
import { copyTree, isSpan } from './clone.ts';
import { isLibraryMacro } from './library.ts';

/** Macros in macros; more than people write. */
const DEEPEST = 100;
/** Macros that name others twice, over many levels, would never end. */
const MOST_EXPANSIONS = 20_000;

/** A tree without the names that C macros define; errors stand at their uses. */
export function expandCMacros(
  script: Script,
  c: CDefinitions,
): { readonly script: Script; readonly diagnostics: readonly Diagnostic[] } {
  const expander = new CMacroExpander(c);
  const items = script.items.map((item) => expander.expandItem(item));
  return { script: { ...script, items }, diagnostics: expander.diagnostics };
}

class CMacroExpander {
  readonly diagnostics: Diagnostic[] = [];
  readonly #c: CDefinitions;
  #count = 0;
  /** Names that stand for something nearer. */
  #hidden: ReadonlySet<string> = new Set();

  constructor(c: CDefinitions) {
    this.#c = c;
  }

  expandItem(item: Item): Item {
    this.#hidden = new Set(item.kind === 'macro' ? parameterNames(item) : []);
    return this.#transform(item) as Item;
  }

  #transform(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || isSpan(value)) return value;
    if (Array.isArray(value)) return this.#list(value);
    const node = value as Expression | TypeSyntax;
    if (node.kind === 'identifier') return this.#value(node.name, node.span, []) ?? node;
    const copy = this.#children(node);
    if (copy.kind === 'sizeof' && copy.operand.kind === 'named') {
      const operand = this.#value(copy.operand.name, copy.operand.span, []);
      return operand === undefined ? copy : { ...copy, operand };
    }
    return copy;
  }

  #list(list: readonly unknown[]): readonly unknown[] {
    const result = list.map((item) => this.#transform(item));
    return result.every((item, index) => item === list[index]) ? list : result;
  }

  #children<T extends object>(node: T): T {
    let copy: Record<string, unknown> | undefined;
    for (const [key, value] of Object.entries(node)) {
      const transformed = this.#transform(value);
      if (transformed !== value) (copy ??= { ...(node as Record<string, unknown>) })[key] = transformed;
    }
    return (copy ?? node) as T;
  }

  /** `inside`: the macros whose texts this name stands in. Undefined: no macro's name. */
  #value(name: string, use: Span, inside: readonly string[]): Expression | undefined {
    if (this.#hidden.has(name)) return undefined;
    const macro = this.#c.macro(name);
    if (macro === undefined || (!macro.isUsers && isLanguages(name))) return undefined;
    // Headers name constants of enums again by a macro of the same name.
    if (macro.text === name && this.#c.enumerator(name) !== undefined) return undefined;
    if (++this.#count > MOST_EXPANSIONS) {
      if (this.#count === MOST_EXPANSIONS + 1)
        this.#error(use, `C macros are expanded more than ${MOST_EXPANSIONS} times`);
      return nothing(use);
    }
    const again = inside.includes(name);
    if (again || inside.length > DEEPEST) {
      const chain = [...inside, name].join(' > ');
      this.#error(use, again ? `Macro ${name} refers to itself: ${chain}` : `Macro ${inside[0]} is nested too deeply`);
      return nothing(use);
    }
    return this.#read(macro, use, [...inside, name]);
  }

  /** A header's text is C, the script's own is first of all an expression of the script. */
  #read(macro: CMacro, use: Span, inside: readonly string[]): Expression {
    const asC = () => this.#constant(macro, use);
    const asScript = () => this.#expression(macro, use, inside);
    const found = macro.isUsers && !macro.needsC ? (asScript() ?? asC()) : (asC() ?? asScript());
    if (found !== undefined) return found;
    this.#error(use, `Macro ${macro.name} has no value here: "${macro.text}" is no expression`);
    return nothing(use);
  }

  #constant({ name }: CMacro, use: Span): Expression | undefined {
    const value = this.#c.evaluate(name);
    if (value === undefined) return undefined;
    const size = value < 0n ? -value : value;
    const number: Expression = { kind: 'integer', span: use, value: size, text: String(size), suffix: '' };
    return value < 0n ? { kind: 'unary', span: use, operator: '-', operand: number } : number;
  }

  #expression({ text }: CMacro, use: Span, inside: readonly string[]): Expression | undefined {
    const parsed = parseExpression(text);
    if (parsed === undefined) return undefined;
    return this.#inner(
      copyTree(parsed, () => use),
      use,
      inside,
    ) as Expression;
  }

  #inner(value: unknown, use: Span, inside: readonly string[]): unknown {
    if (typeof value !== 'object' || value === null || isSpan(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.#inner(item, use, inside));
    const node = value as Expression;
    if (node.kind === 'identifier') return this.#value(node.name, use, inside) ?? node;
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, this.#inner(child, use, inside)]));
  }

  #error(span: Span, message: string): void {
    this.diagnostics.push({ severity: 'error', code: 'c-macro', span, message });
  }
}

/** In place of what is wrong. */
function nothing(use: Span): Expression {
  return { kind: 'integer', span: use, value: 0n, text: '0', suffix: '' };
}

function parameterNames(macro: Macro): string[] {
  return macro.parameters.map(({ name }) => name);
}

/** A header's macro doesn't take a name away from the language. */
function isLanguages(name: string): boolean {
  return findValue(name) !== undefined || findFunction(name) !== undefined || isLibraryMacro(name);
}
