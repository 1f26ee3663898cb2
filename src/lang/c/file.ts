/** Texts that C is read from, and places in them. */

/** A text and how it came into the compile. */
export interface CFile {
  /** Quoted names in it are looked for beside it. Empty for a script without a file. */
  readonly path: string;
  readonly text: string;
  /** A header of the system: what we can't read there is passed over until it is needed. */
  readonly isSystem: boolean;
  /** Where it was included; undefined for what nothing includes. */
  readonly includedAt: CPlace | undefined;
}

/** UTF-16 code unit indices. */
export interface CPlace {
  readonly file: CFile;
  readonly start: number;
  readonly end: number;
}

/** C that can't be read. Caught at the end of a declaration or of the whole C section; never leaves this folder. */
export class CError extends Error {
  readonly place: CPlace;
  readonly code: string;
  readonly hints: readonly string[];
  constructor(message: string, place: CPlace, code = 'c', hints: readonly string[] = []) {
    super(message);
    this.place = place;
    this.code = code;
    this.hints = hints;
  }
}

/** The place in the script's own text that led to `place`. */
export function inScript(place: CPlace): CPlace {
  let at = place;
  while (at.file.includedAt !== undefined) at = at.file.includedAt;
  return at;
}

/** Counted from 1. */
export function lineOf({ file, start }: CPlace): number {
  let line = 1;
  for (let at = file.text.indexOf('\n'); at >= 0 && at < start; at = file.text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Lines that end in a backslash as one line; the lines after keep their numbers. */
export function joinLines(text: string): string {
  const [first, ...others] = text.split(/\\\r?\n/) as [string, ...string[]];
  let joined = first;
  let owed = 0;
  for (const part of others) {
    owed++;
    const end = part.indexOf('\n');
    if (end < 0) {
      joined += part;
    } else {
      joined += part.slice(0, end) + '\n'.repeat(owed) + part.slice(end);
      owed = 0;
    }
  }
  return joined + '\n'.repeat(owed);
}
