/** The macros of a script: found by name, and what their bodies must not do (spec M-33, M-35, M-38). */
import type { Diagnostic, SourceFile, Span } from '../diagnostic/index.ts';
import type { Block, Expression, Macro, Statement } from '../syntax/index.ts';
import { childNodes } from '../passes/scan/walk.ts';

export interface Definition {
  readonly macro: Macro;
  /** Where the macro's places are; undefined: in the script itself. */
  readonly source: SourceFile | undefined;
  /** The standard library's macros know only each other and the builtins. */
  readonly isLibrary: boolean;
}

/** A place of a macro as others refer to it. */
export function placeIn(definition: Definition, span: Span): Span {
  return definition.source === undefined ? span : { ...span, source: definition.source };
}

/** `add($a, @m, x)`. */
export function signatureOf({ name, parameters }: Macro): string {
  return `${name}(${parameters.map((parameter) => parameter.name).join(', ')})`;
}

export class Definitions {
  readonly #byName = new Map<string, Definition[]>();

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  find(name: string): readonly Definition[] {
    return this.#byName.get(name) ?? [];
  }

  /** What is wrong with the macro by itself, or together with those before it. */
  add(definition: Definition): readonly Diagnostic[] {
    const { macro } = definition;
    const others = this.#byName.get(macro.name) ?? [];
    const twin = others.find((other) => hasSameKinds(other.macro, macro));
    if (twin !== undefined) return [redefinition(definition, twin)];
    this.#byName.set(macro.name, [...others, definition]);
    return [...new BodyCheck(definition).run()];
  }
}

function hasSameKinds(a: Macro, b: Macro): boolean {
  return (
    a.parameters.length === b.parameters.length &&
    a.parameters.every((parameter, index) => parameter.kind === b.parameters[index]!.kind)
  );
}

function redefinition(definition: Definition, first: Definition): Diagnostic {
  return {
    severity: 'error',
    code: 'redefined-macro',
    span: placeIn(definition, definition.macro.nameSpan),
    message: `Redefinition of macro ${signatureOf(definition.macro)}`,
    related: [{ span: placeIn(first, first.macro.nameSpan), message: 'This is the initial definition.' }],
  };
}

class BodyCheck {
  readonly #definition: Definition;
  readonly #maps: ReadonlySet<string>;

  constructor(definition: Definition) {
    this.#definition = definition;
    this.#maps = new Set(
      definition.macro.parameters.flatMap((parameter) => (parameter.kind === 'map' ? [parameter.name] : [])),
    );
  }

  run(): Generator<Diagnostic> {
    return this.#check(this.#definition.macro.body, false);
  }

  *#check(node: object, inLoop: boolean): Generator<Diagnostic> {
    const known = node as Statement | Expression | Block;
    switch (known.kind) {
      case 'map':
        if (!this.#maps.has(known.name)) yield this.#foreignMap(known);
        break;
      case 'return':
        yield this.#error(known.span, `'return' statement is not allowed in a macro`);
        break;
      case 'break':
      case 'continue':
        if (!inLoop)
          yield this.#error(known.span, `'${known.kind}' statement is not allowed in a macro outside of a loop`);
        break;
    }
    const isLoop = known.kind === 'while' || known.kind === 'for' || known.kind === 'unroll';
    for (const child of childNodes(node)) yield* this.#check(child, inLoop || isLoop);
  }

  #foreignMap(map: Expression & { kind: 'map' }): Diagnostic {
    const { name, parameters } = this.#definition.macro;
    const wanted = [...parameters.map((parameter) => parameter.name), map.name].join(', ');
    return this.#error(map.span, `Macro ${name} can only use maps that are passed to it, not ${map.name}`, [
      `Make it a parameter: macro ${name}(${wanted})`,
    ]);
  }

  #error(span: Span, message: string, hints?: readonly string[]): Diagnostic {
    return { severity: 'error', code: 'macro', span: placeIn(this.#definition, span), message, hints };
  }
}
