import type { Token } from './token.ts';

export function isPunctuator(token: Token, punctuator: string): boolean {
  return token.kind === 'punctuator' && token.text === punctuator;
}

export function isWord(token: Token, word: string): boolean {
  return token.kind === 'identifier' && token.text === word;
}
