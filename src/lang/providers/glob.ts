/** Wildcards of attach points (spec G-55): `*` stands for any text, `[a-z]` and `[!a-z]` for one character. */
import type { AttachComponent } from '../syntax/index.ts';

const CLASS = /\[[!^]?\]?[^\]]*\]/;

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
  const source = pattern.replace(/\*+|\[[!^]?\]?[^\]]*\]|[\s\S]/g, translate);
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

function translate(piece: string): string {
  if (piece.startsWith('*')) return '.*?';
  if (piece.length === 1) return piece.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
  const negated = piece[1] === '!' || piece[1] === '^';
  const members = piece.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, '\\$&');
  return isOrdered(members) ? `[${negated ? '^' : ''}${members}]` : '(?!)';
}

/** A range that runs backwards (`[z-a]`) holds no character. */
function isOrdered(members: string): boolean {
  for (let at = members.indexOf('-', 1); at > 0 && at < members.length - 1; at = members.indexOf('-', at + 1)) {
    if (members[at - 1]! > members[at + 1]!) return false;
  }
  return true;
}
