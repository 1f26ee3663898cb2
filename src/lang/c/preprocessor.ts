/** The preprocessor: from files to tokens of declarations, and to the macros that scripts use. */
import { Expansion } from './expansion.ts';
import { before, ExpressionReader, int } from './expression.ts';
import type { Tokens } from './expression.ts';
import { CError } from './file.ts';
import type { CFile, CPlace } from './file.ts';
import { closingParenthesis, placeOf, readDefinition, spell } from './macro.ts';
import { HeaderSearch } from './search.ts';
import type { FoundHeader } from './search.ts';
import { Lexer } from './token.ts';
import type { CToken } from './token.ts';

/** Far more than any nest of headers. */
const DEEPEST_INCLUDE = 200;

const NEWLINE = 10;
const HASH = 35;

interface Condition {
  /** The text is read now. */
  active: boolean;
  /** Some branch was read, or none may be. */
  taken: boolean;
  elseSeen: boolean;
  readonly place: CPlace;
}

interface Frame {
  readonly file: CFile;
  readonly lexer: Lexer;
  readonly rank: number;
  readonly conditions: Condition[];
  lineStart: boolean;
  /** The macro that guards the whole file so far: undefined, none yet; null, there is no such. */
  guard: string | null | undefined;
}

export interface MissingHeader {
  readonly name: string;
  readonly place: CPlace;
}

export class Preprocessor extends Expansion {
  readonly #search: HeaderSearch;
  readonly #frames: Frame[] = [];
  /** Files that need not be read again: by `#pragma once`, or while their guard is defined. */
  readonly #once = new Map<string, string | true>();
  /** `#pragma pack`: the most that members are aligned to, in bytes. */
  #packs: (number | undefined)[] = [undefined];
  readonly missing: MissingHeader[] = [];
  /** A header of the kernel that isn't there is no error. */
  readonly toleratesMissing: boolean;

  constructor(search: HeaderSearch, toleratesMissing: boolean) {
    super();
    this.#search = search;
    this.toleratesMissing = toleratesMissing;
  }

  get pack(): number | undefined {
    return this.#packs.at(-1);
  }

  /** The next text to read. Texts are read from the last one that was entered. */
  enter(file: CFile, rank = -1): void {
    this.#frames.push({ file, lexer: new Lexer(file), rank, conditions: [], lineStart: true, guard: undefined });
  }

  protected read(): CToken {
    for (;;) {
      const frame = this.#frames.at(-1)!;
      const token = frame.lexer.next();
      if (token.kind === 'newline') frame.lineStart = true;
      else if (token.kind === 'end') {
        this.#endFile(frame);
        if (this.#frames.length === 1) return token;
        this.#frames.pop();
      } else if (frame.lineStart && token.text === '#') {
        this.#directive(frame, token);
      } else {
        frame.lineStart = false;
        if (frame.conditions.length === 0) frame.guard = null;
        return token;
      }
    }
  }

  #endFile(frame: Frame): void {
    const open = frame.conditions.pop();
    if (open !== undefined) throw new CError('unterminated conditional directive', open.place);
    if (typeof frame.guard === 'string') this.#once.set(frame.file.path, frame.guard);
  }

  // ---- directives -----------------------------------------------------------------------------------------

  #directive(frame: Frame, hash: CToken): void {
    const name = frame.lexer.next();
    if (name.kind === 'newline' || name.kind === 'end') return;
    const place: CPlace = { file: frame.file, start: hash.start, end: name.end };
    switch (name.text) {
      case 'ifdef':
      case 'ifndef':
      case 'if':
      case 'elif':
      case 'else':
      case 'endif':
        return this.#conditional(frame, name.text, place);
    }
    if (frame.conditions.length === 0) frame.guard = null;
    switch (name.text) {
      case 'define': {
        const macro = readDefinition(frame.lexer, place);
        this.macros.set(macro.name, macro);
        return;
      }
      case 'undef': {
        const [undefined_] = this.#line(frame);
        if (undefined_?.kind !== 'identifier') throw new CError('macro name missing', place);
        this.macros.delete(undefined_.text);
        return;
      }
      case 'include':
      case 'include_next':
      case 'import':
        return this.#include(frame, place, name.text === 'include_next');
      case 'error':
        throw new CError(`#error${frame.lexer.restOfLine().trimEnd()}`, place);
      case 'pragma':
        return this.#pragma(frame);
      default:
        // #warning, #line, #ident and a line number: nothing for us.
        if (name.kind === 'number' || ['warning', 'line', 'ident', 'sccs', 'assert'].includes(name.text)) {
          frame.lexer.skipLine();
          return;
        }
        throw new CError(`invalid preprocessing directive '#${name.text}'`, place, 'c', ['Comments begin with //.']);
    }
  }

  #line(frame: Frame): CToken[] {
    const tokens: CToken[] = [];
    for (;;) {
      const at = frame.lexer.at;
      const token = frame.lexer.next();
      if (token.kind === 'newline' || token.kind === 'end') {
        frame.lexer.at = at;
        return tokens;
      }
      tokens.push(token);
    }
  }

  #pragma(frame: Frame): void {
    const tokens = this.#line(frame).map(({ text }) => text);
    if (tokens[0] === 'once') this.#once.set(frame.file.path, true);
    if (tokens[0] !== 'pack') return;
    if (tokens.includes('pop')) {
      if (this.#packs.length > 1) this.#packs.pop();
      return;
    }
    const size = tokens.find((text) => /^\d+$/.test(text));
    if (tokens.includes('push')) this.#packs.push(size === undefined ? this.pack : Number(size));
    else this.#packs[this.#packs.length - 1] = size === undefined ? undefined : Number(size);
  }

  // ---- #include -------------------------------------------------------------------------------------------

  #include(frame: Frame, place: CPlace, next: boolean): void {
    const start = frame.lexer.at;
    let text = frame.lexer.restOfLine().trim();
    if (!/^[<"]/.test(text)) {
      frame.lexer.at = start;
      text = spell(this.expandAll(this.#line(frame))).trim();
    }
    const where: CPlace = { ...place, end: frame.lexer.at };
    const [, angled, quoted] = /^(?:<([^>]+)>|"([^"]+)")/.exec(text) ?? [];
    const name = angled ?? quoted;
    if (name === undefined) throw new CError('#include expects "FILENAME" or <FILENAME>', where);
    const found = this.#find(frame, name, quoted !== undefined, next);
    if (found === undefined) this.#headerMissing(name, angled === undefined ? `"${name}"` : `<${name}>`, where);
    else this.#enterHeader(found, where);
  }

  #find(frame: Frame, name: string, quoted: boolean, next: boolean): FoundHeader | undefined {
    if (next) return this.#search.find(name, undefined, frame.rank);
    return this.#search.find(name, quoted ? folderOf(frame.file.path) : undefined);
  }

  #headerMissing(name: string, spelled: string, place: CPlace): void {
    if (this.toleratesMissing && HeaderSearch.isKernelHeader(name)) this.missing.push({ name: spelled, place });
    else {
      const hints = HeaderSearch.isKernelHeader(name)
        ? ['Install the headers of this kernel, or give their folder with -I or BPFTRACE_KERNEL_SOURCE.']
        : ['-I adds a folder to look in.'];
      throw new CError(`file not found: ${spelled}`, place, 'include', hints);
    }
  }

  #enterHeader(found: FoundHeader, place: CPlace): void {
    const guard = this.#once.get(found.path);
    if (guard === true || (guard !== undefined && this.macros.has(guard))) return;
    if (this.#frames.length > DEEPEST_INCLUDE) throw new CError('#include nested too deeply', place);
    const file: CFile = { path: found.path, text: found.text, isSystem: found.isSystem, includedAt: place };
    this.enter(file, found.rank);
  }

  // ---- conditions -----------------------------------------------------------------------------------------

  #conditional(frame: Frame, name: string, place: CPlace): void {
    const { conditions } = frame;
    const innermost = conditions.at(-1);
    if (name.startsWith('if')) {
      const active = this.#test(frame, name, place);
      if (conditions.length === 0)
        frame.guard = frame.guard === undefined && name === 'ifndef' ? this.#guardName(frame) : null;
      conditions.push({ active, taken: active, elseSeen: false, place });
    } else if (innermost === undefined) throw new CError(`#${name} without #if`, place);
    else if (name === 'endif') {
      conditions.pop();
      frame.lexer.skipLine();
      return;
    } else {
      if (innermost.elseSeen) throw new CError(`#${name} after #else`, place);
      if (conditions.length === 1) frame.guard = null;
      innermost.active = !innermost.taken && (name === 'else' || this.#test(frame, 'if', place));
      innermost.taken ||= innermost.active;
      innermost.elseSeen = name === 'else';
    }
    frame.lexer.skipLine();
    if (!conditions.at(-1)!.active) this.#skipGroup(frame);
  }

  #lastName: string | undefined;

  #guardName(frame: Frame): string | null {
    return frame.file.includedAt === undefined ? null : (this.#lastName ?? null);
  }

  #test(frame: Frame, name: string, place: CPlace): boolean {
    if (name === 'if') return this.#evaluate(this.#line(frame), place);
    const before_ = frame.lexer.at;
    const macro = frame.lexer.next();
    if (macro.kind !== 'identifier') {
      frame.lexer.at = before_;
      throw new CError(`#${name} needs a name`, place);
    }
    this.#lastName = macro.text;
    return this.#isDefined(macro.text) === (name === 'ifdef');
  }

  #isDefined(name: string): boolean {
    return this.macros.has(name) || /^__has_(?:include(?:_next)?|attribute|builtin)$/.test(name);
  }

  #evaluate(tokens: readonly CToken[], place: CPlace): boolean {
    // Again after expansion: macros may ask questions.
    const expanded = this.expandAll(this.#answerQuestions(tokens));
    const cursor = new ListCursor(this.#answerQuestions(expanded), place);
    const reader = new ExpressionReader(cursor, { identifier: () => int(0n) });
    const value = reader.read();
    if (cursor.token.kind !== 'end')
      throw new CError(`missing operator in #if${before(cursor.token)}`, placeOf(cursor.token));
    return value.value !== 0n;
  }

  /** `defined X`, `__has_include(<x>)` and `__has_attribute(x)` as 0 and 1. */
  #answerQuestions(tokens: readonly CToken[]): CToken[] {
    const result: CToken[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at]!;
      const isQuestion = /^(?:defined|__has_include(?:_next)?|__has_attribute|__has_builtin)$/.test(token.text);
      if (!isQuestion) {
        result.push(token);
        continue;
      }
      const bare = token.text === 'defined' && tokens[at + 1]?.text !== '(';
      const end = bare ? at + 1 : closingParenthesis(tokens, at + 1);
      const operand = bare ? tokens.slice(at + 1, at + 2) : tokens.slice(at + 2, end);
      result.push({ ...token, kind: 'number', text: this.#answer(token.text, operand) ? '1' : '0' });
      at = end;
    }
    return result;
  }

  #answer(question: string, operand: readonly CToken[]): boolean {
    const text = spell(operand).trim();
    if (question === 'defined') return this.#isDefined(text);
    if (question === '__has_attribute') return true;
    if (question === '__has_builtin') return false;
    const name = text.replace(/^[<"]|[>"]$/g, '');
    const frame = this.#frames.at(-1)!;
    return this.#find(frame, name, text.startsWith('"'), question.endsWith('next')) !== undefined;
  }

  /** To the directive that may end the group. */
  #skipGroup(frame: Frame): void {
    const { lexer } = frame;
    for (let depth = 0; ;) {
      const code = lexer.nextCode();
      if (Number.isNaN(code)) return;
      const start = lexer.at;
      if (code === NEWLINE) {
        lexer.at++;
        continue;
      }
      if (code === HASH && lexer.next().text === '#') {
        const name = lexer.next();
        if (name.kind === 'newline') continue;
        if (/^if(?:n?def)?$/.test(name.text)) depth++;
        else if (depth === 0 && /^(?:elif|else|endif)$/.test(name.text)) {
          lexer.at = start;
          frame.lineStart = true;
          return;
        } else if (name.text === 'endif') depth--;
      }
      lexer.skipLine();
    }
  }
}

class ListCursor implements Tokens {
  readonly #tokens: readonly CToken[];
  readonly #end: CToken;
  #at = 0;

  constructor(tokens: readonly CToken[], place: CPlace) {
    this.#tokens = tokens;
    this.#end = { kind: 'end', text: '', spaced: false, ...place };
  }
  get token(): CToken {
    return this.#tokens[this.#at] ?? this.#end;
  }
  peek(): CToken {
    return this.#tokens[this.#at + 1] ?? this.#end;
  }
  advance(): CToken {
    const { token } = this;
    this.#at++;
    return token;
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
