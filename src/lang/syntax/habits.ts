/** What other languages write differently, told by the two tokens at which the parser stopped. */
import { isPunctuator } from './punctuators.ts';
import type { Token } from './token.ts';

const OPERATORS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };
const C_TYPES = /^(?:u?int(?:8|16|32|64)?|unsigned|signed|long|short|char|bool|string|const|static|auto|var|my|local)$/;
const STATEMENTS: Readonly<Record<string, string>> = {
  switch: 'There is no switch: use if and else if.',
  case: 'There is no switch: use if and else if.',
  do: 'There is no do loop: use `while (…) { … }`.',
  function: 'Functions are written `fn f($a : int64) : int64 { … }`.',
  def: 'Functions are written `fn f($a : int64) : int64 { … }`.',
  foreach: 'Loops are written `for $kv : @map { … }`.',
  loop: 'Loops are written `while (…) { … }`.',
  elif: "Write 'else if'.",
};
const QUOTED = 'Text stands in double quotes: "…".';

/** `previous` is the last token taken, `token` the one that nothing could be made of, `next` the one after it. */
export function hintAtHabit(previous: Token | undefined, token: Token, next: Token): string | undefined {
  const operator = wordOperator(token) ?? wordOperator(previous);
  if (operator !== undefined) return `The operator is '${operator}'.`;
  if (previous?.kind === 'identifier') {
    const hint = hintAfterWord(previous, token);
    if (hint !== undefined) return hint;
  }
  if (token.kind === 'string' && previous?.kind === 'string') return "Strings are joined with '+'.";
  if (previous?.text === '.' && token.kind === 'string') return "Strings are joined with '+'.";
  return hintAtSigns(previous, token, next);
}

function wordOperator(token: Token | undefined): string | undefined {
  return token?.kind === 'identifier' && Object.hasOwn(OPERATORS, token.text) ? OPERATORS[token.text] : undefined;
}

/** For `name(…) {`, which is no statement. */
export function hintAtCall(name: string): string | undefined {
  return Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
}

function hintAfterWord({ text: word }: Token, token: Token): string | undefined {
  if (Object.hasOwn(STATEMENTS, word)) return STATEMENTS[word];
  const isName = token.kind === 'variable' || token.kind === 'map' || token.kind === 'identifier';
  if (isName && C_TYPES.test(word)) {
    const name = token.kind === 'identifier' ? `$${token.text}` : token.text;
    return `No type stands before a name: write \`${name} = …;\` or \`let ${name} : int64 = …;\`.`;
  }
  const isOperand = token.kind === 'variable' || token.kind === 'map' || token.kind === 'string';
  if (isOperand || token.kind === 'integer') return `A function is called with parentheses: ${word}(…).`;
  return undefined;
}

function hintAtSigns(previous: Token | undefined, token: Token, next: Token): string | undefined {
  if (token.text === '=' && next.text === '>' && next.start === token.end)
    return "Members are written with '.' or '->'.";
  if (isPunctuator(token, ':') && isPunctuator(next, '=')) return "Assignments are written with '='.";
  if (isPunctuator(token, '[')) return 'There are no list literals. A tuple is written (1, 2, 3).';
  if (isPunctuator(token, '+')) return 'There is no unary +.';
  if (previous === undefined || previous.end !== token.start) {
    return isPunctuator(token, '>') && previous?.text === '-' ? "Write '->' without a blank." : undefined;
  }
  if (isPunctuator(token, '>') && previous.text === '=') return "Members are written with '.' or '->'.";
  if (isPunctuator(token, '=') && previous.text === '==') return "The operator is '=='.";
  return undefined;
}

/** What can be said of a character that begins no token. */
export function hintsAtCharacter(character: string): readonly string[] {
  switch (character) {
    case '#':
      return ['Preprocessor lines stand before the first probe; comments begin with //.'];
    case "'":
      return ['Strings stand in double quotes.'];
    case '“':
    case '”':
    case '„':
    case '‘':
    case '’':
      return ['Strings stand in plain double quotes ("…").'];
    case '`':
    case '\\':
      return [QUOTED];
    default:
      return [];
  }
}
