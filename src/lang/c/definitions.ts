/** What a script's C section and its headers define, by name. */
import type { Btf } from '../../btf/index.ts';
import { alignOf } from '../../btf/index.ts';
import { findNamedType, findTaggedType, sizeOf } from '../types/index.ts';
import type { Type } from '../types/index.ts';
import { CCursor } from './cursor.ts';
import { CError } from './file.ts';
import type { Macro } from './macro.ts';
import type { Preprocessor } from './preprocessor.ts';
import type { CToken } from './token.ts';
import { LanguageTypes } from './to-language.ts';
import { TypeReader } from './type-reader.ts';
import type { Outside } from './type-reader.ts';
import { CHAR, integer } from './types.ts';
import type { CScope, CType } from './types.ts';

export interface CMacro {
  readonly name: string;
  /** As written behind the name. */
  readonly text: string;
  /** Defined by the script or a header of the user's, not by one of the system. */
  readonly isUsers: boolean;
  /** Other macros are in it that only C expands: those with parameters. */
  readonly needsC: boolean;
}

export class CDefinitions {
  readonly #scope: CScope;
  readonly #source: Preprocessor;
  readonly #outside: Outside;
  readonly #types: LanguageTypes;

  constructor(scope: CScope, source: Preprocessor, btf: Btf | undefined) {
    this.#scope = scope;
    this.#source = source;
    this.#outside = btfAsOutside(btf);
    this.#types = new LanguageTypes(btf);
  }

  /** A typedef. */
  named(name: string): Type | undefined {
    const found = this.#scope.typedefs.get(name);
    return found === undefined ? undefined : this.#types.convert(found);
  }

  /** A struct, union or enum that is defined here, not only declared. */
  tagged(tag: 'struct' | 'union' | 'enum', name: string): Type | undefined {
    if (tag === 'enum') {
      const found = this.#scope.enums.get(name);
      return found?.values === undefined ? undefined : this.#types.convert(found);
    }
    const found = this.#scope.records.get(`${tag} ${name}`);
    return found?.members === undefined ? undefined : this.#types.convert(found);
  }

  enumerator(name: string): { readonly type: Type; readonly value: bigint } | undefined {
    const found = this.#scope.enumerators.get(name);
    return found === undefined ? undefined : { type: this.#types.convertEnum(found.type), value: found.value };
  }

  /** An object-like macro; its text may be empty. */
  macro(name: string): CMacro | undefined {
    const found = this.#source.macros.get(name);
    if (found === undefined || found.parameters !== undefined) return undefined;
    const { file } = found.place;
    const text = found.body.length === 0 ? '' : file.text.slice(found.body[0]!.start, found.body.at(-1)!.end);
    return { name, text, isUsers: !file.isSystem, needsC: this.#needsC(found) };
  }

  /** Names of macros and constants that the user's own text defines. */
  *userNames(): IterableIterator<string> {
    for (const { name, place } of this.#source.macros.values()) if (!place.file.isSystem) yield name;
    for (const [name, { place }] of this.#scope.enumerators) if (!place.file.isSystem) yield name;
  }

  /** The macro's text as a constant expression of C; undefined: it is none. */
  evaluate(name: string): bigint | undefined {
    const macro = this.#source.macros.get(name);
    if (macro === undefined) return undefined;
    try {
      const tokens = this.#source.expandAll(macro.body.map((token) => ({ ...token })));
      const cursor = new CCursor(listSource(tokens, macro));
      const value = new TypeReader(cursor, this.#scope, this.#outside, () => undefined).readConstant();
      return cursor.token.kind === 'end' ? value : undefined;
    } catch (error) {
      if (error instanceof CError) return undefined;
      throw error;
    }
  }

  /** A macro with parameters stands in its text, or in the texts of the macros there. */
  #needsC(macro: Macro): boolean {
    const seen = new Set([macro]);
    for (const each of seen) {
      for (const { kind, text } of each.body) {
        const inner = kind === 'identifier' ? this.#source.macros.get(text) : undefined;
        if (inner?.parameters !== undefined) return true;
        if (inner !== undefined) seen.add(inner);
      }
    }
    return false;
  }
}

function listSource(tokens: readonly CToken[], macro: Macro): { next(): CToken; nextRaw(): CToken; atFile: boolean } {
  const end: CToken = { kind: 'end', text: '', spaced: false, ...macro.place };
  let at = 0;
  const next = () => tokens[at++] ?? end;
  return { next, nextRaw: next, atFile: false };
}

/** Types of BTF where C needs them by name. */
export function btfAsOutside(btf: Btf | undefined): Outside {
  if (btf === undefined) return { named: ownInteger, complete: () => undefined };
  const known = new Map<string, CType | undefined>();
  const remember = (key: string, find: () => CType | undefined): CType | undefined => {
    if (!known.has(key)) known.set(key, find());
    return known.get(key);
  };
  return {
    named: (name) =>
      remember(name, () => {
        const found = btf.find(name, 'typedef') ?? btf.find(name, 'int');
        const type = found === undefined ? undefined : findNamedType(btf, name);
        return found === undefined || type === undefined ? ownInteger(name) : asC(type, alignOf(btf, found.id));
      }),
    complete: ({ kind, name, ...rest }) => {
      const tag = kind === 'enum' ? 'enum' : 'tag' in rest ? rest.tag : 'struct';
      if (name === '') return undefined;
      return remember(`${tag} ${name}`, () => {
        const found = btf.find(name, tag);
        const type = found === undefined ? undefined : findTaggedType(btf, tag, name);
        return found === undefined || type === undefined ? undefined : asC(type, alignOf(btf, found.id));
      });
    },
  };
}

/** The script's own names of integers are understood in C too. */
function ownInteger(name: string): CType | undefined {
  const [, unsigned, bits] = /^(u?)int(8|16|32|64)$/.exec(name) ?? [];
  if (bits === undefined) return undefined;
  return name === 'int8' ? CHAR : integer(Number(bits) / 8, unsigned === '');
}

/** What C looks into is a C type again: arrays of char, and what a pointer points to. */
function asC(type: Type, align: number): CType {
  return { kind: 'kernel', type, size: sizeOf(type), align: Math.max(1, align) };
}
