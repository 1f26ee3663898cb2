/** Type names and declarators of C, and the struct, union and enum definitions in them. */
import { noAttributes, readAttributes } from './attributes.ts';
import type { Attributes } from './attributes.ts';
import type { CCursor } from './cursor.ts';
import { before, ExpressionReader, int, wrap } from './expression.ts';
import type { CValue, Names } from './expression.ts';
import { placeRecord } from './layout.ts';
import type { DeclaredMember } from './layout.ts';
import { placeOf } from './macro.ts';
import { ARITHMETIC, arithmeticType, QUALIFIERS, STORAGE } from './specifiers.ts';
import type { CToken } from './token.ts';
import { alignOfC, IncompleteType, INT, integer, printCType, sizeOfC } from './types.ts';
import type { CEnum, CMember, Complete, CRecord, CScope, CType } from './types.ts';

/** What is not in the C text itself: BTF. */
export interface Outside {
  /** A typedef. */
  readonly named: (name: string) => CType | undefined;
  /** The definition of what is only declared. */
  readonly complete: Complete;
}

export interface Specifiers {
  readonly type: CType;
  readonly storage: 'typedef' | 'other' | undefined;
  /** A struct, union or enum was defined by them. */
  readonly defines: boolean;
}

export interface Declarator {
  readonly name: CToken | undefined;
  readonly type: CType;
}

type Wrap = (type: CType) => CType;

export class TypeReader {
  readonly #cursor: CCursor;
  readonly #scope: CScope;
  readonly #outside: Outside;
  readonly #pack: () => number | undefined;
  readonly #expressions: ExpressionReader;
  #depth = 0;

  constructor(cursor: CCursor, scope: CScope, outside: Outside, pack: () => number | undefined) {
    this.#cursor = cursor;
    this.#scope = scope;
    this.#outside = outside;
    this.#pack = pack;
    this.#expressions = new ExpressionReader(cursor, this.#names());
  }

  // ---- specifiers -----------------------------------------------------------------------------------------

  /** Undefined, and nothing read: no declaration begins here. */
  readSpecifiers(attributes: Attributes): Specifiers | undefined {
    const words: string[] = [];
    let type: CType | undefined;
    let storage: Specifiers['storage'];
    let defines = false;
    for (;;) {
      readAttributes(this.#cursor, attributes, () => this.constant());
      const { token } = this.#cursor;
      if (token.kind !== 'identifier') break;
      const { text } = token;
      if (text === 'typedef') storage = 'typedef';
      else if (STORAGE.has(text)) storage ??= 'other';
      else if (ARITHMETIC.has(text)) words.push(text);
      else if (type !== undefined || words.length > 0) {
        if (!QUALIFIERS.has(text)) break;
      } else if (!QUALIFIERS.has(text)) {
        const found = this.#readSpecifiedType(token, attributes);
        if (found === undefined) break;
        ({ type, defines } = found);
        continue;
      }
      this.#cursor.advance();
      if ((text === '_Atomic' || text === '_BitInt') && this.#cursor.at('(')) {
        this.#cursor.advance();
        type = this.readTypeName();
        this.#cursor.expect(')');
      }
    }
    if (words.length > 0) type = arithmeticType(words) ?? this.#cursor.fail(`'${words.join(' ')}' is no type`);
    if (type !== undefined) return { type: withMode(type, attributes), storage, defines };
    // `static x;`: a forgotten type is int.
    return storage === undefined ? undefined : this.#implicitInt(storage);
  }

  #implicitInt(storage: Specifiers['storage']): Specifiers {
    const { token } = this.#cursor;
    if (token.kind === 'identifier' && storage === 'typedef') this.#unknownType(token);
    return { type: INT, storage, defines: false };
  }

  #readSpecifiedType(
    token: CToken,
    attributes: Attributes,
  ): { readonly type: CType; readonly defines: boolean } | undefined {
    switch (token.text) {
      case 'struct':
      case 'union':
        return this.#readRecord(token.text, attributes);
      case 'enum':
        return this.#readEnum();
      case 'typeof':
      case '__typeof__':
      case '__typeof':
      case '__typeof_unqual__':
        return { type: this.#readTypeof(), defines: false };
      default: {
        const type = this.#typedefNamed(token.text);
        if (type === undefined) {
          // A name before another name, or before a pointer, must be a type.
          const next = this.#cursor.peek();
          if (next.kind === 'identifier' || next.text === '*') this.#unknownType(token);
          return undefined;
        }
        this.#cursor.advance();
        return { type, defines: false };
      }
    }
  }

  #unknownType(token: CToken): never {
    return this.#cursor.fail(`unknown type name '${token.text}'`, token, 'unknown-type');
  }

  #typedefNamed(name: string): CType | undefined {
    return this.#scope.typedefs.get(name) ?? (this.#scope.objects.has(name) ? undefined : this.#outside.named(name));
  }

  #readTypeof(): CType {
    this.#cursor.advance();
    this.#cursor.expect('(');
    const type = this.#tryTypeName() ?? this.#typeOfOperand();
    this.#cursor.expect(')');
    return type;
  }

  /** Of the forms that headers have: a name, or a pointer cast to a struct whose member is meant. */
  #typeOfOperand(): CType {
    const { token } = this.#cursor;
    const known = token.kind === 'identifier' ? this.#scope.objects.get(token.text) : undefined;
    this.#cursor.skipTo(')');
    return known ?? INT;
  }

  // ---- struct, union, enum --------------------------------------------------------------------------------

  #readRecord(tag: 'struct' | 'union', attributes: Attributes): { type: CType; defines: boolean } {
    this.#cursor.advance();
    const own = noAttributes();
    readAttributes(this.#cursor, own, () => this.constant());
    const name = this.#cursor.token.kind === 'identifier' ? this.#cursor.advance() : undefined;
    if (!this.#cursor.at('{')) {
      if (name === undefined) this.#cursor.fail(`expected a name or '{' after '${tag}'`);
      return { type: this.#recordNamed(tag, name.text), defines: false };
    }
    const record =
      name === undefined
        ? { kind: 'record' as const, tag, name: '', members: undefined, size: 0, align: 1 }
        : this.#recordToDefine(tag, name);
    const pack = this.#pack();
    const members = this.#readMembers();
    readAttributes(this.#cursor, own, () => this.constant());
    attributes.user ||= own.user;
    const placed = this.#place(record, name, () =>
      placeRecord(tag, members, { packed: own.packed, aligned: own.aligned, pack }, this.#outside.complete),
    );
    Object.assign(record, placed);
    return { type: record, defines: true };
  }

  #place<T>(record: CRecord, name: CToken | undefined, place: () => T): T {
    try {
      return place();
    } catch (error) {
      if (!(error instanceof IncompleteType)) throw error;
      const what =
        error.type === record ? 'contains itself' : `has a member of unknown type '${printCType(error.type)}'`;
      return this.#cursor.fail(`'${printCType(record)}' ${what}`, name ?? this.#cursor.token, 'unknown-type');
    }
  }

  #recordNamed(tag: 'struct' | 'union', name: string): CRecord {
    const key = `${tag} ${name}`;
    let record = this.#scope.records.get(key);
    if (record === undefined) {
      record = { kind: 'record', tag, name, members: undefined, size: 0, align: 1 };
      this.#scope.records.set(key, record);
    }
    return record;
  }

  #recordToDefine(tag: 'struct' | 'union', name: CToken): CRecord {
    const record = this.#recordNamed(tag, name.text);
    if (record.members !== undefined) this.#cursor.fail(`redefinition of '${tag} ${name.text}'`, name);
    return record;
  }

  #readMembers(): DeclaredMember[] {
    const open = this.#cursor.expect('{');
    if (++this.#depth > 100) this.#cursor.fail('nested too deeply', open);
    const members: DeclaredMember[] = [];
    while (!this.#cursor.accept('}')) {
      if (this.#cursor.token.kind === 'end') this.#cursor.fail("expected '}'");
      if (this.#cursor.accept(';')) continue;
      if (this.#cursor.at('_Static_assert') || this.#cursor.at('static_assert')) this.#cursor.skipTo(';');
      else this.#readMemberDeclaration(members);
    }
    this.#depth--;
    return members;
  }

  #readMemberDeclaration(members: DeclaredMember[]): void {
    const attributes = noAttributes();
    const first = this.#cursor.token;
    const specifiers = this.readSpecifiers(attributes);
    if (specifiers === undefined) {
      if (first.kind === 'identifier') this.#unknownType(first);
      this.#cursor.fail(`expected a member${before(first)}`, first);
    }
    const { type } = specifiers;
    if (this.#cursor.at(';') || this.#cursor.at('}')) {
      // Members of an anonymous struct or union are its parent's; a tag alone declares no member.
      if (type.kind === 'record' && type.name === '') members.push(member('', type, undefined, attributes));
      this.#cursor.accept(';');
      return;
    }
    for (;;) {
      const own = { ...attributes };
      const declarator = this.#cursor.at(':') ? { name: undefined, type } : this.readDeclarator(type, own);
      const bitSize = this.#cursor.accept(':') ? this.#readBitSize(declarator) : undefined;
      readAttributes(this.#cursor, own, () => this.constant());
      if (declarator.name === undefined && bitSize === undefined)
        this.#cursor.fail(`expected a name${before(this.#cursor.token)}`);
      members.push(member(declarator.name?.text ?? '', declarator.type, bitSize, own));
      if (this.#cursor.accept(',')) continue;
      this.#cursor.expect(';');
      return;
    }
  }

  #readBitSize({ name, type }: Declarator): number {
    const { token } = this.#cursor;
    const size = this.constant();
    const underlying = type.kind === 'aligned' ? type.type : type;
    if (underlying.kind !== 'integer' && underlying.kind !== 'enum' && underlying.kind !== 'kernel')
      this.#cursor.fail(`bit-field '${name?.text ?? ''}' is no integer`, token);
    const most = underlying.size * 8;
    if (size < 0 || size > most)
      this.#cursor.fail(`bit-field '${name?.text ?? ''}' has ${size} bits, its type ${most}`, token);
    return size;
  }

  #readEnum(): { type: CType; defines: boolean } {
    this.#cursor.advance();
    const attributes = noAttributes();
    readAttributes(this.#cursor, attributes, () => this.constant());
    const name = this.#cursor.token.kind === 'identifier' ? this.#cursor.advance() : undefined;
    if (this.#cursor.at(':') && this.#cursor.peek().kind === 'identifier' && this.#depth === 0) {
      this.#cursor.advance();
      this.readSpecifiers(noAttributes());
    }
    const known = name === undefined ? undefined : this.#scope.enums.get(name.text);
    const type: CEnum = known ?? {
      kind: 'enum',
      name: name?.text ?? '',
      values: undefined,
      size: 4,
      signed: false,
    };
    if (name !== undefined) this.#scope.enums.set(name.text, type);
    if (!this.#cursor.at('{')) {
      if (name === undefined) this.#cursor.fail("expected a name or '{' after 'enum'");
      return { type, defines: false };
    }
    if (type.values !== undefined) this.#cursor.fail(`redefinition of 'enum ${type.name}'`, name);
    const values = this.#readEnumerators(type);
    readAttributes(this.#cursor, attributes, () => this.constant());
    Object.assign(type, { values, ...enumLayout(values, attributes.packed) });
    return { type, defines: true };
  }

  #readEnumerators(type: CEnum): { name: string; value: bigint }[] {
    this.#cursor.expect('{');
    const values: { name: string; value: bigint }[] = [];
    let next = 0n;
    while (!this.#cursor.accept('}')) {
      const name = this.#cursor.token;
      if (name.kind !== 'identifier') this.#cursor.fail(`expected the name of a constant${before(name)}`);
      this.#cursor.advance();
      readAttributes(this.#cursor, noAttributes(), () => this.constant());
      const value = this.#cursor.accept('=') ? this.#expressions.read().value : next;
      if (this.#scope.enumerators.has(name.text)) this.#cursor.fail(`redefinition of '${name.text}'`, name);
      values.push({ name: name.text, value });
      this.#scope.enumerators.set(name.text, { value, type, place: placeOf(name) });
      next = value + 1n;
      if (!this.#cursor.accept(',') && !this.#cursor.at('}'))
        this.#cursor.fail(`expected ',' or '}'${before(this.#cursor.token)}`);
    }
    return values;
  }

  // ---- declarators ----------------------------------------------------------------------------------------

  /** `name` undefined: an abstract declarator, as in a cast. */
  readDeclarator(base: CType, attributes: Attributes): Declarator {
    const { name, wrap: apply } = this.#readDeclaratorParts(attributes);
    readAttributes(this.#cursor, attributes, () => this.constant());
    return { name, type: apply(base) };
  }

  #readDeclaratorParts(attributes: Attributes): { readonly name: CToken | undefined; readonly wrap: Wrap } {
    if (++this.#depth > 100) this.#cursor.fail('nested too deeply');
    let pointers: Wrap = (type) => type;
    for (;;) {
      readAttributes(this.#cursor, attributes, () => this.constant());
      if (this.#cursor.accept('*')) {
        const before_ = pointers;
        const { user } = attributes;
        attributes.user = false;
        pointers = (type) => ({ kind: 'pointer', to: before_(type), user });
      } else if (QUALIFIERS.has(this.#cursor.token.text)) this.#cursor.advance();
      else break;
    }
    let name: CToken | undefined;
    let inner: Wrap = (type) => type;
    if (this.#cursor.at('(') && this.#startsNested()) {
      this.#cursor.advance();
      ({ name, wrap: inner } = this.#readDeclaratorParts(attributes));
      this.#cursor.expect(')');
    } else if (this.#cursor.token.kind === 'identifier') name = this.#cursor.advance();
    const suffix = this.#readSuffixes(attributes);
    this.#depth--;
    return { name, wrap: (type) => inner(suffix(pointers(type))) };
  }

  /** `(*name)`, not the parameters of a function. */
  #startsNested(): boolean {
    const next = this.#cursor.peek();
    if (['*', '^', '(', '[', '__attribute__'].includes(next.text)) return true;
    return (
      next.kind === 'identifier' &&
      !ARITHMETIC.has(next.text) &&
      !QUALIFIERS.has(next.text) &&
      !['struct', 'union', 'enum', 'typeof', '__typeof__', 'register'].includes(next.text) &&
      this.#typedefNamed(next.text) === undefined
    );
  }

  #readSuffixes(attributes: Attributes): Wrap {
    readAttributes(this.#cursor, attributes, () => this.constant());
    if (this.#cursor.at('(')) {
      this.#cursor.skipBalanced();
      this.#readSuffixes(attributes);
      return (returns) => ({ kind: 'function', returns });
    }
    if (!this.#cursor.accept('[')) return (type) => type;
    while (QUALIFIERS.has(this.#cursor.token.text) || this.#cursor.at('static')) this.#cursor.advance();
    const start = this.#cursor.token;
    const count = this.#cursor.at(']') ? undefined : this.constant();
    if (count !== undefined && (count < 0 || count > 0x7fffffff))
      this.#cursor.fail(`an array can't have ${count} elements`, start);
    this.#cursor.expect(']');
    const rest = this.#readSuffixes(attributes);
    return (element) => ({ kind: 'array', element: rest(element), count });
  }

  /** A typedef of this type. */
  define(name: string, type: CType, attributes: Attributes): void {
    const sized = withMode(type, attributes);
    const { aligned } = attributes;
    this.#scope.typedefs.set(name, aligned === undefined ? sized : { kind: 'aligned', type: sized, align: aligned });
  }

  readTypeName(): CType {
    return this.#tryTypeName() ?? this.#cursor.fail(`expected a type${before(this.#cursor.token)}`);
  }

  #tryTypeName(): CType | undefined {
    const { token } = this.#cursor;
    if (token.kind !== 'identifier' || !this.#startsType(token.text)) return undefined;
    const attributes = noAttributes();
    const specifiers = this.readSpecifiers(attributes);
    return specifiers === undefined ? undefined : this.readDeclarator(specifiers.type, attributes).type;
  }

  #startsType(word: string): boolean {
    if (ARITHMETIC.has(word) || QUALIFIERS.has(word)) return true;
    if (['struct', 'union', 'enum', 'typeof', '__typeof__', '__typeof'].includes(word)) return true;
    return !this.#scope.enumerators.has(word) && this.#typedefNamed(word) !== undefined;
  }

  // ---- constants ------------------------------------------------------------------------------------------

  constant(): number {
    return Number(this.readConstant());
  }

  readConstant(): bigint {
    return this.#expressions.read().value;
  }

  #names(): Names {
    const { complete } = this.#outside;
    return {
      identifier: (name) => this.#constantNamed(name),
      typeName: () => {
        const type = this.#tryTypeName();
        if (type === undefined) return undefined;
        return {
          cast: (value) => castValue(value, type),
          size: () => BigInt(this.#measure(() => sizeOfC(type, complete))),
          align: () => BigInt(this.#measure(() => alignOfC(type, complete))),
        };
      },
      offsetOf: () => this.#readOffset(),
      sizeOfOperand: () => this.#sizeOfOperand(),
    };
  }

  #constantNamed(name: string): CValue | undefined {
    const found = this.#scope.enumerators.get(name);
    if (found === undefined) return undefined;
    const bits = BigInt.asIntN(32, found.value) === found.value ? 32 : 64;
    return wrap(found.value, bits, false);
  }

  #measure(measure: () => number): number {
    try {
      return measure();
    } catch (error) {
      if (!(error instanceof IncompleteType)) throw error;
      return this.#cursor.fail(`the size of '${printCType(error.type)}' is not known`, undefined, 'unknown-type');
    }
  }

  /** `((struct x *)0)->member`, a name, or a number. */
  #sizeOfOperand(): bigint {
    const { token } = this.#cursor;
    const { complete } = this.#outside;
    if (token.kind === 'string') return BigInt(this.#cursor.advance().text.length - 1);
    const known = token.kind === 'identifier' ? this.#scope.objects.get(token.text) : undefined;
    if (known !== undefined) {
      this.#cursor.advance();
      return BigInt(this.#measure(() => sizeOfC(known, complete)));
    }
    if (this.#cursor.at('(')) {
      const type = this.#readMemberAccess();
      if (type !== undefined) return BigInt(this.#measure(() => sizeOfC(type, complete)));
    }
    return BigInt(this.#expressions.read().bits / 8);
  }

  /** After an opening parenthesis: `(type *)0)->a.b`. */
  #readMemberAccess(): CType | undefined {
    this.#cursor.advance();
    if (!this.#cursor.accept('(')) return this.#cursor.fail('expected a type');
    let type: CType = this.readTypeName();
    this.#cursor.expect(')');
    this.#expressions.read();
    this.#cursor.expect(')');
    while (this.#cursor.at('->') || this.#cursor.at('.')) {
      this.#cursor.advance();
      const name = this.#cursor.advance();
      const target: CType = type.kind === 'pointer' ? type.to : type;
      type = this.#findMember(target, name)?.type ?? this.#cursor.fail(`no member '${name.text}'`, name);
    }
    return type;
  }

  #readOffset(): bigint {
    this.#cursor.expect('(');
    let type = this.readTypeName();
    this.#cursor.expect(',');
    let bits = 0;
    do {
      const name = this.#cursor.advance();
      const found = this.#findMember(type, name) ?? this.#cursor.fail(`no member '${name.text}'`, name);
      bits += found.bitOffset;
      type = found.type;
      while (this.#cursor.accept('[')) {
        const index = this.constant();
        this.#cursor.expect(']');
        if (type.kind !== 'array') this.#cursor.fail('no array', name);
        type = type.element;
        bits += index * sizeOfC(type, this.#outside.complete) * 8;
      }
    } while (this.#cursor.accept('.'));
    this.#cursor.expect(')');
    return BigInt(Math.floor(bits / 8));
  }

  #findMember(type: CType, name: CToken): CMember | undefined {
    const record = type.kind === 'aligned' ? type.type : type;
    if (record.kind !== 'record' || record.members === undefined) return undefined;
    for (const own of record.members) {
      if (own.name === name.text) return own;
      const inner = own.name === '' ? this.#findMember(own.type, name) : undefined;
      if (inner !== undefined) return { ...inner, bitOffset: own.bitOffset + inner.bitOffset };
    }
    return undefined;
  }
}

function member(name: string, type: CType, bitSize: number | undefined, attributes: Attributes): DeclaredMember {
  return { name, type: withMode(type, attributes), bitSize, packed: attributes.packed, aligned: attributes.aligned };
}

/** By `mode` and `vector_size`. */
function withMode(type: CType, { mode, vector }: Attributes): CType {
  if (mode !== undefined && type.kind === 'integer') return integer(mode, type.signed);
  if (vector !== undefined && (type.kind === 'integer' || type.kind === 'float')) {
    return { kind: 'aligned', type: { kind: 'array', element: type, count: vector / type.size }, align: vector };
  }
  return type;
}

function enumLayout(
  values: readonly { readonly value: bigint }[],
  packed: boolean,
): { readonly size: number; readonly signed: boolean } {
  const signed = values.some(({ value }) => value < 0n);
  const sizes = packed ? [1, 2, 4, 8] : [4, 8];
  const fits = (size: number) =>
    values.every(({ value }) => (signed ? BigInt.asIntN : BigInt.asUintN)(size * 8, value) === value);
  return { size: sizes.find(fits) ?? 8, signed };
}

function castValue(value: CValue, type: CType): CValue {
  const plain = type.kind === 'aligned' ? type.type : type;
  if (plain.kind === 'pointer') return wrap(value.value, 64, true);
  if (plain.kind === 'kernel') return castToKernel(value, plain.type);
  if (plain.kind === 'enum') return wrap(value.value, plain.size > 4 ? 64 : 32, !plain.signed);
  if (plain.kind !== 'integer') return value;
  if (plain.is === 'bool') return int(value.value !== 0n);
  return castToInteger(value, plain.size, plain.signed);
}

function castToKernel(value: CValue, type: (CType & { kind: 'kernel' })['type']): CValue {
  if (type.kind === 'integer' || type.kind === 'enum') return castToInteger(value, type.size, type.signed);
  return type.kind === 'bool' ? int(value.value !== 0n) : value;
}

function castToInteger({ value }: CValue, size: number, signed: boolean): CValue {
  const narrow = signed ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
  return wrap(narrow, size > 4 ? 64 : 32, size >= 4 && !signed);
}
