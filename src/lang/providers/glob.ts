/** Wildcards of attach points (spec G-55): `*` stands for any text, `[a-z]` and `[!a-z]` for one character. */
import type { AttachComponent } from '../syntax/index.ts';

/** A class is not empty: `operator[]` is a name. */
const CLASS = /\[[!^]?(?:\][^\]]*|[^\]]+)\]/;

export type Matcher = (name: string) => boolean;

export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || CLASS.test(pattern);
}

/** A part that stood wholly in quotes means itself. */
export function isPattern(component: AttachComponent): boolean {
  return !component.quoted && hasWildcard(component.text);
}

export function matcherOf(component: AttachComponent): Matcher {
  return isPattern(component) ? globMatcher(component.text) : (name) => name === component.text;
}

/** Matches whole names. Text without wildcards matches itself. */
export function globMatcher(pattern: string): Matcher {
  if (pattern === '*') return () => true;
  if (!hasWildcard(pattern)) return (name) => name === pattern;
  const pieces = splitPattern(pattern);
  return (name) => matches(pieces, name);
}

/** A character, a test of one, or undefined for any text. */
type Piece = string | ((character: string) => boolean) | undefined;

function splitPattern(pattern: string): readonly Piece[] {
  const pieces = pattern.match(/\*+|\[[!^]?(?:\][^\]]*|[^\]]+)\]|[\s\S]/g) ?? [];
  return pieces.map((piece) =>
    piece.startsWith('*') ? undefined : piece.length === 1 ? piece : characterClass(piece),
  );
}

function characterClass(text: string): (character: string) => boolean {
  const negated = text[1] === '!' || text[1] === '^';
  const members = text.slice(negated ? 2 : 1, -1);
  return (character) => holds(members, character) !== negated;
}

function holds(members: string, character: string): boolean {
  for (let at = 0; at < members.length; at++) {
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    if (!isRange && members[at] === character) return true;
    if (!isRange) continue;
    if (members[at]! <= character && character <= members[at + 2]!) return true;
    at += 2;
  }
  return false;
}

/** After a mismatch only the last star need take more: what came before it can't match better. */
function matches(pieces: readonly Piece[], name: string): boolean {
  let piece = 0;
  let starPiece = -1;
  let starAt = 0;
  let at = 0;
  while (at < name.length) {
    if (piece < pieces.length && pieces[piece] === undefined) {
      starPiece = piece++;
      starAt = at;
    } else if (piece < pieces.length && fits(pieces[piece], name[at]!)) {
      piece++;
      at++;
    } else if (starPiece >= 0) {
      piece = starPiece + 1;
      at = ++starAt;
    } else return false;
  }
  while (piece < pieces.length && pieces[piece] === undefined) piece++;
  return piece === pieces.length;
}

function fits(piece: Piece, character: string): boolean {
  return typeof piece === 'function' ? piece(character) : piece === character;
}
