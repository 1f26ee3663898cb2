/**
 * What the kernel counts of the BPF programs that one process holds: found by the process's own file descriptors, so that
 * programs of others are not looked at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Command } from '../../src/abi/index.ts';
import { Attr, bpf, closeFd, tryBpf } from '../../src/kernel/sys/index.ts';

export interface ProgramStatistics {
  readonly id: number;
  readonly runTimeNs: number;
  readonly runCount: number;
  /** As the kernel has it after its own rewriting, in units of 8 bytes. */
  readonly instructions: number;
}

const INFO_BYTES = 228;
const INSTRUCTION_BYTES = 8;

/** The program that a text of /proc/PID/fdinfo names, of itself or by a link. */
export function programIdOf(fdinfo: string): number | undefined {
  const id = /^prog_id:\s*(\d+)$/m.exec(fdinfo)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The programs that a process holds, by file descriptors of theirs or of their links. */
export function programIdsOf(pid: number): readonly number[] {
  const folder = `/proc/${pid}/fdinfo`;
  const ids = readdirSync(folder).map((fd) => {
    try {
      return programIdOf(readFileSync(`${folder}/${fd}`, 'latin1'));
    } catch {
      return undefined; // closed meanwhile
    }
  });
  return [...new Set(ids.filter((id) => id !== undefined))].toSorted((a, b) => a - b);
}

/** Undefined where the program has gone. */
export function readProgram(id: number): ProgramStatistics | undefined {
  const fd = tryBpf(Command.ProgGetFdById, new Attr(12).u32(0, id));
  if (fd < 0) return undefined;
  try {
    const info = new Attr(INFO_BYTES);
    bpf(Command.ObjGetInfoByFd, new Attr(16).u32(0, fd).u32(4, INFO_BYTES).pointer(8, info.bytes));
    return {
      id,
      runTimeNs: Number(info.getU64(192)),
      runCount: Number(info.getU64(200)),
      instructions: info.getU32(20) / INSTRUCTION_BYTES,
    };
  } finally {
    closeFd(fd);
  }
}

export interface Total {
  readonly runTimeNs: number;
  readonly runCount: number;
  readonly instructions: number;
}

export function totalOf(programs: readonly ProgramStatistics[]): Total {
  const sum = (pick: (program: ProgramStatistics) => number): number =>
    programs.reduce((total, program) => total + pick(program), 0);
  return {
    runTimeNs: sum(({ runTimeNs }) => runTimeNs),
    runCount: sum(({ runCount }) => runCount),
    instructions: sum(({ instructions }) => instructions),
  };
}

export function readPrograms(ids: readonly number[]): Total {
  return totalOf(ids.map(readProgram).filter((program) => program !== undefined));
}
