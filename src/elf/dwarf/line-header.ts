/** What stands before the rows of a line table: the source files, and how the rows are packed. */
import { Attribute, Form } from './constants.ts';
import type { DwarfReader } from './reader.ts';
import { type DebugSections, readerOf, textOf, type Unit } from './unit.ts';

/** More files than this are taken for damage. */
const mostFiles = 1_000_000;

export interface LineHeader {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly minimumStep: number;
  readonly startsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operandCounts: readonly number[];
  /** By the number that the program uses. */
  readonly files: readonly (string | undefined)[];
  readonly programStart: number;
  readonly end: number;
}

/** Undefined: the unit has no line table. */
export function lineHeaderOf(unit: Unit): LineHeader | undefined {
  const offset = unit.root.attributes.get(Attribute.LineTable);
  return offset?.kind === 'number' ? decodeHeader(unit, Number(offset.value)) : undefined;
}

function decodeHeader(unit: Unit, offset: number): LineHeader {
  const r = readerOf(unit.sections, 'line', offset);
  const first = r.u32();
  const offsetSize = first === 0xffffffff ? 8 : 4;
  const end = (first === 0xffffffff ? r.offset(8) : first) + r.at;
  if (end > r.length) r.fail('a line table is longer than its section');
  const version = r.u16();
  if (version < 2 || version > 5) r.fail(`a line table of version ${version}`);
  const addressSize = version >= 5 ? r.u8() : unit.addressSize;
  if (version >= 5) r.skip(1);
  const programStart = r.offset(offsetSize) + r.at;
  const minimumStep = r.u8();
  if (version >= 4) r.skip(1);
  const startsStatement = r.u8() !== 0;
  const lineBase = r.i8();
  const lineRange = r.u8();
  if (lineRange === 0) r.fail('a line table without a range');
  const opcodeBase = r.u8();
  const operandCounts = Array.from({ length: Math.max(0, opcodeBase - 1) }, () => r.u8());
  const directory = textOf(unit.root, Attribute.Directory) ?? '';
  const files = version >= 5 ? newFiles(unit.sections, r, offsetSize) : oldFiles(r, directory);
  return {
    version,
    addressSize,
    offsetSize,
    minimumStep,
    startsStatement,
    lineBase,
    lineRange,
    opcodeBase,
    operandCounts,
    files,
    programStart,
    end,
  };
}

function joined(directory: string, path: string): string {
  return path.startsWith('/') || directory === '' ? path : `${directory}/${path}`;
}

/** Until DWARF 4: directories and files count from 1, the unit's own directory is 0. */
function oldFiles(r: DwarfReader, own: string): (string | undefined)[] {
  const directories = [own];
  for (let text = r.text(); text !== ''; text = r.text()) {
    if (directories.length > mostFiles) r.fail('too many directories');
    directories.push(joined(own, text));
  }
  const files: (string | undefined)[] = [undefined];
  for (let text = r.text(); text !== ''; text = r.text()) {
    if (files.length > mostFiles) r.fail('too many files');
    files.push(joined(directories[r.uleb()] ?? '', text));
    r.skipLeb();
    r.skipLeb();
  }
  return files;
}

const PATH_CONTENT = 1;
const DIRECTORY_CONTENT = 2;

/** From DWARF 5: tables that say themselves what stands in them. */
function newFiles(sections: DebugSections, r: DwarfReader, offsetSize: 4 | 8): string[] {
  const directories = readTable(sections, r, offsetSize).map(({ path }) => path);
  const own = directories[0] ?? '';
  return readTable(sections, r, offsetSize).map(({ path, directory }) =>
    joined(joined(own, directories[directory] ?? ''), path),
  );
}

function readTable(
  sections: DebugSections,
  r: DwarfReader,
  offsetSize: 4 | 8,
): { readonly path: string; readonly directory: number }[] {
  const formats = Array.from({ length: r.u8() }, () => ({ content: r.uleb(), form: r.uleb() }));
  const count = r.uleb();
  if (count > mostFiles || (formats.length === 0 && count > 0)) r.fail(`a table of ${count} files`);
  return Array.from({ length: count }, () => {
    let path = '';
    let directory = 0;
    for (const { content, form } of formats) {
      const value = readContent(sections, r, form, offsetSize);
      if (content === PATH_CONTENT && typeof value === 'string') path = value;
      if (content === DIRECTORY_CONTENT && typeof value === 'number') directory = value;
    }
    return { path, directory };
  });
}

function readContent(
  sections: DebugSections,
  r: DwarfReader,
  form: number,
  offsetSize: 4 | 8,
): string | number | undefined {
  switch (form) {
    case Form.String:
      return r.text();
    case Form.LineStrp:
      return readerOf(sections, 'line_str', r.offset(offsetSize)).text();
    case Form.Strp:
      return readerOf(sections, 'str', r.offset(offsetSize)).text();
    case Form.Udata:
      return r.uleb();
    case Form.Data1:
      return r.u8();
    case Form.Data2:
      return r.u16();
    case Form.Data4:
      return r.u32();
    case Form.Data8:
      r.skip(8);
      return undefined;
    case Form.Data16:
      r.skip(16);
      return undefined;
    case Form.Block:
      r.skip(r.uleb());
      return undefined;
    default:
      return r.fail(`a file's path of unknown form 0x${form.toString(16)}`);
  }
}
