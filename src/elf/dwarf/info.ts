/** Functions of a file with debug information: what they take and give, and which code belongs to whom. */
import { FormatError } from '../../base/index.ts';
import type { DebugFunction, DebugLocation, DebugParameter } from '../../spec/index.ts';
import { AddressIndex } from '../address-index.ts';
import { Attribute, Language, Tag, UnitType } from './constants.ts';
import { locationAt } from './locations.ts';
import { toldRanges } from './address-ranges.ts';
import { callsAt, type InlinedCall, inlinedCallsOf } from './inlined.ts';
import { LineTable, type SourceLine } from './lines.ts';
import { type AddressRange, lowPcOf } from './lists.ts';
import { rangesOf } from './ranges.ts';
import { type FindEntry, typeOf, typeTextOf } from './types.ts';
import { type DebugSections, type Entry, numberOf, type Reference, textOf, Unit } from './unit.ts';

export interface SourceFrame {
  /** Mangled where the file has it so; undefined: it isn't told. */
  readonly name: string | undefined;
  readonly line: SourceLine | undefined;
}

/** What an address comes from: the function that holds it, and the calls that were inlined there, innermost first. */
export interface SourceFrames {
  readonly inlined: readonly SourceFrame[];
  readonly holder: SourceFrame;
}

/** Entries whose children may be functions. */
const scopes: ReadonlySet<number> = new Set([0x39, 0x1e, Tag.StructureType, Tag.ClassType, Tag.UnionType]);

/** DW_INL_inlined, DW_INL_declared_inlined. */
const INLINED: ReadonlySet<number | undefined> = new Set([1, 3]);

/** .debug_info of one file, read where it is asked about. Throws FormatError where the file is damaged. */
export class DebugInfo {
  readonly #sections: DebugSections;
  #units: readonly Unit[] | undefined;
  readonly #functions = new Map<Unit, ReadonlyMap<bigint, number>>();
  readonly #scopes = new Map<Unit, readonly Scope[]>();
  readonly #holders = new Map<Unit, AddressIndex>();
  readonly #lineTables = new Map<Unit, LineTable>();
  /** By the offset of the function's entry. */
  readonly #inlined = new Map<number, readonly InlinedCall[]>();
  #unitIndex: AddressIndex | undefined;
  readonly #find: FindEntry = (from, reference) => this.#follow(from, reference);
  #alternate: DebugInfo | undefined;

  constructor(sections: DebugSections) {
    this.#sections = sections;
  }

  get sections(): DebugSections {
    return this.#sections;
  }

  get units(): readonly Unit[] {
    return (this.#units ??= this.#readUnits());
  }

  /** The function whose first instruction is at this virtual address. */
  functionAt(address: bigint): DebugFunction | undefined {
    const entry = this.#functionEntry(address);
    return entry === undefined ? undefined : this.#describe(entry);
  }

  /**
   * Something that is the same for all addresses of one function, or of one copy of a function that was put into
   * another; undefined: not known.
   */
  scopeOf(address: bigint): number | undefined {
    for (const unit of this.#unitsOf(address)) {
      const known = memo(this.#scopes, unit, () => scopesOf(unit));
      const found = known.findLast(({ ranges }) => ranges.some(({ start, end }) => address >= start && address < end));
      if (found !== undefined) return found.offset;
    }
    return undefined;
  }

  /** The compiler put calls of a function of this name into their callers, so that it may have no code of its own. Reads all units. */
  hasInlined(name: string): boolean {
    return this.units.some((unit) =>
      [...unit.children(unit.root)].some(
        (entry) =>
          entry.tag === Tag.Subprogram &&
          INLINED.has(numberOf(entry, Attribute.Inline)) &&
          textOf(entry, Attribute.Name) === name,
      ),
    );
  }

  /** Which lines of the source an address comes from, and through which calls; undefined: no unit has code there. */
  sourceAt(address: bigint): SourceFrames | undefined {
    const [unit] = this.#unitsOf(address);
    if (unit === undefined) return undefined;
    const table = memo(this.#lineTables, unit, () => new LineTable(unit));
    const [offset] = memo(this.#holders, unit, () => holdersOf(unit)).find(Number(address));
    const entry = offset === undefined ? undefined : unit.entryAt(offset);
    const calls = entry === undefined ? [] : memo(this.#inlined, entry.offset, () => inlinedCallsOf(entry));
    let line = table.lineAt(address);
    const inlined: SourceFrame[] = [];
    for (const call of callsAt(calls, address).toReversed()) {
      inlined.push({ name: this.#linkageName(call.entry), line });
      const file = table.file(call.callFile);
      line = file === undefined || call.callLine <= 0 ? undefined : { file, line: call.callLine };
    }
    return { inlined, holder: { name: entry === undefined ? undefined : this.#linkageName(entry), line } };
  }

  /** As symbol tables have it, where that differs from the source. */
  #linkageName(entry: Entry): string | undefined {
    const chain = this.#origins(entry);
    for (const attribute of [Attribute.LinkageName, Attribute.MipsLinkageName, Attribute.Name]) {
      const named = chain.find((each) => each.attributes.has(attribute));
      if (named !== undefined) return textOf(named, attribute);
    }
    return undefined;
  }

  #functionEntry(address: bigint): Entry | undefined {
    for (const unit of this.#unitsOf(address)) {
      const offset = memo(this.#functions, unit, () => functionsOf(unit)).get(address);
      if (offset !== undefined) return unit.entryAt(offset);
    }
    return undefined;
  }

  #unitsOf(address: bigint): Unit[] {
    this.#unitIndex ??= unitsByAddress(this.units, this.#sections);
    return this.#unitIndex.find(Number(address)).map((number) => this.units[number]!);
  }

  #describe(concrete: Entry): DebugFunction {
    const chain = this.#origins(concrete);
    const first = <T>(read: (entry: Entry) => T | undefined): T | undefined => {
      for (const entry of chain) {
        const found = read(entry);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    // The description farthest away is whole: a copy may lack parameters that it doesn't use. A declaration lacks their names.
    const described = chain.filter((entry) => parametersOf(entry).length > 0);
    const declared =
      described.findLast((entry) => !entry.attributes.has(Attribute.Declaration)) ?? described.at(-1) ?? concrete;
    const typed = chain.find((entry) => entry.attributes.has(Attribute.Type)) ?? concrete;
    const language = numberOf(concrete.unit.root, Attribute.Language);
    const children = [...declared.unit.children(declared)];
    return {
      name: first((entry) => textOf(entry, Attribute.Name)) ?? '',
      parameters: parametersOf(declared).map((entry) => ({
        ...this.#parameter(entry),
        location: atEntry(concrete, entry),
      })),
      isVariadic: children.some(({ tag }) => tag === Tag.UnspecifiedParameters),
      result: { type: typeOf(typed, this.#find), typeText: typeTextOf(typed, this.#find) },
      language: language === Language.Go ? 'go' : language === Language.Rust ? 'rust' : 'c',
    };
  }

  #parameter(entry: Entry): DebugParameter {
    const chain = this.#origins(entry);
    const typed = chain.find((each) => each.attributes.has(Attribute.Type)) ?? entry;
    const named = chain.find((each) => each.attributes.has(Attribute.Name));
    return {
      name: named === undefined ? '' : (textOf(named, Attribute.Name) ?? ''),
      type: typeOf(typed, this.#find),
      typeText: typeTextOf(typed, this.#find),
    };
  }

  /** The entry, and those that it is a copy or the definition of. */
  #origins(entry: Entry): Entry[] {
    const chain = [entry];
    for (let at: Entry | undefined = entry; at !== undefined && chain.length < 8;) {
      const reference: ReturnType<Entry['attributes']['get']> =
        at.attributes.get(Attribute.AbstractOrigin) ?? at.attributes.get(Attribute.Specification);
      at = reference?.kind === 'reference' ? this.#follow(at, reference) : undefined;
      if (at !== undefined) chain.push(at);
    }
    return chain;
  }

  /** Entries of the alternate file name others of theirs. */
  #follow(from: Entry, { offset, isAlternate }: Reference): Entry | undefined {
    if (isAlternate !== true && from.unit.sections === this.#sections) return this.#entryAt(offset);
    if (this.#alternate === undefined) {
      const sections = this.#sections.alternate?.();
      this.#alternate = sections && new DebugInfo(sections);
    }
    return this.#alternate === undefined ? undefined : this.#alternate.#entryAt(offset);
  }

  #entryAt(offset: number): Entry | undefined {
    let low = 0;
    let high = this.units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.units[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    if (unit === undefined || offset >= unit.end)
      throw new FormatError('.debug_info', offset, 'a reference to no unit');
    return unit.entryAt(offset);
  }

  #readUnits(): Unit[] {
    const units: Unit[] = [];
    const { length } = this.#sections.section('info');
    for (let at = 0; at < length; at = units.at(-1)!.end) units.push(new Unit(this.#sections, at));
    return units;
  }
}

function memo<K, V extends object>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

/** Numbers of the units, by the addresses of their code. */
function unitsByAddress(units: readonly Unit[], sections: DebugSections): AddressIndex {
  const told = toldRanges(sections);
  return indexOf(
    units.flatMap((unit, id) => {
      const isRead = unit.type === UnitType.Compile || unit.type === UnitType.Skeleton;
      return isRead ? [{ ranges: told.get(unit.offset) ?? rangesOf(unit.root), id }] : [];
    }),
  );
}

/** Offsets of the functions' entries, by the addresses of their code. */
function holdersOf(unit: Unit): AddressIndex {
  const all = unit.descendants(unit.root, (each) => scopes.has(each.tag));
  return indexOf(
    [...all]
      .filter(({ tag }) => tag === Tag.Subprogram)
      .map((entry) => ({ ranges: rangesOf(entry), id: entry.offset })),
  );
}

function indexOf(entries: readonly { readonly ranges: readonly AddressRange[]; readonly id: number }[]): AddressIndex {
  return AddressIndex.of(
    entries.flatMap(({ ranges, id }) =>
      ranges
        // The linker leaves functions that it dropped at address 0.
        .filter(({ start, end }) => start !== 0n && end > start)
        .map(({ start, end }) => ({ start: Number(start), end: Number(end), id })),
    ),
  );
}

/** Offsets of the functions that have code, by their first address. */
function functionsOf(unit: Unit): Map<bigint, number> {
  const found = new Map<bigint, number>();
  for (const entry of unit.descendants(unit.root, (each) => scopes.has(each.tag))) {
    const start = entry.tag === Tag.Subprogram ? (lowPcOf(entry) ?? rangesOf(entry)[0]?.start) : undefined;
    if (start !== undefined && !found.has(start)) found.set(start, entry.offset);
  }
  return found;
}

/** A copy describes its parameters anew, and says of which they are copies. */
function atEntry(concrete: Entry, parameter: Entry): DebugLocation | undefined {
  const own = parametersOf(concrete).find((entry) => {
    const origin = entry.attributes.get(Attribute.AbstractOrigin);
    return entry.offset === parameter.offset || (origin?.kind === 'reference' && origin.offset === parameter.offset);
  });
  const start = lowPcOf(concrete);
  return own === undefined || start === undefined ? undefined : locationAt(own, start);
}

interface Scope {
  readonly offset: number;
  readonly ranges: readonly AddressRange[];
}

/** Functions and the copies of functions in them, from the outside in. */
function scopesOf(unit: Unit): Scope[] {
  const enter = (entry: Entry): boolean => scopes.has(entry.tag) || entry.tag === Tag.Subprogram || isBlock(entry);
  return [...unit.descendants(unit.root, enter)]
    .filter(({ tag }) => tag === Tag.Subprogram || tag === Tag.InlinedSubroutine)
    .map((entry) => ({ offset: entry.offset, ranges: rangesOf(entry) }))
    .filter(({ ranges }) => ranges.length > 0);
}

function isBlock(entry: Entry): boolean {
  return entry.tag === Tag.LexicalBlock || entry.tag === Tag.InlinedSubroutine;
}

function parametersOf(entry: Entry): Entry[] {
  return [...entry.unit.children(entry)].filter(({ tag }) => tag === Tag.FormalParameter);
}
