/** A text as an editor has it open. Places are lines and UTF-16 code units in them, both from 0. */
import type { SourceFile, Span } from '../../lang/index.ts';

export interface Position {
  readonly line: number;
  readonly character: number;
}
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export class Document implements SourceFile {
  readonly uri: string;
  readonly name: string;
  #text: string;
  #lineStarts: number[] | undefined;
  version: number | undefined;

  constructor(uri: string, text: string, version: number | undefined) {
    this.uri = uri;
    this.name = decodeURIComponentSafely(uri.replace(/^file:\/\//, ''));
    this.#text = text;
    this.version = version;
  }

  get text(): string {
    return this.#text;
  }

  /** Replaces a part, or all of it. */
  change(text: string, range: Range | undefined): void {
    if (range === undefined) this.#text = text;
    else {
      const start = this.offsetAt(range.start);
      const end = Math.max(start, this.offsetAt(range.end));
      this.#text = this.#text.slice(0, start) + text + this.#text.slice(end);
    }
    this.#lineStarts = undefined;
  }

  /** A place behind the end of its line or of the text is that end. */
  offsetAt({ line, character }: Position): number {
    const starts = this.#starts();
    if (line >= starts.length) return this.#text.length;
    const start = starts[Math.max(line, 0)]!;
    const end = line + 1 < starts.length ? starts[line + 1]! - 1 : this.#text.length;
    return Math.min(start + Math.max(character, 0), end);
  }

  rangeOf({ start, end }: Span): Range {
    return { start: this.positionAt(start), end: this.positionAt(Math.max(start, end)) };
  }

  positionAt(offset: number): Position {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: Math.min(offset, this.#text.length) - starts[low]! };
  }

  #starts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0];
      for (let at = this.#text.indexOf('\n'); at !== -1; at = this.#text.indexOf('\n', at + 1))
        this.#lineStarts.push(at + 1);
    }
    return this.#lineStarts;
  }
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
