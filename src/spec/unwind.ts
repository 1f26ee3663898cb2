/**
 * What the walk over stacks by unwinding tables (dw_ustack) shares between program and user side: three maps that the
 * user side fills, and the forms of rules. x86-64.
 */

/** u64 process id (tgid, as the tracer's pid namespace numbers it) -> mappings, see UnwindLayout. */
export const PROCESS_MAP = 'unwind_processes';
/** Array of rows: u32 offset in the file, u32 rule (FrameRule and RbpRule, packed as UnwindTable of `elf` has them). Those of a file follow each other. */
export const ROW_MAP = 'unwind_rows';
/** u64 inode number, u64 size -> u32 index of the file's first row, u32 number of rows. */
export const UNWIND_FILES = 'unwind_files';

/** Stands in a stack behind the last frame from which no caller could be found. No code is at this address. */
export const STOPPED_HERE = 0xffff_ffff_ffff_ffffn;

/** A process: u64 number of mappings, then as many entries, sorted by address. */
export const UnwindLayout = {
  /** A power of two. */
  entries: 256,
  entrySizeBytes: 32,
  /** u64 start, u64 size, u64 start minus offset in the file, u32 first row, u32 number of rows. */
  entry: { start: 0, size: 8, distance: 16, first: 24, count: 28 },
  /** Where rt_sigframe has the registers of the interrupted place, from rsp in the code that returns from a signal. */
  signalFrame: { bp: 120, sp: 160, ip: 168 },
  /** Bytes: a frame pointer farther above is none. */
  largestFrame: 1 << 20,
} as const;

export const unwindProcessSizeBytes = 8 + UnwindLayout.entries * UnwindLayout.entrySizeBytes;
