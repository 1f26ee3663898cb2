/** Declarations: what a C text says about types, and about constants. Code and initialisers are passed over. */
import { noAttributes, readAttributes } from './attributes.ts';
import type { Attributes } from './attributes.ts';
import { CCursor } from './cursor.ts';
import { CError } from './file.ts';
import { before } from './expression.ts';
import { placeOf } from './macro.ts';
import type { Preprocessor } from './preprocessor.ts';
import { TypeReader } from './type-reader.ts';
import type { Outside } from './type-reader.ts';
import type { CToken } from './token.ts';
import type { CScope } from './types.ts';

/**
 * Reads all declarations into `scope`. What can't be read in a header of the system is left out; elsewhere it is a
 * CError, thrown.
 */
export function readDeclarations(source: Preprocessor, scope: CScope, outside: Outside): void {
  const cursor = new CCursor(source);
  const reader = new TypeReader(cursor, scope, outside, () => source.pack);
  while (cursor.token.kind !== 'end') {
    const first = cursor.token;
    try {
      readDeclaration(cursor, reader, scope);
    } catch (error) {
      if (!(error instanceof CError) || !error.place.file.isSystem || isDirective(error)) throw error;
      recover(cursor, first);
    }
  }
}

/** What the preprocessor refuses is wrong wherever it stands. */
function isDirective(error: CError): boolean {
  return error.code === 'include' || error.message.startsWith('#');
}

function recover(cursor: CCursor, first: CToken): void {
  if (cursor.token === first) cursor.advance();
  for (;;) {
    cursor.skipTo(';', '{', '}');
    if (cursor.at('{')) {
      cursor.skipBalanced();
      if (!/^[A-Za-z_;,=[(*]/.test(cursor.token.text)) return;
    } else {
      if (cursor.token.kind !== 'end') cursor.advance();
      return;
    }
  }
}

function readDeclaration(cursor: CCursor, reader: TypeReader, scope: CScope): void {
  if (cursor.accept(';')) return;
  if (cursor.at('_Static_assert') || cursor.at('static_assert')) {
    cursor.skipTo(';');
    cursor.accept(';');
    return;
  }
  const attributes = noAttributes();
  readAttributes(cursor, attributes, () => reader.constant());
  if (cursor.accept(';')) return;
  const first = cursor.token;
  const specifiers = reader.readSpecifiers(attributes);
  if (specifiers === undefined) cursor.fail(`expected a declaration${before(first)}`, first);
  // The script's own definitions may end without a semicolon.
  if (cursor.accept(';') || (specifiers.defines && startsAnother(cursor.token))) return;
  for (;;) {
    const own: Attributes = { ...attributes };
    const { name, type } = reader.readDeclarator(specifiers.type, own);
    if (name === undefined) cursor.fail(`expected a name${before(cursor.token)}`);
    if (specifiers.storage === 'typedef') reader.define(name.text, type, own);
    else scope.objects.set(name.text, type);
    if (type.kind === 'function' && specifiers.storage !== 'typedef') {
      // Parameters in the style of K&R stand between the list and the body.
      if (!cursor.at(';') && !cursor.at(',') && !cursor.at('{')) cursor.skipTo('{', ';');
      if (cursor.at('{')) return cursor.skipBody();
    }
    if (cursor.accept('=')) cursor.skipTo(',', ';');
    if (cursor.accept(';')) return;
    if (!cursor.accept(',')) throw new CError(`expected ';'${before(cursor.token)}`, placeOf(cursor.token));
  }
}

function startsAnother(token: CToken): boolean {
  return token.kind === 'end' || ['struct', 'union', 'enum', 'typedef'].includes(token.text);
}
