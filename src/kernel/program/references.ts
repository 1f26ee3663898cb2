import { BugError, UnsupportedFeatureError } from '../../base/index.ts';
import { PseudoLoad, type Instruction, type Reference } from '../../asm/index.ts';
import { kernelBtf, moduleBtf, modulesWithBtf, openModuleBtfFd } from '../btf-source.ts';
import { kallsyms } from '../kallsyms/index.ts';
import type { KernelMap } from '../map/index.ts';

/** Instructions without references, and the descriptors that they need while the program is loaded. */
export interface ResolvedProgram {
  readonly instructions: readonly Instruction[];
  /** `fd_array` of PROG_LOAD: a kfunc of a module has the index of the module's BTF in it. 0 stands for the kernel's. */
  readonly fdArray: readonly number[];
}

/** Replaces names by what they stand for on this kernel. Labels and subprograms stay. */
export function resolveReferences(
  instructions: readonly Instruction[],
  maps: ReadonlyMap<string, KernelMap>,
): ResolvedProgram {
  const fdArray = [0];
  const resolved = instructions.map((instruction) => {
    const { reference, ...rest } = instruction;
    if (reference === undefined || reference.kind === 'subprogram') return instruction;
    return { ...rest, ...resolve(reference, instruction, maps, fdArray) };
  });
  return { instructions: resolved, fdArray };
}

type Patch = Partial<Pick<Instruction, 'src' | 'offset' | 'imm' | 'imm64'>>;

function resolve(
  reference: Exclude<Reference, { kind: 'subprogram' }>,
  instruction: Instruction,
  maps: ReadonlyMap<string, KernelMap>,
  fdArray: number[],
): Patch {
  switch (reference.kind) {
    case 'map':
      return wide(mapFd(maps, reference.map), 0, PseudoLoad.MAP_FD);
    case 'mapValue':
      return wide(mapFd(maps, reference.map), reference.offset, PseudoLoad.MAP_VALUE);
    case 'kfunc':
      return resolveKfunc(reference.name, fdArray);
    case 'kernelSymbol':
      return instruction.src === PseudoLoad.BTF_ID
        ? wide(variableId(reference.name), 0, PseudoLoad.BTF_ID)
        : addressPatch(reference.name);
  }
}

function wide(low: number, high: number, src: number): Patch {
  return { src, imm: low, imm64: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) };
}

function mapFd(maps: ReadonlyMap<string, KernelMap>, name: string): number {
  const map = maps.get(name);
  if (map === undefined) throw new BugError(`a program refers to map ${name}, which is not in its collection`);
  return map.fd;
}

function resolveKfunc(name: string, fdArray: number[]): Patch {
  const id = kernelBtf()?.find(name, 'func')?.id;
  if (id !== undefined) return { imm: id, offset: 0 };
  for (const module of modulesWithBtf()) {
    const found = moduleBtf(module)?.find(name, 'func');
    const fd = found === undefined ? undefined : openModuleBtfFd(module);
    if (found !== undefined && fd !== undefined) return { imm: found.id, offset: fdArray.push(fd) - 1 };
  }
  throw new UnsupportedFeatureError(`kfunc ${name}`, `this kernel has no function ${name} for programs`);
}

function variableId(name: string): number {
  const id = kernelBtf()?.find(name, 'var')?.id;
  if (id === undefined)
    throw new UnsupportedFeatureError(`kernel variable ${name}`, `this kernel has no typed variable ${name}`);
  return id;
}

function addressPatch(name: string): Patch {
  const address = kallsyms().addressOf(name);
  if (address === undefined)
    throw new UnsupportedFeatureError(`kernel symbol ${name}`, `this kernel has no symbol ${name}`);
  return { src: PseudoLoad.IMM, imm: Number(BigInt.asIntN(32, address)), imm64: address };
}
