/** Builds small ELF files for tests, in either word size and byte order. */

export interface FixtureSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** Symbol type; 2 is a function. */
  readonly type?: number;
  readonly binding?: number;
  readonly section?: number;
}

export interface FixtureOptions {
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  readonly symbols?: readonly FixtureSymbol[];
  readonly dynamicSymbols?: readonly FixtureSymbol[];
  readonly buildId?: Uint8Array;
  readonly usdt?: readonly { provider: string; name: string; location: number; base: number; semaphore: number; arguments: string }[];
  readonly stapsdtBase?: number;
  readonly debugLink?: string;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
  readonly address?: number;
  readonly link?: number;
  readonly entrySize?: number;
}

/** The code segment: file offset 0x1000 at address 0x401000, 0x1000 bytes; the data segment: 0x2000 at 0x404000. */
export function buildElf(options: FixtureOptions = {}): Uint8Array {
  const writer = new FixtureWriter(options.bits ?? 64, options.littleEndian ?? true);
  const sections: Section[] = [{ name: '', type: 0, data: new Uint8Array() }];
  const add = (section: Section): number => sections.push(section) - 1;
  add({ name: '.text', type: 1, data: new Uint8Array(0x1000).fill(0x90), address: 0x401000 });
  if (options.buildId) add({ name: '.note.gnu.build-id', type: 7, data: writer.note('GNU', 3, options.buildId) });
  if (options.usdt) {
    const notes = options.usdt.map((probe) =>
      writer.note('stapsdt', 3, concat(writer.words([probe.location, probe.base, probe.semaphore]), text(`${probe.provider}\0${probe.name}\0${probe.arguments}\0`))),
    );
    add({ name: '.note.stapsdt', type: 7, data: concat(...notes) });
  }
  if (options.stapsdtBase !== undefined) add({ name: '.stapsdt.base', type: 1, data: new Uint8Array(1), address: options.stapsdtBase });
  if (options.debugLink) {
    const name = text(`${options.debugLink}\0`);
    const padded = new Uint8Array(Math.ceil(name.length / 4) * 4);
    padded.set(name);
    add({ name: '.gnu_debuglink', type: 1, data: concat(padded, writer.u32(0xdeadbeef)) });
  }
  for (const [name, type, symbols] of [['.symtab', 2, options.symbols], ['.dynsym', 11, options.dynamicSymbols]] as const) {
    if (!symbols) continue;
    const strings = new StringTable();
    const entries = [writer.symbol({ name: '', address: 0, size: 0, type: 0, section: 0 }, 0), ...symbols.map((s) => writer.symbol(s, strings.add(s.name)))];
    const link = add({ name: type === 2 ? '.strtab' : '.dynstr', type: 3, data: strings.bytes() });
    add({ name, type, data: concat(...entries), link, entrySize: writer.bits === 64 ? 24 : 16 });
  }
  return writer.file(sections);
}

class StringTable {
  #text = '\0';
  add(name: string): number {
    if (name === '') return 0;
    // As linkers do: a name that ends another one shares its bytes.
    const existing = this.#text.indexOf(`${name}\0`);
    if (existing > 0) return existing;
    const at = this.#text.length;
    this.#text += `${name}\0`;
    return at;
  }
  bytes(): Uint8Array {
    return text(this.#text);
  }
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

class FixtureWriter {
  readonly bits: 32 | 64;
  readonly #little: boolean;
  constructor(bits: 32 | 64, little: boolean) {
    this.bits = bits;
    this.#little = little;
  }

  /** Fields given as [size in bytes, value]. */
  record(fields: readonly (readonly [number, number])[]): Uint8Array {
    const out = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
    const view = new DataView(out.buffer);
    let at = 0;
    for (const [size, value] of fields) {
      if (size === 1) view.setUint8(at, value);
      else if (size === 2) view.setUint16(at, value, this.#little);
      else if (size === 4) view.setUint32(at, value, this.#little);
      else view.setBigUint64(at, BigInt(value), this.#little);
      at += size;
    }
    return out;
  }

  get #word(): number {
    return this.bits / 8;
  }

  u32(value: number): Uint8Array {
    return this.record([[4, value]]);
  }

  words(values: readonly number[]): Uint8Array {
    return this.record(values.map((value) => [this.#word, value] as const));
  }

  note(owner: string, type: number, description: Uint8Array): Uint8Array {
    const name = text(`${owner}\0`);
    const padded = (bytes: Uint8Array): Uint8Array => concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
    return concat(this.record([[4, name.length], [4, description.length], [4, type]]), padded(name), padded(description));
  }

  symbol(symbol: FixtureSymbol, name: number): Uint8Array {
    const info = ((symbol.binding ?? 1) << 4) | (symbol.type ?? 2);
    const section = symbol.section ?? 1;
    return this.bits === 64
      ? this.record([[4, name], [1, info], [1, 0], [2, section], [8, symbol.address], [8, symbol.size]])
      : this.record([[4, name], [4, symbol.address], [4, symbol.size], [1, info], [1, 0], [2, section]]);
  }

  file(sections: Section[]): Uint8Array {
    const names = new StringTable();
    const nameOffsets = sections.map((section) => names.add(section.name));
    const namesIndex = sections.length;
    nameOffsets.push(names.add('.shstrtab'));
    sections = [...sections, { name: '.shstrtab', type: 3, data: names.bytes() }];
    // .text lies at 0x1000, one page, mapped with the segments below; the rest follows from 0x3000.
    let at = 0x3000;
    const offsets = sections.map((section) => {
      if (section.name === '.text') return 0x1000;
      const here = at;
      at = Math.ceil((at + section.data.length) / 8) * 8;
      return here;
    });
    const w = this.#word;
    const headers = sections.map((section, i) =>
      this.record([
        [4, nameOffsets[i]!], [4, section.type], [w, 0], [w, section.address ?? 0], [w, offsets[i]!], [w, section.data.length],
        [4, section.link ?? 0], [4, 0], [w, 4], [w, section.entrySize ?? 0],
      ]),
    );
    const headerSize = w === 8 ? 64 : 52;
    const segments = [this.#segment(1, 5, 0x1000, 0x401000, 0x1000), this.#segment(1, 6, 0x2000, 0x404000, 0x800)];
    const out = new Uint8Array(at + headers.length * headers[0]!.length);
    out.set(
      concat(
        Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, w === 8 ? 2 : 1, this.#little ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        this.record([
          [2, 2], [2, 62], [4, 1], [w, 0x401000], [w, headerSize], [w, at], [4, 0], [2, headerSize], [2, segments[0]!.length],
          [2, segments.length], [2, headers[0]!.length], [2, headers.length], [2, namesIndex],
        ]),
        ...segments,
      ),
    );
    sections.forEach((section, i) => out.set(section.data, offsets[i]));
    out.set(concat(...headers), at);
    return out;
  }

  #segment(type: number, flags: number, offset: number, address: number, size: number): Uint8Array {
    return this.bits === 64
      ? this.record([[4, type], [4, flags], [8, offset], [8, address], [8, address], [8, size], [8, size + 0x100], [8, 0x1000]])
      : this.record([[4, type], [4, offset], [4, address], [4, address], [4, size], [4, size + 0x100], [4, flags], [4, 0x1000]]);
  }
}
