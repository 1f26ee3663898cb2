import type { Span } from '../diagnostic/index.ts';
import { endOfComment, isBlank, scanToken } from '../syntax/index.ts';

export interface Comment {
  readonly span: Span;
  /** Each line as `// text`. */
  readonly lines: readonly string[];
  /** Nothing but blanks and comments follows it on its line. */
  readonly endsLine: boolean;
}

/** The comments of a script in the order of the text; each is taken out once. */
export class Comments {
  readonly #all: Comment[];
  readonly #taken = new Set<Comment>();
  /** Of the comments before it, all are taken. */
  #first = 0;

  /** `opaque`: texts that have no tokens of the script's in them (C declarations, attach points), in order. */
  constructor(text: string, opaque: readonly Span[]) {
    this.#all = findComments(text, opaque);
  }

  /** Takes those that begin in the range. */
  take(start: number, end: number): Comment[] {
    const found = this.peek(start, end);
    for (const comment of found) this.#taken.add(comment);
    while (this.#first < this.#all.length && this.#taken.has(this.#all[this.#first]!)) this.#first++;
    return found;
  }

  /** Those that begin in the range and are not taken. */
  peek(start: number, end: number): Comment[] {
    const found: Comment[] = [];
    for (let index = this.#first; index < this.#all.length; index++) {
      const comment = this.#all[index]!;
      if (comment.span.start >= end) break;
      if (comment.span.start >= start && !this.#taken.has(comment)) found.push(comment);
    }
    return found;
  }
}

function findComments(text: string, opaque: readonly Span[]): Comment[] {
  const found: { span: Span; lines: readonly string[]; endsLine: boolean }[] = [];
  let next = 0;
  let at = text.startsWith('#!') ? endOfLine(text, 0) : 0;
  while (at < text.length) {
    const end = endOfComment(text, at);
    if (isBlank(text.charCodeAt(at))) at++;
    else if (end !== undefined) {
      found.push({ span: { start: at, end }, lines: commentLines(text.slice(at, end)), endsLine: false });
      at = end;
    } else {
      while (next < opaque.length && opaque[next]!.end <= at) next++;
      const hidden = opaque[next];
      at = hidden !== undefined && hidden.start <= at ? hidden.end : Math.max(scanToken(text, at).end, at + 1);
    }
  }
  markLineEnds(text, found);
  return found;
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline;
}

/** From the last on: a comment ends its line if nothing but closing marks stands between it and one that does. */
function markLineEnds(text: string, comments: { span: Span; endsLine: boolean }[]): void {
  for (let index = comments.length - 1; index >= 0; index--) {
    const comment = comments[index]!;
    const next = comments[index + 1];
    let at = comment.span.end;
    while (at < text.length && at !== next?.span.start && (text[at] === ';' || text[at] === '}' || isSpace(text, at)))
      at++;
    comment.endsLine = at >= text.length || text[at] === '\n' || (at === next?.span.start && next.endsLine);
  }
}

function isSpace(text: string, at: number): boolean {
  return text[at] !== '\n' && isBlank(text.charCodeAt(at));
}

function commentLines(comment: string): string[] {
  if (comment.startsWith('//')) return [`//${comment.slice(2).trimEnd()}`];
  const lines = comment.slice(2, -2).split('\n');
  const texts = lines.map((line, index) => (index === 0 ? line : line.replace(/^\s*\*+(?!\/)/, '')).trim());
  while (texts.length > 1 && texts[0] === '') texts.shift();
  while (texts.length > 1 && texts.at(-1) === '') texts.pop();
  return texts.map((line) => (line === '' ? '//' : `// ${line}`));
}
