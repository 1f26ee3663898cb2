import type { Span } from '../diagnostic/index.ts';
import type { AttachPointText } from '../syntax/index.ts';
import { endOfComment, isBlank, scanAttachPoint, scanToken, startsAttachPoint } from '../syntax/index.ts';

/** What part of a script an offset lies in. */
export type Place =
  /** An attach point, or where one may begin; `span` ends at the offset. */
  | { readonly kind: 'point'; readonly span: Span }
  | { readonly kind: 'config' }
  /** Predicate or block of a probe, or the body of a macro or function (then without points). */
  | {
      readonly kind: 'body';
      readonly points: readonly AttachPointText[];
      /** Where the statement in hand may begin: after the last brace or `;`. */
      readonly statement: number;
      /** Blocks around it. */
      readonly depth: number;
    }
  /** Comment, string, C text: nothing of the language. */
  | { readonly kind: 'opaque' };

/** Found by brackets alone, so that it works in text that is being written. */
export function placeAt(text: string, offset: number): Place {
  return new Walk(text, offset).run();
}

class Walk {
  readonly #text: string;
  readonly #offset: number;
  #at = 0;
  #depth = 0;
  #statement = 0;
  #isConfig = false;
  /** The head of the item in hand is over: what follows is a predicate or a body. */
  #hasHead = false;
  #points: AttachPointText[] = [];

  constructor(text: string, offset: number) {
    this.#text = text;
    this.#offset = offset;
  }

  run(): Place {
    const shebang = /^\ufeff?#![^\n]*/.exec(this.#text)?.[0].length ?? 0;
    if (shebang > 0 && this.#offset <= shebang) return { kind: 'opaque' };
    this.#at = shebang;
    for (;;) {
      const place = this.#step();
      if (place !== undefined) return place;
    }
  }

  /** Past the next blank, comment, attach point or token; or what the offset is in. */
  #step(): Place | undefined {
    const comment = endOfComment(this.#text, this.#at);
    if (comment !== undefined) {
      // At the end of a line comment one is still writing it.
      const isLine = this.#text.startsWith('//', this.#at);
      if (this.#offset > this.#at && (this.#offset < comment || (isLine && this.#offset === comment)))
        return { kind: 'opaque' };
      this.#at = comment;
      return undefined;
    }
    if (this.#at >= this.#offset) return this.#here();
    if (isBlank(this.#text.charCodeAt(this.#at))) {
      this.#at++;
      return undefined;
    }
    return this.#depth === 0 && !this.#hasHead ? this.#stepHead() : this.#stepToken();
  }

  #here(): Place {
    if (this.#isConfig) return { kind: 'config' };
    if (this.#depth > 0 || this.#hasHead)
      return { kind: 'body', points: this.#points, statement: this.#statement, depth: this.#depth };
    return { kind: 'point', span: { start: this.#offset, end: this.#offset } };
  }

  /** At the beginning of an item or of an attach point. */
  #stepHead(): Place | undefined {
    const start = this.#at;
    if (this.#text[start] === '#') return this.#stepOver(this.#endOfLine(start));
    const { text: word } = scanToken(this.#text, start);
    if (
      /^(?:config|macro|fn|let|import|struct|union|enum|typedef)$/.test(word) &&
      this.#text[start + word.length] !== ':'
    ) {
      if (this.#offset <= start + word.length) return { kind: 'point', span: { start, end: this.#offset } };
      this.#isConfig = word === 'config';
      this.#hasHead = true;
      return this.#stepToken();
    }
    if (!startsAttachPoint(this.#text[start])) return this.#stepToken();
    const { point } = scanAttachPoint(this.#text, start, []);
    if (this.#offset <= point.span.end) return { kind: 'point', span: { start, end: this.#offset } };
    this.#points.push(point);
    this.#at = Math.max(point.span.end, start + 1);
    const next = scanToken(this.#text, this.#at);
    if (next.text === ',') this.#at = next.end;
    else if (next.start < this.#offset) this.#hasHead = true;
    this.#statement = this.#at;
    return undefined;
  }

  #stepOver(end: number): Place | undefined {
    if (this.#offset <= end) return { kind: 'opaque' };
    this.#at = end;
    return undefined;
  }

  #endOfLine(at: number): number {
    const newline = this.#text.indexOf('\n', at);
    return newline === -1 ? this.#text.length : newline;
  }

  #stepToken(): Place | undefined {
    const token = scanToken(this.#text, this.#at);
    if (token.kind === 'string' && this.#offset < token.end) return { kind: 'opaque' };
    if (token.kind !== 'string' && token.end >= this.#offset && /\w$/.test(token.text)) return this.#here();
    this.#at = Math.max(token.end, this.#at + 1);
    if (token.text === '{' || token.text === '}' || token.text === ';') this.#statement = token.end;
    if (token.text === '{') this.#depth++;
    if (token.text === '}') this.#depth = Math.max(this.#depth - 1, 0);
    if (this.#depth === 0 && (token.text === '}' || token.text === ';')) {
      this.#points = [];
      this.#isConfig = false;
      this.#hasHead = false;
    }
    return undefined;
  }
}
