export { AddressIndex } from './address-index.ts';
export * from './constants.ts';
export { type DebugLink, ElfFile } from './elf-file.ts';
export type { ElfHeader, ElfSection, ElfSegment } from './header.ts';
export type { ElfNote, UsdtNote } from './notes.ts';
export { BytesSource, type RandomAccess } from './source.ts';
export { type ElfSymbol, functionSymbols, type SymbolFilter, SymbolTable } from './symbol-table.ts';
export { isInstructionBoundary } from './x86-instructions.ts';
export { type ObjectRelocation, type ObjectSection, type ObjectSymbol, writeBpfObject } from './write-object.ts';
