/** Macros: what `#define` says, and the text that a use of one becomes. */
import { CError } from './file.ts';
import type { CFile, CPlace } from './file.ts';
import { Lexer, tokenize } from './token.ts';
import type { CToken } from './token.ts';

export interface MacroText {
  /** Undefined: object-like. */
  readonly parameters: readonly string[] | undefined;
  /** The last parameter takes all further arguments. */
  readonly variadic: boolean;
  readonly body: readonly CToken[];
}

export interface Macro extends MacroText {
  readonly name: string;
  readonly place: CPlace;
  /** Expansions of it that are being read: it isn't expanded inside of them. */
  active: number;
}

/** Of the thousands that headers define, few are used: the text of one is read when it is. */
class Definition implements Macro {
  readonly name: string;
  readonly place: CPlace;
  readonly parameters: readonly string[] | undefined;
  readonly variadic: boolean;
  active = 0;
  readonly #from: number;
  #body: readonly CToken[] | undefined;

  /** `from`: where its text begins. */
  constructor(name: CToken, { parameters, variadic }: Parameters, from: number) {
    this.name = name.text;
    this.place = placeOf(name);
    this.parameters = parameters;
    this.variadic = variadic;
    this.#from = from;
  }

  get body(): readonly CToken[] {
    return (this.#body ??= restOfLine(this.place.file, this.#from));
  }
}

type Parameters = Pick<MacroText, 'parameters' | 'variadic'>;

function restOfLine(file: CFile, from: number): CToken[] {
  const lexer = new Lexer(file);
  lexer.at = from;
  const tokens: CToken[] = [];
  for (let token = lexer.next(); token.kind !== 'newline' && token.kind !== 'end'; token = lexer.next())
    tokens.push(token);
  return tokens;
}

/** From what follows `#define`, to the end of the line. */
export function readDefinition(lexer: Lexer, directive: CPlace): Macro {
  const name = lexer.next();
  if (name.kind !== 'identifier')
    throw wrongDefinition('macro name missing or not an identifier', name, lexer, directive);
  // A parenthesis right after the name begins parameters; after a blank it belongs to the text.
  const hasParameters = lexer.file.text[lexer.at] === '(';
  const parameters = hasParameters ? readParameters(lexer, placeOf(name)) : { parameters: undefined, variadic: false };
  const macro = new Definition(name, parameters, lexer.at);
  lexer.skipLine();
  return macro;
}

function readParameters(lexer: Lexer, place: CPlace): Parameters {
  const parameters: string[] = [];
  let variadic = false;
  lexer.next();
  for (let token = lexer.next(); token.text !== ')'; token = lexer.next()) {
    if (token.text === '...') {
      variadic = true;
      parameters.push('__VA_ARGS__');
      token = lexer.next();
    } else if (token.kind === 'identifier') {
      parameters.push(token.text);
      token = lexer.next();
      if (token.text === '...') {
        variadic = true;
        token = lexer.next();
      }
    } else {
      throw wrongDefinition("expected parameter name or ')' in macro definition", token, lexer, place);
    }
    if (token.text === ')') break;
    if (token.text !== ',' || variadic) throw wrongDefinition("expected ')' in macro definition", token, lexer, place);
  }
  return { parameters, variadic };
}

/** Reading goes on, where it does, behind the line. `otherwise`: the place where the line has ended. */
function wrongDefinition(message: string, token: CToken, lexer: Lexer, otherwise: CPlace): CError {
  lexer.at = token.start;
  lexer.skipLine();
  const isAtEnd = token.kind === 'newline' || token.kind === 'end';
  return new CError(message, isAtEnd ? otherwise : placeOf(token));
}

export function placeOf(token: CToken): CPlace;
export function placeOf(token: CToken | undefined): CPlace | undefined;
export function placeOf(token: CToken | undefined): CPlace | undefined {
  return token === undefined ? undefined : { file: token.file, start: token.start, end: token.end };
}

/** The text of a use of a function-like macro. `expand`: an argument after its own macros. */
export function substitute(
  macro: MacroText,
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
      const end = closingParenthesis(body, at + 1);
      const inner: MacroText = { parameters, variadic: true, body: rest.length === 0 ? [] : body.slice(at + 2, end) };
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

/** Where the parenthesis at `open` is closed; where it is not, behind the last. */
export function closingParenthesis(tokens: readonly CToken[], open: number): number {
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
