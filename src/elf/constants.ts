/** Numbers of the ELF specification that readers and their callers need. */

export const ElfType = { Relocatable: 1, Executable: 2, Shared: 3, Core: 4 } as const;

export const Machine = { I386: 3, Arm: 40, X86_64: 62, Arm64: 183, RiscV: 243, Bpf: 247 } as const;

export const SectionType = {
  Null: 0,
  ProgramBits: 1,
  SymbolTable: 2,
  StringTable: 3,
  Rela: 4,
  Note: 7,
  NoBits: 8,
  Rel: 9,
  DynamicSymbols: 11,
  GnuHash: 0x6ffffff6,
  VersionDefinitions: 0x6ffffffd,
  VersionSymbols: 0x6fffffff,
} as const;

export const SectionFlag = { Write: 1, Alloc: 2, Execute: 4, Compressed: 0x800 } as const;

export const SegmentType = { Load: 1, Dynamic: 2, Interpreter: 3, Note: 4 } as const;

export const SegmentFlag = { Execute: 1, Write: 2, Read: 4 } as const;

export const SymbolType = {
  None: 0,
  Object: 1,
  Function: 2,
  Section: 3,
  File: 4,
  Common: 5,
  Tls: 6,
  IndirectFunction: 10,
} as const;

export const SymbolBinding = { Local: 0, Global: 1, Weak: 2, Unique: 10 } as const;

/** Special section indices of symbols. */
export const SectionIndex = { Undefined: 0, Absolute: 0xfff1, Common: 0xfff2, Extended: 0xffff } as const;
