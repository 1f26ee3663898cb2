/** A compiled script as a BPF object file, as clang would make it: for libbpf, bpftool and disassemblers. */
import { ProgramType } from '../abi/index.ts';
import { encode, type Instruction, LD_IMM64, resolveLabels } from '../asm/index.ts';
import { SondeError } from '../base/index.ts';
import { BtfBuilder } from '../btf/index.ts';
import {
  type ObjectRelocation,
  type ObjectSection,
  type ObjectSymbol,
  SectionFlag,
  SectionType,
  SymbolType,
  writeBpfObject,
} from '../elf/index.ts';
import type { CollectionSpec, Hook, MapSpec, PlannedProbe, ProgramSpec } from '../spec/index.ts';

/** A symbol's address, into both halves of a 64-bit load. */
const R_BPF_64_64 = 1;
/** A map's definition is a struct of so many pointers; their types say all. */
const DEFINITION_FIELDS = 5;
const DATA_SECTION = { plain: '.bss', initialized: '.data' } as const;

/** Throws SondeError for what an object file can't say. */
export function makeBpfObject({ maps, programs }: CollectionSpec, probes: readonly PlannedProbe[]): Uint8Array {
  const region = maps.find((map) => isRegion(map, programs));
  const declared = maps.filter((map) => map !== region);
  const hooks = new Map(probes.map((probe) => [probe.program, probe.points[0]?.hook]));
  const sections: ObjectSection[] = [];
  const symbols: ObjectSymbol[] = [];
  for (const program of programs) {
    symbols.push({
      name: program.name,
      type: SymbolType.Function,
      isGlobal: true,
      section: sections.length,
      value: 0,
      sizeBytes: 8 * slotCount(program.instructions),
    });
    sections.push(programSection(program, sectionName(program, hooks.get(program.name)), region));
  }
  sections.push(
    bytesSection('license', SectionFlag.Alloc | SectionFlag.Write, text(`${programs[0]?.license ?? 'GPL'}\0`)),
  );
  if (region !== undefined) {
    const section = regionSection(region);
    symbols.push({
      name: section.name,
      type: SymbolType.Section,
      isGlobal: false,
      section: sections.length,
      value: 0,
      sizeBytes: 0,
    });
    sections.push(section);
  }
  const definitionBytes = DEFINITION_FIELDS * 8;
  for (const [index, { name }] of declared.entries()) {
    const place = { section: sections.length, value: index * definitionBytes, sizeBytes: definitionBytes };
    symbols.push({ name, type: SymbolType.Object, isGlobal: true, ...place });
  }
  const definitions = new Uint8Array(declared.length * definitionBytes);
  if (declared.length > 0) sections.push(bytesSection('.maps', SectionFlag.Alloc | SectionFlag.Write, definitions));
  sections.push(bytesSection('.BTF', 0, describeMaps(declared)));
  return writeBpfObject(sections, symbols);
}

/** The map whose value programs address directly. */
function isRegion(map: MapSpec, programs: readonly ProgramSpec[]): boolean {
  return programs.some(({ instructions }) =>
    instructions.some(({ reference }) => reference?.kind === 'mapValue' && reference.map === map.name),
  );
}

function slotCount(instructions: readonly Instruction[]): number {
  return instructions.reduce((sum, { opcode }) => sum + (opcode === LD_IMM64 ? 2 : 1), 0);
}

function programSection(program: ProgramSpec, name: string, region: MapSpec | undefined): ObjectSection {
  const relocations: ObjectRelocation[] = [];
  let slot = 0;
  const instructions = resolveLabels(program.instructions).map((instruction) => {
    const offset = slot * 8;
    slot += instruction.opcode === LD_IMM64 ? 2 : 1;
    const { reference, ...rest } = instruction;
    if (reference === undefined) return instruction;
    if (reference.kind === 'map') {
      relocations.push({ offset, type: R_BPF_64_64, symbol: reference.map });
      return { ...rest, src: 0, imm: 0, imm64: 0n };
    }
    if (reference.kind === 'mapValue' && region !== undefined) {
      relocations.push({ offset, type: R_BPF_64_64, symbol: regionSection(region).name });
      return { ...rest, src: 0, imm: reference.offset, imm64: BigInt(reference.offset) };
    }
    if (reference.kind === 'subprogram') return instruction;
    throw new SondeError(
      `${program.name} can't be put into an object file: it refers to the kernel's ${reference.kind}`,
    );
  });
  const flags = SectionFlag.Alloc | SectionFlag.Execute;
  return { name, type: SectionType.ProgramBits, flags, data: encode(instructions), relocations };
}

/** As libbpf knows program types. */
function sectionName({ type, attachTo }: ProgramSpec, hook: Hook | undefined): string {
  switch (hook?.kind) {
    case 'tracepoint':
      return `tracepoint/${hook.category}/${hook.event}`;
    case 'rawTracepoint':
      return `raw_tracepoint/${hook.event}`;
    case 'btfTracepoint':
      return `tp_btf/${hook.event}`;
    case 'fentry':
      return `${hook.return ? 'fexit' : 'fentry'}/${hook.function}`;
    case 'kprobe':
      return `${hook.return ? 'kretprobe' : 'kprobe'}/${hook.function ?? ''}`;
    case 'uprobe':
      return hook.return ? 'uretprobe' : 'uprobe';
    case 'perfEvent':
      return 'perf_event';
    default:
      return attachTo === undefined && type === ProgramType.RawTracepoint ? 'raw_tracepoint' : 'perf_event';
  }
}

function regionSection(region: MapSpec): ObjectSection {
  const contents = region.contents?.[0]?.[1];
  const flags = SectionFlag.Alloc | SectionFlag.Write;
  if (contents !== undefined)
    return { name: DATA_SECTION.initialized, type: SectionType.ProgramBits, flags, data: contents };
  const sizeBytes = region.valueSizeBytes;
  return { name: DATA_SECTION.plain, type: SectionType.NoBits, flags, data: new Uint8Array(0), sizeBytes };
}

function bytesSection(name: string, flags: number, data: Uint8Array): ObjectSection {
  return { name, type: SectionType.ProgramBits, flags, data };
}

/** Each map is a variable: a struct of pointers to arrays whose lengths are the numbers. */
function describeMaps(maps: readonly MapSpec[]): Uint8Array {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, { signed: true });
  const number = (value: number): number => btf.pointer(btf.array(int, value, int));
  const variables = maps.map((map, index) => {
    const fields = {
      type: map.type,
      key_size: map.keySizeBytes,
      value_size: map.valueSizeBytes,
      max_entries: map.maxEntries,
      map_flags: map.flags,
    };
    const members = Object.entries(fields).map(([name, value], at) => [name, number(value), at * 64] as const);
    const typeId = btf.struct('', DEFINITION_FIELDS * 8, members);
    const variable = btf.add({ kind: 'var', name: map.name, typeId, linkage: 1 });
    return { typeId: variable, offset: index * DEFINITION_FIELDS * 8, size: DEFINITION_FIELDS * 8 };
  });
  if (variables.length > 0)
    btf.add({ kind: 'datasec', name: '.maps', size: maps.length * DEFINITION_FIELDS * 8, variables });
  return btf.encode();
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
