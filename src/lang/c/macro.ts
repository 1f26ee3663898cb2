/** Macros: what `#define` says, and the text that a use of one becomes. */
import { CError } from './file.ts';
import type { CFile, CPlace } from './file.ts';
import { tokenize } from './token.ts';
import type { CToken } from './token.ts';

export interface Macro {
  readonly name: string;
  /** Undefined: object-like. */
  readonly parameters: readonly string[] | undefined;
  /** The last parameter takes all further arguments. */
  readonly variadic: boolean;
  readonly body: readonly CToken[];
  readonly place: CPlace;
  /** Expansions of it that are being read: it isn't expanded inside of them. */
  active: number;
}

/** From what follows `#define`. */
export function readDefinition(tokens: readonly CToken[], directive: CPlace): Macro {
  const [name, open] = tokens;
  if (name?.kind !== 'identifier')
    throw new CError('macro name missing or not an identifier', name === undefined ? directive : placeOf(name));
  const base = { name: name.text, place: placeOf(name), active: 0 };
  // A parenthesis right after the name begins parameters; after a blank it belongs to the text.
  if (open?.text !== '(' || open.spaced)
    return { ...base, parameters: undefined, variadic: false, body: tokens.slice(1) };
  const { parameters, variadic, end } = readParameters(tokens, base.place);
  return { ...base, parameters, variadic, body: tokens.slice(end) };
}

function readParameters(
  tokens: readonly CToken[],
  place: CPlace,
): { readonly parameters: readonly string[]; readonly variadic: boolean; readonly end: number } {
  const parameters: string[] = [];
  let variadic = false;
  let at = 2;
  while (tokens[at]?.text !== ')') {
    const token = tokens[at++];
    if (token?.text === '...') {
      variadic = true;
      parameters.push('__VA_ARGS__');
    } else if (token?.kind === 'identifier') {
      parameters.push(token.text);
      if (tokens[at]?.text === '...') {
        variadic = true;
        at++;
      }
    } else throw new CError("expected parameter name or ')' in macro definition", placeOf(token) ?? place);
    if (tokens[at]?.text === ',' && !variadic) at++;
    else if (tokens[at]?.text !== ')')
      throw new CError("expected ')' in macro definition", placeOf(tokens[at]) ?? place);
  }
  return { parameters, variadic, end: at + 1 };
}

export function placeOf(token: CToken): CPlace;
export function placeOf(token: CToken | undefined): CPlace | undefined;
export function placeOf(token: CToken | undefined): CPlace | undefined {
  return token === undefined ? undefined : { file: token.file, start: token.start, end: token.end };
}

/** The text of a use of a function-like macro. `expand`: an argument after its own macros. */
export function substitute(
  macro: Macro,
  arguments_: readonly (readonly CToken[])[],
  use: CToken,
  expand: (tokens: readonly CToken[]) => readonly CToken[],
): CToken[] {
  const expanded = new Map<number, readonly CToken[]>();
  const { body, parameters = [] } = macro;
  const argument = (token: CToken | undefined): readonly CToken[] | undefined => {
    const index = token?.kind === 'identifier' ? parameters.indexOf(token.text) : -1;
    return index < 0 ? undefined : (arguments_[index] ?? []);
  };
  const full = (token: CToken): readonly CToken[] | undefined => {
    const own = argument(token);
    if (own === undefined) return undefined;
    const index = parameters.indexOf(token.text);
    let found = expanded.get(index);
    if (found === undefined) expanded.set(index, (found = expand(own)));
    return found;
  };
  const rest = macro.variadic ? (arguments_[parameters.length - 1] ?? []) : [];
  const result: CToken[] = [];
  for (let at = 0; at < body.length; at++) {
    const token = body[at]!;
    const next = body[at + 1];
    if (token.text === '#' && macro.parameters !== undefined && argument(next) !== undefined) {
      result.push(stringify(argument(next)!, use));
      at++;
    } else if (token.text === '##' && result.length > 0 && next !== undefined) {
      const right = argument(next) ?? [next];
      // `, ## __VA_ARGS__`: without arguments the comma goes.
      if (result.at(-1)!.text === ',' && macro.variadic && next.text === parameters.at(-1)) {
        if (right.length === 0) result.pop();
        else result.push(...right);
      } else paste(result, right, use);
      at++;
    } else if (token.text === '__VA_OPT__' && macro.variadic && next?.text === '(') {
      const end = closing(body, at + 1);
      const inner: Macro = { ...macro, body: rest.length === 0 ? [] : body.slice(at + 2, end) };
      result.push(...substitute(inner, arguments_, use, expand));
      at = end;
    } else if (next?.text === '##' && argument(token) !== undefined) {
      // An operand of ## is not expanded; an empty one leaves its place to the other.
      const own = argument(token)!;
      if (own.length > 0) result.push(...own);
      else {
        const right = body[at + 2];
        if (right !== undefined) result.push(...(argument(right) ?? [right]));
        at += 2;
      }
    } else result.push(...(full(token) ?? [token]));
  }
  return result.map((token) => ({ ...token, file: use.file, start: use.start, end: use.end }));
}

function closing(tokens: readonly CToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]!.text === '(') depth++;
    if (tokens[at]!.text === ')' && --depth === 0) return at;
  }
  return tokens.length;
}

export function spell(tokens: readonly CToken[]): string {
  return tokens.map((token, index) => (index > 0 && token.spaced ? ` ${token.text}` : token.text)).join('');
}

function stringify(tokens: readonly CToken[], use: CToken): CToken {
  const text = tokens
    .map((token, index) => {
      const own =
        token.kind === 'string' || token.kind === 'character' ? token.text.replace(/["\\]/g, '\\$&') : token.text;
      return index > 0 && token.spaced ? ` ${own}` : own;
    })
    .join('');
  return { ...use, kind: 'string', text: `"${text}"`, spaced: true };
}

function paste(result: CToken[], right: readonly CToken[], use: CToken): void {
  const [first, ...others] = right;
  if (first === undefined) return;
  const left = result.pop()!;
  const text: CFile = { path: use.file.path, text: left.text + first.text, isSystem: true, includedAt: undefined };
  const joined = tokenize(text).map((token, index) => ({
    ...token,
    file: use.file,
    start: use.start,
    end: use.end,
    spaced: index === 0 && left.spaced,
  }));
  result.push(...joined, ...others);
}
