/** Units of .debug_info and the entries in them, read where they lie. */
import { Attribute, Form, UnitType } from './constants.ts';
import { DwarfReader } from './reader.ts';

/** Contents of the file's sections, by name without the leading `.debug_`; empty where there is none. */
export interface DebugSections {
  readonly littleEndian: boolean;
  section(name: string): Uint8Array;
  /** Those of the file that this one shares its repeated parts with (as dwz makes them); undefined: there is none, or it isn't here. */
  alternate?(): DebugSections | undefined;
}

interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Name, form and implicit value of each attribute. */
  readonly attributes: readonly { readonly name: number; readonly form: number; readonly implicit: bigint }[];
}

/** A string, an offset in the unit's section, a number, bytes, or (undefined) what is not read here. */
export type Value =
  /** Read only when asked for. */
  | { readonly kind: 'text'; readonly section: string; readonly at: number; readonly isAlternate?: boolean }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'address'; readonly value: bigint }
  /** Offset in .debug_info. */
  | Reference
  /** Index of a list of ranges, or of locations. */
  | { readonly kind: 'listIndex'; readonly index: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface Reference {
  readonly kind: 'reference';
  readonly offset: number;
  /** Of the alternate file. */
  readonly isAlternate?: boolean;
}

/** An entry: a function, a type, a parameter. */
export interface Entry {
  readonly unit: Unit;
  /** In .debug_info. */
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: ReadonlyMap<number, Value>;
  /** Offset behind the entry: its first child, or what comes next. */
  readonly end: number;
}

/** More abbreviations or levels than this are taken for damage. */
const mostAbbreviations = 100_000;
const deepestEntry = 1000;

export class Unit {
  readonly sections: DebugSections;
  readonly offset: number;
  /** Offset of the next unit. */
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly type: number;
  readonly #rootOffset: number;
  readonly #abbreviationOffset: number;
  #abbreviations: ReadonlyMap<number, Abbreviation> | undefined;
  #root: Entry | undefined;

  constructor(sections: DebugSections, offset: number) {
    this.sections = sections;
    this.offset = offset;
    const r = this.#reader(offset);
    const first = r.u32();
    if (first >= 0xfffffff0 && first !== 0xffffffff) r.fail('a unit of unknown form');
    this.offsetSize = first === 0xffffffff ? 8 : 4;
    const length = first === 0xffffffff ? r.offset(8) : first;
    this.end = r.at + length;
    if (this.end > r.length || length < 7) r.fail(`a unit of ${length} bytes`);
    this.version = r.u16();
    if (this.version < 2 || this.version > 5) r.fail(`DWARF version ${this.version}`);
    if (this.version >= 5) {
      this.type = r.u8();
      this.addressSize = r.u8();
      this.#abbreviationOffset = r.offset(this.offsetSize);
      if (this.type === UnitType.Skeleton || this.type === UnitType.SplitCompile) r.skip(8);
      if (this.type === UnitType.Type || this.type === UnitType.SplitType) r.skip(8 + this.offsetSize);
    } else {
      this.type = UnitType.Compile;
      this.#abbreviationOffset = r.offset(this.offsetSize);
      this.addressSize = r.u8();
    }
    this.#rootOffset = r.at;
  }

  get root(): Entry {
    return (this.#root ??= this.entryAt(this.#rootOffset) ?? this.#reader(this.#rootOffset).fail('an empty unit'));
  }

  /** Undefined: the end of a list of children. */
  entryAt(offset: number): Entry | undefined {
    if (offset < this.#rootOffset || offset >= this.end) this.#reader(offset).fail('an entry outside of its unit');
    const r = this.#reader(offset);
    const code = r.uleb();
    if (code === 0) return undefined;
    const abbreviation = this.#abbreviation(code) ?? r.fail(`there is no abbreviation ${code}`);
    const attributes = new Map<number, Value>();
    // The root says where the unit's tables begin: its indirect values have to wait for that.
    const isRoot = offset === this.#rootOffset;
    for (const { name, form, implicit } of abbreviation.attributes) {
      const { at } = r;
      const value = isRoot && isIndexed(form) ? (skipForm(r, form), undefined) : this.#value(r, form, implicit);
      if (value !== undefined) attributes.set(name, value);
      else if (isRoot && isIndexed(form)) this.#late.push({ name, form, at });
    }
    const { tag, hasChildren } = abbreviation;
    const entry: Entry = { unit: this, offset, tag, hasChildren, attributes, end: r.at };
    if (isRoot) this.#readLate(entry, attributes);
    return entry;
  }

  readonly #late: { readonly name: number; readonly form: number; readonly at: number }[] = [];

  #readLate(root: Entry, attributes: Map<number, Value>): void {
    this.#root = root;
    for (const { name, form, at } of this.#late.splice(0)) {
      const value = this.#value(this.#reader(at), form, 0n);
      if (value !== undefined) attributes.set(name, value);
    }
  }

  /** Direct children, in order. */
  *children(entry: Entry): Generator<Entry> {
    if (!entry.hasChildren) return;
    let at = entry.end;
    for (let child = this.entryAt(at); child !== undefined; child = this.entryAt(at)) {
      yield child;
      at = this.#behind(child);
    }
  }

  /** Every entry below this one. A false answer of `enter` passes over an entry's children. */
  *descendants(entry: Entry, enter: (entry: Entry) => boolean): Generator<Entry> {
    if (!entry.hasChildren) return;
    let at = entry.end;
    let depth = 1;
    while (depth > 0) {
      const child = this.entryAt(at);
      if (child === undefined) {
        depth--;
        at = this.#behindEnd(at);
        continue;
      }
      yield child;
      if (!child.hasChildren) at = child.end;
      else if (enter(child)) {
        at = child.end;
        if (++depth > deepestEntry) this.#reader(at).fail('entries are nested too deeply');
      } else at = this.#behind(child);
    }
  }

  /** Offset of the null entry's end: it is one byte, however it may be padded. */
  #behindEnd(at: number): number {
    const r = this.#reader(at);
    r.uleb();
    return r.at;
  }

  #behind(entry: Entry): number {
    if (!entry.hasChildren) return entry.end;
    const sibling = entry.attributes.get(Attribute.Sibling);
    // Only forwards: a sibling before its entry would never end.
    if (sibling?.kind === 'reference' && sibling.offset > entry.offset && sibling.offset < this.end)
      return sibling.offset;
    let at = entry.end;
    for (let depth = 1; depth > 0;) {
      const child = this.entryAt(at);
      if (child === undefined) {
        depth--;
        at = this.#behindEnd(at);
      } else {
        at = child.end;
        if (child.hasChildren && ++depth > deepestEntry) this.#reader(at).fail('entries are nested too deeply');
      }
    }
    return at;
  }

  // ---- values -----------------------------------------------------------------------------------------

  #reader(at: number): DwarfReader {
    return readerOf(this.sections, 'info', at);
  }

  #abbreviation(code: number): Abbreviation | undefined {
    this.#abbreviations ??= decodeAbbreviations(this.sections, this.#abbreviationOffset);
    return this.#abbreviations.get(code);
  }

  #base(attribute: number): number {
    const found = this.#root?.attributes.get(attribute);
    return found?.kind === 'number' ? Number(found.value) : 0;
  }

  #value(r: DwarfReader, form: number, implicit: bigint): Value | undefined {
    switch (form) {
      case Form.Addr:
        return { kind: 'address', value: r.address(this.addressSize) };
      case Form.Addrx:
        return this.#address(r.uleb());
      case Form.Addrx1:
        return this.#address(r.u8());
      case Form.Addrx2:
        return this.#address(r.u16());
      case Form.Addrx3:
        return this.#address(r.u24());
      case Form.Addrx4:
        return this.#address(r.u32());
      case Form.String:
        return textValue('info', skippedText(r));
      case Form.Strp:
        return textValue('str', r.offset(this.offsetSize));
      case Form.LineStrp:
        return textValue('line_str', r.offset(this.offsetSize));
      case Form.Strx:
        return this.#text(r.uleb());
      case Form.Strx1:
        return this.#text(r.u8());
      case Form.Strx2:
        return this.#text(r.u16());
      case Form.Strx3:
        return this.#text(r.u24());
      case Form.Strx4:
        return this.#text(r.u32());
      case Form.Rnglistx:
      case Form.Loclistx:
        return { kind: 'listIndex', index: r.uleb() };
      default:
        return this.#plainValue(r, form, implicit);
    }
  }

  #plainValue(r: DwarfReader, form: number, implicit: bigint): Value | undefined {
    switch (form) {
      case Form.Ref1:
        return { kind: 'reference', offset: this.offset + r.u8() };
      case Form.Ref2:
        return { kind: 'reference', offset: this.offset + r.u16() };
      case Form.Ref4:
        return { kind: 'reference', offset: this.offset + r.u32() };
      case Form.Ref8:
        return { kind: 'reference', offset: this.offset + r.offset(8) };
      case Form.RefUdata:
        return { kind: 'reference', offset: this.offset + r.uleb() };
      case Form.RefAddr:
        return {
          kind: 'reference',
          offset: this.version === 2 ? Number(r.address(this.addressSize)) : r.offset(this.offsetSize),
        };
      case Form.Data1:
      case Form.Flag:
        return { kind: 'number', value: BigInt(r.u8()) };
      case Form.Data2:
        return { kind: 'number', value: BigInt(r.u16()) };
      case Form.Data4:
        return { kind: 'number', value: BigInt(r.u32()) };
      case Form.Data8:
        return { kind: 'number', value: r.u64() };
      case Form.Udata:
        return { kind: 'number', value: r.uleb64() };
      case Form.Sdata:
        return { kind: 'number', value: r.sleb64() };
      case Form.SecOffset:
        return { kind: 'number', value: BigInt(r.offset(this.offsetSize)) };
      case Form.FlagPresent:
        return { kind: 'number', value: 1n };
      case Form.ImplicitConst:
        return { kind: 'number', value: implicit };
      case Form.GnuRefAlt:
        return { kind: 'reference', offset: r.offset(this.offsetSize), isAlternate: true };
      case Form.RefSup4:
        return { kind: 'reference', offset: r.u32(), isAlternate: true };
      case Form.RefSup8:
        return { kind: 'reference', offset: r.offset(8), isAlternate: true };
      case Form.GnuStrpAlt:
      case Form.StrpSup:
        return { kind: 'text', section: 'str', at: r.offset(this.offsetSize), isAlternate: true };
      case Form.Exprloc:
      case Form.Block:
        return { kind: 'bytes', bytes: r.bytes(r.uleb()) };
      case Form.Block1:
        return { kind: 'bytes', bytes: r.bytes(r.u8()) };
      case Form.Indirect: {
        const actual = r.uleb();
        return actual === Form.Indirect
          ? r.fail('a form that only says another form')
          : this.#value(r, actual, implicit);
      }
      default:
        skipForm(r, form);
        return undefined;
    }
  }

  #text(index: number): Value {
    const base = this.#base(Attribute.StringOffsetsBase) || (this.offsetSize === 8 ? 16 : 8);
    const r = readerOf(this.sections, 'str_offsets', base + index * this.offsetSize);
    return textValue('str', r.offset(this.offsetSize));
  }

  #address(index: number): Value {
    return { kind: 'address', value: this.addressAt(index) };
  }

  /** Of the unit's table of addresses. */
  addressAt(index: number): bigint {
    const base = this.#base(Attribute.AddressBase) || 8;
    return readerOf(this.sections, 'addr', base + index * this.addressSize).address(this.addressSize);
  }
}

export function readerOf(sections: DebugSections, name: string, at: number): DwarfReader {
  return new DwarfReader(sections.section(name), sections.littleEndian, `.debug_${name}`, at);
}

function textValue(section: string, at: number): Value {
  return { kind: 'text', section, at };
}

function skippedText(r: DwarfReader): number {
  const { at } = r;
  r.skipText();
  return at;
}

/** Forms that name a place in a table whose start the unit's root tells. */
function isIndexed(form: number): boolean {
  return form === Form.Strx || form === Form.Addrx || (form >= Form.Strx1 && form <= Form.Addrx4);
}

function skipForm(r: DwarfReader, form: number): void {
  switch (form) {
    case Form.Block2:
      r.skip(r.u16());
      return;
    case Form.Block4:
      r.skip(r.u32());
      return;
    case Form.Data16:
      r.skip(16);
      return;
    case Form.RefSig8:
      r.skip(8);
      return;
    case Form.Strx4:
    case Form.Addrx4:
      r.skip(4);
      return;
    case Form.Strx3:
    case Form.Addrx3:
      r.skip(3);
      return;
    case Form.Strx2:
    case Form.Addrx2:
      r.skip(2);
      return;
    case Form.Strx1:
    case Form.Addrx1:
      r.skip(1);
      return;
    case Form.Strx:
    case Form.Addrx:
    case Form.GnuAddressIndex:
    case Form.GnuStringIndex:
      r.skipLeb();
      return;
    default:
      r.fail(`a value of unknown form 0x${form.toString(16)}`);
  }
}

function decodeAbbreviations(sections: DebugSections, offset: number): Map<number, Abbreviation> {
  const r = readerOf(sections, 'abbrev', offset);
  const found = new Map<number, Abbreviation>();
  for (let code = r.uleb(); code !== 0; code = r.uleb()) {
    if (found.size > mostAbbreviations) r.fail('too many abbreviations');
    const tag = r.uleb();
    const hasChildren = r.u8() !== 0;
    const attributes: { name: number; form: number; implicit: bigint }[] = [];
    for (;;) {
      const name = r.uleb();
      const form = r.uleb();
      const implicit = form === Form.ImplicitConst ? r.sleb64() : 0n;
      if (name === 0 && form === 0) break;
      attributes.push({ name, form, implicit });
    }
    found.set(code, { tag, hasChildren, attributes });
  }
  return found;
}

/** A number of an entry; undefined where it has none, or it is no number. */
export function numberOf(entry: Entry, attribute: number): number | undefined {
  const value = entry.attributes.get(attribute);
  return value?.kind === 'number' ? Number(value.value) : undefined;
}

export function textOf(entry: Entry, attribute: number): string | undefined {
  const value = entry.attributes.get(attribute);
  if (value?.kind !== 'text') return undefined;
  const { sections } = entry.unit;
  const holder = value.isAlternate === true ? sections.alternate?.() : sections;
  return holder === undefined ? undefined : readerOf(holder, value.section, value.at).text();
}
