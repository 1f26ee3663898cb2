import { FormatError } from '../base/index.ts';
import type { Btf } from './btf.ts';
import { alignOf, memberBitSize, skipQualifiers, tooDeep } from './resolve.ts';
import type { BtfType, CompositeType, EnumType, PrototypeType } from './types.ts';

const MAX_DEPTH = 64;
/** Far more than any kernel type needs; malformed BTF can nest without end. */
const MAX_CHARACTERS = 8 << 20;

export interface PrintOptions {
  /** Print tags such as `__user` between a pointer and its target. Default: false. */
  readonly tags?: boolean;
}

/**
 * The C definition of a type, as `struct X {…};` with members indented by tabs. Structs that are members without
 * a name of their own type are printed in place; all others by name. `name` declares a variable, a typedef's
 * target or a function of that type instead.
 */
export function printC(
  btf: Btf,
  type: BtfType | number,
  options: PrintOptions & { readonly name?: string } = {},
): string {
  const printer = new Printer(btf, options);
  const subject = typeof type === 'number' ? btf.type(type) : type;
  const text = options.name === undefined ? printer.definition(subject) : printer.declaration(subject.id, options.name);
  return `${text};`;
}

/** A type's name as in a cast: `struct file *`, `char[16]`, `int (*)(void *)`. */
export function printTypeName(btf: Btf, id: number, options: PrintOptions = {}): string {
  return new Printer(btf, options, false).declaration(id, '');
}

/** Declares `name` with this type: `struct file *file`, `char comm[16]`. */
export function printDeclaration(btf: Btf, id: number, name: string, options: PrintOptions = {}): string {
  return new Printer(btf, options, false).declaration(id, name);
}

class Printer {
  readonly #btf: Btf;
  readonly #tags: boolean;
  /** Print the members of anonymous types; else `{…}` stands for them. */
  readonly #expand: boolean;
  #depth = 0;
  #printed = 0;

  constructor(btf: Btf, options: PrintOptions, expand = true) {
    this.#btf = btf;
    this.#tags = options.tags ?? false;
    this.#expand = expand;
  }

  definition(type: BtfType): string {
    switch (type.kind) {
      case 'struct':
      case 'union':
        return this.#composite(type, 0);
      case 'enum':
        return this.#enumeration(type, 0);
      case 'typedef':
        return `typedef ${this.declaration(type.typeId, type.name)}`;
      case 'func':
        return this.declaration(type.typeId, type.name);
      case 'var':
        return this.declaration(type.typeId, type.name);
      case 'fwd':
        return `${type.union ? 'union' : 'struct'} ${type.name}`;
      case 'datasec':
        return `section ${type.name} { ${type.variables.length} variables }`;
      default:
        return this.declaration(type.id, '');
    }
  }

  /** C reads from the inside out: `inner` is what stands where the name would be. */
  declaration(id: number, inner: string, indent = 0): string {
    if (++this.#depth > MAX_DEPTH) tooDeep(id);
    const text = this.#declare(id, inner, indent);
    this.#depth--;
    return this.#counted(text);
  }

  #declare(id: number, inner: string, indent: number): string {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case 'pointer':
        return this.#pointer(type.typeId, inner, indent);
      case 'array':
        return this.declaration(type.typeId, `${inner}[${type.count}]`, indent);
      case 'funcProto':
        return this.declaration(type.typeId, `${inner}(${this.#parameters(type)})`, indent);
      case 'const':
      case 'volatile':
      case 'restrict':
        return this.#qualified(type.kind, type.typeId, inner, indent);
      case 'typeTag':
        return this.#tags && !type.attribute
          ? this.#tagged(type.name, type.typeId, inner, indent)
          : this.declaration(type.typeId, inner, indent);
      case 'func':
      case 'var':
        return this.declaration(type.typeId, inner === '' ? type.name : inner, indent);
      default:
        return join(this.#baseName(type, indent), inner);
    }
  }

  #pointer(target: number, inner: string, indent: number): string {
    const aim = skipQualifiers(this.#btf, target);
    const needsParentheses = aim.kind === 'array' || aim.kind === 'funcProto';
    return this.declaration(target, needsParentheses ? ` (*${inner})` : `*${inner}`, indent);
  }

  /** `const` of a pointer stands right of the star, all else left of the type. */
  #qualified(word: string, target: number, inner: string, indent: number): string {
    const aim = skipQualifiers(this.#btf, target);
    if (aim.kind === 'pointer')
      return this.declaration(target, inner === '' ? ` ${word}` : ` ${word} ${inner.trimStart()}`, indent);
    const text = this.declaration(target, inner, indent);
    // Compilers mark both a const array and its elements.
    return aim.kind === 'array' && text.startsWith(`${word} `) ? text : `${word} ${text}`;
  }

  #tagged(name: string, target: number, inner: string, indent: number): string {
    return this.declaration(target, `__${name} ${inner}`, indent);
  }

  #parameters({ parameters, variadic }: PrototypeType): string {
    const list = parameters.map((parameter) => this.declaration(parameter.typeId, parameter.name));
    if (variadic) list.push('...');
    return list.length === 0 ? 'void' : list.join(', ');
  }

  #baseName(type: BtfType, indent: number): string {
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'struct':
      case 'union':
        if (type.name !== '') return `${type.kind} ${type.name}`;
        return this.#expand ? this.#composite(type, indent) : `${type.kind} {...}`;
      case 'enum':
        if (type.name !== '') return `enum ${type.name}`;
        return this.#expand ? this.#enumeration(type, indent) : 'enum {...}';
      case 'fwd':
        return `${type.union ? 'union' : 'struct'} ${type.name}`;
      default:
        return type.name;
    }
  }

  #composite(type: CompositeType, indent: number): string {
    if (++this.#depth > MAX_DEPTH) tooDeep(type.id);
    const tab = '\t'.repeat(indent + 1);
    const head = `${type.kind}${type.name === '' ? '' : ` ${type.name}`}`;
    if (type.members.length === 0) {
      this.#depth--;
      return `${head} {}`;
    }
    let text = `${head} {\n`;
    for (const member of type.members) {
      const bits = memberBitSize(this.#btf, member);
      text += `${tab}${this.declaration(member.typeId, member.name, indent + 1)}${bits === 0 ? '' : `: ${bits}`};\n`;
    }
    this.#depth--;
    return this.#counted(`${text}${'\t'.repeat(indent)}}${this.#isPacked(type) ? ' __attribute__((packed))' : ''}`);
  }

  /** Some member does not lie where its type asks for, or the size does not suit the alignment of the members. */
  #isPacked(type: CompositeType): boolean {
    let alignment = 1;
    for (const member of type.members) {
      const needed = alignOf(this.#btf, member.typeId);
      const isBitField = memberBitSize(this.#btf, member) !== 0;
      if (!isBitField && member.bitOffset % (needed * 8) !== 0) return true;
      alignment = Math.max(alignment, needed);
    }
    return type.size % alignment !== 0;
  }

  #enumeration(type: EnumType, indent: number): string {
    const tab = '\t'.repeat(indent + 1);
    const suffix = type.size < 8 ? '' : type.signed ? 'LL' : 'ULL';
    const lines = type.values.map((v) => `${tab}${v.name} = ${v.value}${suffix},\n`);
    return this.#counted(`enum${type.name === '' ? '' : ` ${type.name}`} {\n${lines.join('')}${'\t'.repeat(indent)}}`);
  }

  #counted(text: string): string {
    this.#printed += text.length;
    if (this.#printed > MAX_CHARACTERS) throw new FormatError('BTF', 0, 'a type is too large to be printed');
    return text;
  }
}

function join(base: string, inner: string): string {
  const blank = inner === '' || inner.startsWith('[') || inner.startsWith(' ') ? '' : ' ';
  return `${base}${blank}${inner}`;
}
