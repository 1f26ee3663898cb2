/** What is to be said of a place in a script: types, builtins, attach points. */
import type { SourceFile, Span } from '../diagnostic/index.ts';
import { listProbes } from '../listing.ts';
import { type Expression, scanAttachPoint, scanToken, type Token } from '../syntax/index.ts';
import { printType } from '../types/index.ts';
import { builtinDoc } from './builtin-docs.ts';
import { placeAt } from './place.ts';
import { type ServiceOptions, type TypedScript, typesOf } from './types.ts';

export interface Hover {
  readonly span: Span;
  /** Shown as code. */
  readonly code: string;
  readonly text?: string;
}

const MOST_LINES = 30;

export function hover(source: SourceFile, offset: number, options: ServiceOptions): Hover | undefined {
  const { text } = source;
  const place = placeAt(text, Math.min(offset + 1, text.length));
  if (place.kind === 'opaque' || place.kind === 'config') return undefined;
  if (place.kind === 'point') return hoverPoint(text, place.span.start, options);
  const token = tokenAt(text, offset);
  if (token === undefined) return undefined;
  const typed = typesOf(source, options);
  const isMember = /(?:\.|->)\s*$/.test(text.slice(Math.max(token.start - 64, 0), token.start));
  if (token.kind === 'identifier' && !isMember) return hoverWord(token, typed);
  return hoverExpression(text, token, typed);
}

function hoverPoint(text: string, start: number, { target }: ServiceOptions): Hover | undefined {
  const { point } = scanAttachPoint(text, start, []);
  if (point.components.length < 2) return undefined;
  const { lines } = listProbes(point.text.replaceAll(',', ''), target, { verbose: true, pid: undefined });
  if (lines.length === 0) return undefined;
  const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…'] : lines;
  return { span: point.span, code: shown.join('\n') };
}

/** The token that holds the character at `offset`. */
function tokenAt(text: string, offset: number): Token | undefined {
  let start = offset;
  while (start > 0 && /\w/.test(text[start - 1]!) && /\w/.test(text[start]!)) start--;
  if (/[$@]/.test(text[start - 1] ?? '')) start--;
  const token = scanToken(text, start);
  return token.start <= offset && offset < token.end ? token : undefined;
}

function hoverWord(token: Token, typed: TypedScript): Hover | undefined {
  const span = { start: token.start, end: token.end };
  const doc = builtinDoc(token.text);
  const type = typed.types.get(nodeFor(token, typed)!);
  if (doc === undefined) return type === undefined ? undefined : { span, code: `${token.text} : ${printType(type)}` };
  const isCall = doc.signature.includes('(');
  return {
    span,
    code: isCall ? doc.signature : `${token.text} : ${type === undefined ? doc.signature : printType(type)}`,
    text: doc.text,
  };
}

/** A variable, map or member: what it is part of, up to itself. */
function hoverExpression(text: string, token: Token, typed: TypedScript): Hover | undefined {
  const node = nodeFor(token, typed) ?? namesake(token, typed);
  const type = node === undefined ? undefined : typed.types.get(node);
  if (node === undefined || type === undefined) return undefined;
  const isHere = node.span.end === token.end || node.span.start === token.start;
  const span = isHere ? node.span : { start: token.start, end: token.end };
  return { span, code: `${isHere ? text.slice(span.start, span.end) : token.text} : ${printType(type)}` };
}

/** The smallest expression that ends with the token, or begins with it. */
function nodeFor(token: Token, { types }: TypedScript): Expression | undefined {
  let best: Expression | undefined;
  for (const node of types.keys()) {
    const fits =
      node.span.end === token.end
        ? node.span.start <= token.start
        : node.kind === 'map' && node.span.start === token.start;
    if (fits && (best === undefined || node.span.end - node.span.start < best.span.end - best.span.start)) best = node;
  }
  return best;
}

/** Where something is assigned it is not read: then as it is read elsewhere. */
function namesake(token: Token, { types }: TypedScript): Expression | undefined {
  for (const node of types.keys())
    if ((node.kind === 'variable' || node.kind === 'map') && node.name === token.text) return node;
  return undefined;
}
