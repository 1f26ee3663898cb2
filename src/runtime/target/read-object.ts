/**
 * A BPF object file, as clang makes it -> functions to link into programs. Calls between functions, kernel functions and
 * helpers, and variables are resolved; what else an object may hold (maps, relocations by the kernel's types) is refused.
 */
import { Class, decode, type Instruction, JumpOp, LD_IMM64, PseudoCall, PseudoLoad } from '../../asm/index.ts';
import { FormatError } from '../../base/index.ts';
import {
  ElfFile,
  type ElfSection,
  type ElfSymbol,
  ElfType,
  Machine,
  SectionFlag,
  SectionIndex,
  SectionType,
  SymbolBinding,
  SymbolType,
} from '../../elf/index.ts';
import type { LinkedFunction, LinkedObject } from '../../spec/index.ts';

const R_BPF_64_64 = 1;
const R_BPF_64_32 = 10;
const CALL = Class.JMP | JumpOp.CALL;
const SLOT_BYTES = 8;
/** Enough for any source that people write; what claims more is damaged. */
const LARGEST_DATA_BYTES = 1 << 20;
const RELOCATION_BYTES = 16;

/** The object, or a sentence on what it holds that can't be linked. Throws FormatError for a damaged file. */
export function readLinkedObject(bytes: Uint8Array): LinkedObject | { readonly error: string } {
  const reader = new Reader(ElfFile.fromBytes(bytes));
  try {
    return reader.read();
  } catch (error) {
    if (error instanceof Unsupported) return { error: error.message };
    throw error;
  }
}

class Unsupported extends Error {}

interface Code {
  readonly section: ElfSection;
  readonly functions: readonly ElfSymbol[];
  readonly relocations: ReadonlyMap<number, Relocation>;
}

interface Relocation {
  readonly type: number;
  readonly symbol: ElfSymbol;
}

class Reader {
  readonly #elf: ElfFile;
  readonly #symbols: readonly ElfSymbol[];
  readonly #data = new Map<string, Uint8Array>();

  constructor(elf: ElfFile) {
    this.#elf = elf;
    this.#symbols = isBpfObject(elf) ? [...(elf.symbols?.list({ types: [SymbolType.Function] }) ?? [])] : [];
  }

  read(): LinkedObject {
    if (!isBpfObject(this.#elf)) throw new Unsupported('it is no object file of BPF code');
    const btf = this.#elf.section('.BTF');
    if (btf === undefined) throw new Unsupported('it has no types (.BTF): compile it with clang -g');
    this.#refuseTypeRelocations();
    const functions = new Map<string, LinkedFunction>();
    for (const section of this.#elf.sections) {
      const isCode = section.type === SectionType.ProgramBits && (Number(section.flags) & SectionFlag.Execute) !== 0;
      if (!isCode || section.sizeBytes === 0) continue;
      for (const fn of this.#functionsIn(section)) {
        if (functions.has(fn.name)) throw new Unsupported(`it has two functions of the name ${fn.name}`);
        functions.set(fn.name, fn);
      }
    }
    for (const { name, calls } of functions.values()) {
      const missing = calls.find((callee) => !functions.has(callee));
      if (missing !== undefined) throw new Unsupported(`${name}() calls ${missing}(), whose code is not in the object`);
    }
    return { functions, data: this.#data, btf: this.#elf.sectionData(btf) };
  }

  /** The header of .BTF.ext has the place of such relocations behind those of functions and lines. */
  #refuseTypeRelocations(): void {
    const section = this.#elf.section('.BTF.ext');
    if (section === undefined) return;
    const bytes = this.#elf.sectionData(section);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8) throw new FormatError('BPF object', section.fileOffset, '.BTF.ext is cut off');
    const headerBytes = view.getUint32(4, true);
    if (headerBytes < 32) return;
    if (bytes.length < 32) throw new FormatError('BPF object', section.fileOffset, '.BTF.ext is cut off');
    // Four bytes say how long a record is; without records nothing follows.
    if (view.getUint32(28, true) > 4)
      throw new Unsupported(
        "it reads structs by the running kernel's layout (preserve_access_index, CO-RE), which can't be linked yet",
      );
  }

  #functionsIn(section: ElfSection): LinkedFunction[] {
    const functions = this.#symbols
      .filter((symbol) => symbol.section === section.index)
      .sort((a, b) => Number(a.address - b.address));
    const code: Code = { section, functions, relocations: this.#relocationsOf(section) };
    const bytes = this.#elf.sectionData(section);
    return functions.map((symbol) => {
      const start = Number(symbol.address);
      const end = start + Number(symbol.sizeBytes);
      if (start % SLOT_BYTES !== 0 || end <= start || end > bytes.length)
        throw new FormatError('BPF object', section.fileOffset, `function ${symbol.name} lies outside its section`);
      return this.#decodeFunction(symbol, decode(bytes.subarray(start, end)), start, code);
    });
  }

  #relocationsOf(section: ElfSection): ReadonlyMap<number, Relocation> {
    const found = new Map<number, Relocation>();
    for (const table of this.#elf.sections) {
      if (table.info !== section.index) continue;
      if (table.type === SectionType.Rela) throw new Unsupported(`it has relocations of another form (${table.name})`);
      if (table.type !== SectionType.Rel) continue;
      const bytes = this.#elf.sectionData(table);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + RELOCATION_BYTES <= bytes.length; at += RELOCATION_BYTES) {
        const symbol = this.#elf.symbols?.at(view.getUint32(at + 12, true));
        if (symbol === undefined) throw new FormatError('BPF object', table.fileOffset + at, 'there are no symbols');
        found.set(Number(view.getBigUint64(at, true)), { type: view.getUint32(at + 8, true), symbol });
      }
    }
    return found;
  }

  #decodeFunction(symbol: ElfSymbol, code: Instruction[], start: number, around: Code): LinkedFunction {
    const { name } = symbol;
    const calls = new Set<string>();
    const slots: number[] = [];
    let next = 0;
    for (const { opcode } of code) {
      slots.push(next);
      next += opcode === LD_IMM64 ? 2 : 1;
    }
    const starts = new Set(slots);
    const targets = new Set<number>();
    const resolved = code.map((instruction, i) => {
      const slot = slots[i]!;
      const at = start + slot * SLOT_BYTES;
      const relocation = around.relocations.get(at);
      if (instruction.opcode === LD_IMM64) return this.#load(instruction, relocation, name, calls);
      if (instruction.opcode === CALL) return this.#call(instruction, relocation, at, around, name, calls);
      if (relocation !== undefined) throw new Unsupported(`${name}() has a relocation of a kind that is not known`);
      const distance = jumpDistance(instruction);
      if (distance === undefined) return instruction;
      const target = slot + 1 + distance;
      if (!starts.has(target))
        throw new FormatError('BPF object', around.section.fileOffset + at, `a jump leads out of ${name}()`);
      targets.add(target);
      return {
        ...instruction,
        offset: 0,
        imm: isLong(instruction) ? 0 : instruction.imm,
        jumpTo: labelAt(name, target),
      };
    });
    const instructions = resolved.map((instruction, i): Instruction => {
      const slot = slots[i]!;
      if (slot === 0) return { ...instruction, label: name };
      return targets.has(slot) ? { ...instruction, label: labelAt(name, slot) } : instruction;
    });
    return { name, isGlobal: symbol.binding !== SymbolBinding.Local, instructions, calls: [...calls] };
  }

  #call(
    instruction: Instruction,
    relocation: Relocation | undefined,
    at: number,
    around: Code,
    name: string,
    calls: Set<string>,
  ): Instruction {
    if (relocation === undefined) {
      if (instruction.src === PseudoCall.HELPER) return instruction;
      if (instruction.src !== PseudoCall.SUBPROGRAM)
        throw new Unsupported(`${name}() calls a function of the kernel by a number`);
    } else if (relocation.type !== R_BPF_64_32) {
      throw new Unsupported(`${name}() has a call with a relocation of kind ${relocation.type}`);
    }
    const { symbol } = relocation ?? {};
    if (symbol?.section === SectionIndex.Undefined)
      return { ...instruction, src: PseudoCall.KFUNC, imm: 0, reference: { kind: 'kfunc', name: symbol.name } };
    const callee =
      symbol?.type === SymbolType.Function
        ? symbol.name
        : this.#functionAt(
            symbol === undefined ? around.section.index : symbol.section,
            symbol === undefined
              ? at + (instruction.imm + 1) * SLOT_BYTES
              : Number(symbol.address) + (instruction.imm + 1) * SLOT_BYTES,
            name,
          );
    calls.add(callee);
    return { ...instruction, src: PseudoCall.SUBPROGRAM, imm: 0, jumpTo: callee };
  }

  /** A variable's address, or that of a function for a helper to call. */
  #load(instruction: Instruction, relocation: Relocation | undefined, name: string, calls: Set<string>): Instruction {
    if (relocation === undefined) return instruction;
    const { symbol } = relocation;
    if (relocation.type !== R_BPF_64_64)
      throw new Unsupported(`${name}() has an address with a relocation of kind ${relocation.type}`);
    if (symbol.section === SectionIndex.Undefined)
      throw new Unsupported(`${name}() refers to ${symbol.name}, which the object does not have`);
    const section = this.#elf.sections[symbol.section];
    if (section === undefined) throw new Unsupported(`${name}() refers to ${symbol.name}, which is in no section`);
    const offset = Number(symbol.address) + instruction.imm;
    if ((Number(section.flags) & SectionFlag.Execute) !== 0) {
      const callee = this.#functionAt(section.index, offset, name);
      calls.add(callee);
      return { ...instruction, src: PseudoLoad.FUNC, imm: 0, imm64: 0n, jumpTo: callee };
    }
    if (!/^\.(data|bss|rodata)(\.|$)/.test(section.name)) {
      const what = section.name === '.maps' ? `the map ${symbol.name}` : `${symbol.name} in ${section.name}`;
      const hint = section.name === '.maps' ? "; pass one of the script's maps as &@name" : '';
      throw new Unsupported(`${name}() refers to ${what}, which can't be linked${hint}`);
    }
    this.#takeData(section);
    return {
      ...instruction,
      src: PseudoLoad.MAP_VALUE,
      imm: 0,
      imm64: 0n,
      reference: { kind: 'mapValue', map: section.name, offset },
    };
  }

  #functionAt(section: number, offset: number, from: string): string {
    const found = this.#symbols.find((symbol) => symbol.section === section && Number(symbol.address) === offset);
    if (found === undefined) throw new Unsupported(`${from}() calls into the middle of a function`);
    return found.name;
  }

  #takeData(section: ElfSection): void {
    if (this.#data.has(section.name)) return;
    const { name, sizeBytes } = section;
    if (sizeBytes > LARGEST_DATA_BYTES) throw new Unsupported(`its variables take ${sizeBytes} bytes (${name})`);
    if (this.#relocationsOf(section).size > 0) throw new Unsupported(`${name} holds addresses, which can't be linked`);
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.#elf.sectionData(section));
    this.#data.set(name, bytes);
  }
}

const isBpfObject = ({ header: { machine, type, bits, littleEndian } }: ElfFile): boolean =>
  machine === Machine.Bpf && type === ElfType.Relocatable && bits === 64 && littleEndian;

const labelAt = (name: string, slot: number): string => (slot === 0 ? name : `${name}.${slot}`);

const isLong = ({ opcode }: Instruction): boolean => opcode === (Class.JMP32 | JumpOp.JA);

/** In slots from the next instruction; undefined: it does not jump. */
function jumpDistance(instruction: Instruction): number | undefined {
  const { opcode } = instruction;
  const kind = opcode & 0x07;
  if (kind !== Class.JMP && kind !== Class.JMP32) return undefined;
  const operation = opcode & 0xf0;
  if (operation === JumpOp.EXIT || operation === JumpOp.CALL) return undefined;
  return isLong(instruction) ? instruction.imm : instruction.offset;
}
