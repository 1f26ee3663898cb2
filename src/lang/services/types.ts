/** The types of expressions in a script that need not be right. */
import type { SourceFile } from '../diagnostic/index.ts';
import { check, type CheckOptions } from '../passes/index.ts';
import { type Expression, parse, type Script } from '../syntax/index.ts';
import type { Target } from '../target.ts';
import { type Field, type Type } from '../types/index.ts';

export interface ServiceOptions extends Omit<CheckOptions, 'observe'> {
  readonly target: Target;
}

export interface TypedScript {
  readonly script: Script | undefined;
  readonly types: ReadonlyMap<Expression, Type>;
}

/** As much as can be told: what can't be understood has no type. */
export function typesOf(source: SourceFile, options: ServiceOptions): TypedScript {
  const types = new Map<Expression, Type>();
  const { partial: script } = parse(source, { positional: options.positional });
  if (script !== undefined) {
    // Places in macros of the library and in imported files are none of the script's.
    const observe = (node: Expression, type: Type): void => {
      if (node.span.source === undefined) types.set(node, type);
    };
    check(script, source, options.target, { ...options, runs: 'all', observe });
  }
  return { script, types };
}

/** The type of the operand that ends at `end`. */
export function typeEndingAt({ types }: TypedScript, text: string, end: number): Type | undefined {
  let best: Expression | undefined;
  const inParentheses = text[end - 1] === ')';
  for (const node of types.keys()) {
    if (node.span.end === end && (best === undefined || node.span.start > best.span.start)) best = node;
  }
  if (best === undefined && inParentheses) {
    const open = openingOf(text, end - 1);
    for (const node of types.keys()) {
      const inside = node.span.start > open && node.span.end < end;
      if (inside && (best === undefined || length(node) > length(best))) best = node;
    }
  }
  return best === undefined ? undefined : types.get(best);
}

function length({ span }: Expression): number {
  return span.end - span.start;
}

function openingOf(text: string, close: number): number {
  let level = 0;
  for (let at = close; at >= 0; at--) {
    if (text[at] === ')') level++;
    if (text[at] === '(' && --level === 0) return at;
  }
  return close;
}

/** Members that `.` reaches, those of anonymous parts too. */
export function membersOf(type: Type | undefined): readonly Pick<Field, 'name' | 'type'>[] {
  let value = type;
  while (value?.kind === 'pointer') value = value.to;
  if (value?.kind === 'tuple') return value.elements.map((element, index) => ({ name: String(index), type: element }));
  if (value?.kind !== 'record') return [];
  return value.fields().flatMap((field) => (field.name === '' ? membersOf(field.type) : [field]));
}
