/** Line tables: which code belongs to which line of which source file. */
import { AddressIndex } from '../address-index.ts';
import { type LineHeader, lineHeaderOf } from './line-header.ts';
import type { DwarfReader } from './reader.ts';
import { type DebugSections, readerOf, type Unit } from './unit.ts';

/** A place where a line's code (or a part of it) begins. */
export interface LineRow {
  readonly address: bigint;
  readonly line: number;
  readonly column: number;
}

/** A line of a source file. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** More rows than this are taken for damage. */
const mostRows = 20_000_000;

/** Rows at which a statement begins, of the files that `isWanted` takes (by path), in the order of the table. */
export function linesOf(unit: Unit, isWanted: (path: string) => boolean): LineRow[] {
  const header = lineHeaderOf(unit);
  if (header === undefined) return [];
  const wanted = new Set<number>();
  for (const [index, path] of header.files.entries()) if (path !== undefined && isWanted(path)) wanted.add(index);
  const rows: LineRow[] = [];
  if (wanted.size === 0) return rows;
  run(unit.sections, header, ({ address, file, line, column, isStatement }, endsSequence) => {
    if (isStatement && !endsSequence && wanted.has(file)) rows.push({ address, line, column });
  });
  return rows;
}

/** Paths of a unit's source files. */
export function filesOf(unit: Unit): string[] {
  return lineHeaderOf(unit)?.files.filter((path) => path !== undefined) ?? [];
}

/** The lines of a unit's code, by address. */
export class LineTable {
  readonly #files: LineHeader['files'];
  readonly #addresses: number[] = [];
  readonly #fileNumbers: number[] = [];
  readonly #lines: number[] = [];
  /** Of each sequence of rows, whose addresses ascend: index of its first row, and behind its last. */
  readonly #sequences = new Map<number, number>();
  readonly #index: AddressIndex;

  constructor(unit: Unit) {
    const header = lineHeaderOf(unit);
    this.#files = header?.files ?? [];
    const found: { readonly start: number; readonly end: number; readonly id: number }[] = [];
    let first = 0;
    const take = ({ address, file, line }: Machine, endsSequence: boolean): void => {
      if (!endsSequence) {
        this.#addRow(Number(address), file, line);
        return;
      }
      const rows = this.#addresses.length;
      const start = this.#addresses[first] ?? 0;
      // The linker leaves functions that it dropped at address 0.
      if (rows > first && start > 0 && Number(address) > start) {
        found.push({ start, end: Number(address), id: first });
        this.#sequences.set(first, rows);
      }
      first = rows;
    };
    if (header !== undefined) run(unit.sections, header, take);
    this.#index = AddressIndex.of(found);
  }

  #addRow(address: number, file: number, line: number): void {
    this.#addresses.push(address);
    this.#fileNumbers.push(file);
    this.#lines.push(line);
  }

  /** Path of a file by the number that the unit gives it. */
  file(number: number): string | undefined {
    return this.#files[number];
  }

  /** Undefined: it belongs to no line, as what the compiler adds. */
  lineAt(address: bigint): SourceLine | undefined {
    const wanted = Number(address);
    const [first] = this.#index.find(wanted);
    if (first === undefined) return undefined;
    let low = first;
    let high = this.#sequences.get(first) ?? first;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    const row = low - 1;
    const file = row < first ? undefined : this.#files[this.#fileNumbers[row]!];
    const line = this.#lines[row] ?? 0;
    return file === undefined || line <= 0 ? undefined : { file, line };
  }
}

/** The machine that a line program is written for. */
class Machine {
  address = 0n;
  file = 1;
  line = 1;
  column = 0;
  isStatement: boolean;
  readonly #header: LineHeader;
  readonly #take: (machine: Machine, endsSequence: boolean) => void;

  constructor(header: LineHeader, take: (machine: Machine, endsSequence: boolean) => void) {
    this.#header = header;
    this.#take = take;
    this.isStatement = header.startsStatement;
  }

  reset(): void {
    this.address = 0n;
    this.file = 1;
    this.line = 1;
    this.column = 0;
    this.isStatement = this.#header.startsStatement;
  }

  advance(steps: number | bigint): void {
    this.address = BigInt.asUintN(64, this.address + BigInt(steps) * BigInt(this.#header.minimumStep));
  }

  emit(): void {
    this.#take(this, false);
  }

  endSequence(): void {
    this.#take(this, true);
    this.reset();
  }

  special(opcode: number): void {
    const { lineBase, lineRange } = this.#header;
    this.advance(Math.trunc(opcode / lineRange));
    this.line += lineBase + (opcode % lineRange);
    this.emit();
  }
}

/** `take` is told of each row, and of the end of each sequence of rows. */
function run(
  sections: DebugSections,
  header: LineHeader,
  take: (machine: Machine, endsSequence: boolean) => void,
): void {
  const r = readerOf(sections, 'line', header.programStart);
  const machine = new Machine(header, take);
  for (let count = 0; r.at < header.end; count++) {
    if (count > mostRows) r.fail('a line table of too many rows');
    const opcode = r.u8();
    if (opcode >= header.opcodeBase) machine.special(opcode - header.opcodeBase);
    else if (opcode === 0) extended(r, machine, header);
    else standard(r, machine, header, opcode);
  }
}

function extended(r: DwarfReader, machine: Machine, { addressSize }: LineHeader): void {
  const length = r.uleb();
  const end = r.at + length;
  if (length === 0) return;
  const opcode = r.u8();
  if (opcode === 1) machine.endSequence();
  else if (opcode === 2) machine.address = r.address(length - 1 === 4 ? 4 : addressSize);
  r.skip(end - r.at);
}

function standard(r: DwarfReader, machine: Machine, header: LineHeader, opcode: number): void {
  switch (opcode) {
    case 1:
      machine.emit();
      return;
    case 2:
      machine.advance(r.uleb64());
      return;
    case 3:
      machine.line += Number(r.sleb64());
      return;
    case 4:
      machine.file = r.uleb();
      return;
    case 5:
      machine.column = r.uleb();
      return;
    case 6:
      machine.isStatement = !machine.isStatement;
      return;
    case 8:
      machine.advance(Math.trunc((255 - header.opcodeBase) / header.lineRange));
      return;
    case 9:
      machine.address = BigInt.asUintN(64, machine.address + BigInt(r.u16()));
      return;
    default:
      for (let i = 0; i < (header.operandCounts[opcode - 1] ?? 0); i++) r.skipLeb();
  }
}
