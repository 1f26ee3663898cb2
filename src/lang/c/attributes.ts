/** `__attribute__((…))`, `_Alignas(…)`, `asm(…)`: read for what changes types, passed over for the rest. */
import type { CCursor } from './cursor.ts';

export interface Attributes {
  packed: boolean;
  /** In bytes; the largest of several. */
  aligned: number | undefined;
  /** Size in bytes by `mode`. */
  mode: number | undefined;
  /** Size in bytes by `vector_size`. */
  vector: number | undefined;
  /** `btf_type_tag("user")`, that is `__user`. */
  user: boolean;
}

/** `__BIGGEST_ALIGNMENT__`: of `aligned` without a number. */
const MOST_ALIGNED = 16;
const MODES: Readonly<Record<string, number>> = { QI: 1, byte: 1, HI: 2, SI: 4, DI: 8, word: 8, pointer: 8, TI: 16 };

export function noAttributes(): Attributes {
  return { packed: false, aligned: undefined, mode: undefined, vector: undefined, user: false };
}

/** Any number of them, into `attributes`. `constant` reads an expression. */
export function readAttributes(cursor: CCursor, attributes: Attributes, constant: () => number): void {
  for (;;) {
    switch (cursor.token.text) {
      case '__attribute__':
      case '__attribute':
        cursor.advance();
        readList(cursor, attributes, constant);
        break;
      case '_Alignas':
      case 'alignas':
        cursor.advance();
        cursor.expect('(');
        attributes.aligned = Math.max(attributes.aligned ?? 1, constant());
        cursor.expect(')');
        break;
      case 'asm':
      case '__asm__':
      case '__asm':
        cursor.advance();
        while (['volatile', '__volatile__', 'goto', 'inline'].includes(cursor.token.text)) cursor.advance();
        if (cursor.at('(')) cursor.skipBalanced();
        break;
      case '__extension__':
        cursor.advance();
        break;
      default:
        return;
    }
  }
}

function readList(cursor: CCursor, attributes: Attributes, constant: () => number): void {
  cursor.expect('(');
  cursor.expect('(');
  while (!cursor.at(')')) {
    if (cursor.accept(',')) continue;
    readOne(cursor, attributes, constant);
  }
  cursor.expect(')');
  cursor.expect(')');
}

function readOne(cursor: CCursor, attributes: Attributes, constant: () => number): void {
  const name = cursor.advance().text.replace(/^__(.*)__$/, '$1');
  if (cursor.token.kind === 'end') cursor.fail("expected ')'");
  if (name === 'packed') attributes.packed = true;
  if (!cursor.at('(')) {
    if (name === 'aligned') attributes.aligned = Math.max(attributes.aligned ?? 1, MOST_ALIGNED);
    return;
  }
  switch (name) {
    case 'aligned':
      cursor.advance();
      attributes.aligned = Math.max(attributes.aligned ?? 1, constant());
      cursor.expect(')');
      return;
    case 'vector_size':
      cursor.advance();
      attributes.vector = constant();
      cursor.expect(')');
      return;
    case 'mode':
      attributes.mode = MODES[cursor.peek().text.replace(/^__(.*)__$/, '$1')];
      break;
    case 'btf_type_tag':
      if (cursor.peek().text === '"user"') attributes.user = true;
      break;
  }
  cursor.skipBalanced();
}
