import { decodePunycode } from './punycode.ts';

const longestText = 64 * 1024;
const mostSteps = 100_000;
const deepest = 200;

const basicTypes: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

/** Rust names of the newer scheme (v0), without crate hashes. undefined: not such a name. */
export function demangleRust(name: string): string | undefined {
  const match = /^_R([A-Z][A-Za-z0-9_]*)(\.[\w.]+)?$/.exec(name);
  if (!match) return undefined;
  try {
    return new RustDemangler(match[1]!).symbol();
  } catch (error) {
    if (error instanceof RustNameError) return undefined;
    throw error;
  }
}

class RustNameError extends Error {}

/** Writes while it reads. Back references are read again where they stand, so steps and text are bounded. */
class RustDemangler {
  readonly #text: string;
  #at = 0;
  #out = '';
  #steps = 0;
  #depth = 0;
  /** How many lifetimes `for<…>` around here have named. */
  #boundLifetimes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  symbol(): string {
    this.#path(true);
    const text = this.#out;
    // The crate that a generic function was instantiated in isn't shown.
    if (this.#at < this.#text.length) this.#path(false);
    if (this.#at < this.#text.length) this.#fail();
    return text;
  }

  #fail(): never {
    throw new RustNameError();
  }

  #emit(text: string): void {
    this.#out += text;
    if (this.#out.length > longestText) this.#fail();
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #next(): string {
    return this.#text[this.#at++] ?? this.#fail();
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #nested(read: () => void): void {
    if (++this.#depth > deepest || ++this.#steps > mostSteps) this.#fail();
    read();
    this.#depth--;
  }

  /** `_` is 0, `0_` is 1 and so on. */
  #base62(): number {
    if (this.#take('_')) return 0;
    let value = 0;
    for (;;) {
      const char = this.#next();
      if (char === '_') break;
      const digit = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(char);
      if (digit < 0) this.#fail();
      value = value * 62 + digit;
    }
    return value + 1;
  }

  #optionalBase62(tag: string): number {
    return this.#take(tag) ? this.#base62() + 1 : 0;
  }

  #identifier(): { name: string; disambiguator: number } {
    const disambiguator = this.#optionalBase62('s');
    const isPunycode = this.#take('u');
    const digits = /^(0|[1-9]\d{0,5})/.exec(this.#text.slice(this.#at, this.#at + 6))?.[0] ?? this.#fail();
    this.#at += digits.length;
    this.#take('_');
    const raw = this.#text.slice(this.#at, this.#at + Number(digits));
    if (raw.length !== Number(digits)) this.#fail();
    this.#at += raw.length;
    if (!isPunycode) return { name: raw, disambiguator };
    const delimiter = raw.lastIndexOf('_');
    const name = decodePunycode(delimiter < 0 ? '' : raw.slice(0, delimiter), raw.slice(delimiter + 1));
    return { name: name ?? this.#fail(), disambiguator };
  }

  /** Reads again at an earlier place. */
  #backReference(read: () => void): void {
    const here = this.#at - 1;
    const target = this.#base62();
    if (target >= here) this.#fail();
    const after = this.#at;
    this.#at = target;
    this.#nested(read);
    this.#at = after;
  }

  /** `inValue`: generic arguments are written with `::` before them, as in an expression. */
  #path(inValue: boolean): void {
    this.#nested(() => {
      const tag = this.#next();
      switch (tag) {
        case 'C':
          return this.#emit(this.#identifier().name);
        case 'M':
        case 'X':
          return this.#implementation(tag === 'X');
        case 'Y':
          return this.#asTrait();
        case 'N':
          return this.#nestedPath(inValue);
        case 'I':
          this.#path(inValue);
          this.#emit(inValue ? '::<' : '<');
          this.#genericArguments();
          return this.#emit('>');
        case 'B':
          return this.#backReference(() => this.#path(inValue));
        default:
          return this.#fail();
      }
    });
  }

  #implementation(isTrait: boolean): void {
    this.#optionalBase62('s');
    const before = this.#out;
    // Where the impl block stands isn't shown.
    this.#path(false);
    this.#out = before;
    if (isTrait) return this.#asTrait();
    this.#emit('<');
    this.#type();
    this.#emit('>');
  }

  #asTrait(): void {
    this.#emit('<');
    this.#type();
    this.#emit(' as ');
    this.#path(false);
    this.#emit('>');
  }

  #nestedPath(inValue: boolean): void {
    const space = this.#next();
    if (!/[A-Za-z]/.test(space)) this.#fail();
    this.#path(inValue);
    const { name, disambiguator } = this.#identifier();
    if (space >= 'a') {
      if (name !== '') this.#emit(`::${name}`);
      return;
    }
    const kind = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
    this.#emit(`::{${kind}${name === '' ? '' : `:${name}`}#${disambiguator}}`);
  }

  #genericArguments(): void {
    for (let i = 0; !this.#take('E'); i++) {
      if (i > 0) this.#emit(', ');
      if (this.#take('L')) this.#lifetime(this.#base62());
      else if (this.#take('K')) this.#constant();
      else this.#type();
    }
  }

  /** Counted from the innermost `for<…>` outwards; 0 is an erased one. */
  #lifetime(index: number): void {
    if (index === 0) return this.#emit("'_");
    const position = this.#boundLifetimes - index;
    if (position < 0) this.#fail();
    this.#emit(position < 26 ? `'${String.fromCharCode(97 + position)}` : `'_${position}`);
  }

  #binder(read: () => void): void {
    const count = this.#optionalBase62('G');
    if (count > 256) this.#fail();
    if (count > 0) {
      this.#emit('for<');
      for (let i = 0; i < count; i++) {
        if (i > 0) this.#emit(', ');
        this.#boundLifetimes++;
        this.#lifetime(1);
      }
      this.#emit('> ');
    }
    read();
    this.#boundLifetimes -= count;
  }

  #type(): void {
    this.#nested(() => {
      const tag = this.#next();
      const basic = basicTypes[tag];
      if (basic !== undefined) return this.#emit(basic);
      switch (tag) {
        case 'A':
        case 'S':
          this.#emit('[');
          this.#type();
          if (tag === 'A') {
            this.#emit('; ');
            this.#constant();
          }
          return this.#emit(']');
        case 'T':
          return this.#tuple();
        case 'R':
        case 'Q':
          return this.#reference(tag === 'Q');
        case 'P':
        case 'O':
          this.#emit(tag === 'P' ? '*const ' : '*mut ');
          return this.#type();
        case 'F':
          return this.#binder(() => this.#functionType());
        case 'D':
          return this.#dynamicType();
        case 'B':
          return this.#backReference(() => this.#type());
        default:
          this.#at--;
          return this.#path(false);
      }
    });
  }

  #tuple(): void {
    this.#emit('(');
    let count = 0;
    for (; !this.#take('E'); count++) {
      if (count > 0) this.#emit(', ');
      this.#type();
    }
    this.#emit(count === 1 ? ',)' : ')');
  }

  #reference(isMutable: boolean): void {
    this.#emit('&');
    if (this.#take('L')) {
      const index = this.#base62();
      if (index > 0) {
        this.#lifetime(index);
        this.#emit(' ');
      }
    }
    if (isMutable) this.#emit('mut ');
    this.#type();
  }

  #functionType(): void {
    if (this.#take('U')) this.#emit('unsafe ');
    if (this.#take('K')) {
      const abi = this.#take('C') ? 'C' : this.#identifier().name.replaceAll('_', '-');
      this.#emit(`extern "${abi}" `);
    }
    this.#emit('fn(');
    for (let i = 0; !this.#take('E'); i++) {
      if (i > 0) this.#emit(', ');
      this.#type();
    }
    this.#emit(')');
    if (this.#take('u')) return;
    this.#emit(' -> ');
    this.#type();
  }

  #dynamicType(): void {
    this.#emit('dyn ');
    this.#binder(() => {
      for (let i = 0; !this.#take('E'); i++) {
        if (i > 0) this.#emit(' + ');
        this.#dynamicTrait();
      }
    });
    if (!this.#take('L')) this.#fail();
    const index = this.#base62();
    if (index > 0) {
      this.#emit(' + ');
      this.#lifetime(index);
    }
  }

  /** Associated types stand among the trait's own generic arguments. */
  #dynamicTrait(): void {
    let isOpen = this.#pathWithOpenArguments();
    while (this.#take('p')) {
      this.#emit(isOpen ? ', ' : '<');
      isOpen = true;
      this.#emit(`${this.#identifier().name} = `);
      this.#type();
    }
    if (isOpen) this.#emit('>');
  }

  #pathWithOpenArguments(): boolean {
    let isOpen = false;
    if (this.#take('B')) this.#backReference(() => (isOpen = this.#pathWithOpenArguments()));
    else if (this.#take('I')) {
      this.#path(false);
      this.#emit('<');
      this.#genericArguments();
      isOpen = true;
    } else this.#path(false);
    return isOpen;
  }

  #constant(): void {
    this.#nested(() => {
      if (this.#take('B')) return this.#backReference(() => this.#constant());
      if (this.#take('p')) return this.#emit('_');
      const type = this.#next();
      if (!'abchijlmnostxy'.includes(type)) this.#fail();
      const sign = 'ailnsx'.includes(type) && this.#take('n') ? '-' : '';
      const digits = /^[0-9a-f]{0,32}_/.exec(this.#text.slice(this.#at, this.#at + 33))?.[0] ?? this.#fail();
      this.#at += digits.length;
      const value = BigInt(`0x0${digits.slice(0, -1)}`);
      if (type === 'b') return this.#emit(value === 0n ? 'false' : value === 1n ? 'true' : this.#fail());
      if (type === 'c') return this.#emit(characterText(value) ?? this.#fail());
      this.#emit(sign + String(value));
    });
  }
}

function characterText(value: bigint): string | undefined {
  if (value > 0x10ffffn || (value >= 0xd800n && value < 0xe000n)) return undefined;
  const isControl = value < 0x20n || (value >= 0x7fn && value < 0xa0n);
  return isControl ? `'\\u{${value.toString(16)}}'` : `'${String.fromCodePoint(Number(value))}'`;
}
