/**
 * Tokens with their macros expanded, pulled one at a time. A macro is not expanded inside its own expansion, and a
 * name that stood there stays unexpanded for good.
 */
import { CError, lineOf } from './file.ts';
import type { CFile } from './file.ts';
import { placeOf, substitute } from './macro.ts';
import type { Macro } from './macro.ts';
import type { CToken } from './token.ts';

/** More tokens than any header's macros make: a definition that doubles itself is no way to hang. */
const MOST_TOKENS = 20_000_000;
/** Arguments in arguments; far more than headers have. */
const DEEPEST_ARGUMENT = 200;

interface Reading {
  readonly tokens: readonly CToken[];
  at: number;
  readonly macro: Macro | undefined;
}

export abstract class Expansion {
  readonly macros = new Map<string, Macro>();
  #readings: Reading[] = [];
  /** Nothing comes from the files while a text of its own is expanded. */
  #isolated = 0;
  #made = 0;
  #counter = 0n;

  /** The next token of the files, with directives carried out. */
  protected abstract read(): CToken;

  /** The next token after macro expansion. */
  next(): CToken {
    for (;;) {
      const token = this.#pull();
      if (token.kind !== 'identifier' || token.painted === true) return token;
      const macro = this.macros.get(token.text);
      if (macro === undefined) {
        if (token.text.startsWith('__')) return this.#dynamic(token);
        return token;
      }
      if (macro.active > 0) return { ...token, painted: true };
      if (!this.#expand(token, macro)) return token;
    }
  }

  /** The next token as written. */
  nextRaw(): CToken {
    return this.#pull();
  }

  /** No expansion is under way: the next token comes from a file. */
  get atFile(): boolean {
    return this.#readings.every(({ tokens, at }) => at >= tokens.length);
  }

  /** A text by itself, after macro expansion. */
  expandAll(tokens: readonly CToken[]): CToken[] {
    const [first] = tokens;
    if (this.#isolated > DEEPEST_ARGUMENT && first !== undefined)
      throw new CError('macros are nested too deeply', placeOf(first));
    const readings = this.#readings;
    this.#readings = [{ tokens, at: 0, macro: undefined }];
    this.#isolated++;
    try {
      const result: CToken[] = [];
      for (let token = this.next(); token.kind !== 'end'; token = this.next()) result.push(token);
      return result;
    } finally {
      for (const { macro } of this.#readings) if (macro !== undefined) macro.active--;
      this.#readings = readings;
      this.#isolated--;
    }
  }

  #pull(): CToken {
    for (let top = this.#readings.at(-1); top !== undefined; top = this.#readings.at(-1)) {
      if (top.at < top.tokens.length) return top.tokens[top.at++]!;
      if (top.macro !== undefined) top.macro.active--;
      this.#readings.pop();
    }
    return this.#isolated > 0 ? END : this.read();
  }

  #push(tokens: readonly CToken[], macro: Macro | undefined): void {
    if (macro !== undefined) macro.active++;
    this.#readings.push({ tokens, at: 0, macro });
  }

  /** False: a function-like macro's name without arguments is just a name. */
  #expand(use: CToken, macro: Macro): boolean {
    let tokens: readonly CToken[];
    if (macro.parameters === undefined) {
      tokens = macro.body.some(({ text }) => text === '##')
        ? substitute(macro, [], use, (argument) => argument)
        : macro.body.map((token) => ({ ...token, file: use.file, start: use.start, end: use.end }));
    } else {
      const open = this.#pull();
      if (open.text !== '(') {
        if (open.kind !== 'end' || this.#isolated === 0) this.#push([open], undefined);
        return false;
      }
      tokens = substitute(macro, this.#readArguments(use, macro), use, (argument) => this.expandAll(argument));
    }
    this.#made += tokens.length;
    if (this.#made > MOST_TOKENS) throw new CError(`the expansion of macro '${macro.name}' is too large`, placeOf(use));
    this.#push(tokens, macro);
    return true;
  }

  #readArguments(use: CToken, macro: Macro): CToken[][] {
    const arguments_: CToken[][] = [[]];
    const wanted = macro.parameters?.length ?? 0;
    for (let depth = 0; ;) {
      const token = this.#pull();
      if (token.kind === 'end') throw new CError(`unterminated argument list of macro '${macro.name}'`, placeOf(use));
      if (token.text === ')' && depth === 0) return arguments_;
      if (token.text === '(') depth++;
      if (token.text === ')') depth--;
      const separates = token.text === ',' && depth === 0 && !(macro.variadic && arguments_.length >= wanted);
      if (separates) arguments_.push([]);
      // What is being expanded already stays unexpanded in an argument as well.
      else arguments_.at(-1)!.push(this.#isActive(token) ? { ...token, painted: true } : token);
    }
  }

  #isActive(token: CToken): boolean {
    return token.kind === 'identifier' && (this.macros.get(token.text)?.active ?? 0) > 0;
  }

  /** Macros without a fixed text. */
  #dynamic(token: CToken): CToken {
    switch (token.text) {
      case '__COUNTER__':
        return { ...token, kind: 'number', text: String(this.#counter++) };
      case '__LINE__':
        return { ...token, kind: 'number', text: String(lineOf(token)) };
      case '__FILE__':
        return { ...token, kind: 'string', text: '""' };
      default:
        return token;
    }
  }
}

const NO_FILE: CFile = { path: '', text: '', isSystem: true, includedAt: undefined };
const END: CToken = { kind: 'end', text: '', file: NO_FILE, start: 0, end: 0, spaced: false };
