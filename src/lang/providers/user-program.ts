/** What programs at places of user code have in common. */
import { AttachType, ProgramType, registerLayout } from '../../abi/index.ts';
import type { PlannedPoint, UserBinary } from '../../spec/index.ts';
import type { ContextAccess, ProbeContext, ProbedImage, ProbeVariant } from '../checked/index.ts';
import type { Target } from '../target.ts';
import { registerContext, registerWord } from './access.ts';
import { maySubstitute, type ResolveOptions } from './provider.ts';

/** `named`: the points, and how the program knows at which it is. */
export function userProgram(
  provider: string,
  named: { readonly points: readonly PlannedPoint[]; readonly probeName: ProbeContext['probeName'] },
  context: Pick<ProbeContext, 'args' | 'argument' | 'returnValue' | 'func' | 'image'>,
  target: Target,
  options: ResolveOptions,
): ProbeVariant {
  const { points, probeName } = named;
  // Detaching one link of many points takes a third of the time, even for a single one.
  const mayShare = maySubstitute(options, 'multi-links') && target.have('uprobe-multi');
  return {
    provider,
    phase: 'run',
    programType: ProgramType.Kprobe,
    ...(mayShare ? { expectedAttachType: AttachType.TraceUprobeMulti } : {}),
    points,
    pointCount: points.length,
    context: {
      space: 'user',
      probeName,
      probeType: provider,
      ...registerContext(target, 'pt_regs'),
      kernelStack: true,
      userStack: true,
      ...context,
    },
    filterByPid: false,
  };
}

/** The address of the instruction that the probe is at; on return it is the caller's. */
export function placeOfProbe(target: Target): ContextAccess {
  return registerWord(target, registerLayout(target.architecture).instructionPointer);
}

/** A function whose name is known now, so that it holds even after the process has ended; the probe is `distance` bytes behind its start. */
export function knownFunction(
  name: string,
  place: ContextAccess,
  distance: number,
): NonNullable<ProbeContext['func']> & { kind: 'usym' } {
  return {
    kind: 'usym',
    access: distance === 0 ? place : { kind: 'sum', base: place, by: -distance },
    names: { number: { kind: 'constant', value: 0 }, all: [name] },
  };
}

/** How many bytes a place is behind the start of the function that holds it; 0 where it is at none of the `size` bytes behind it. */
export function distanceInto(binary: UserBinary, name: string, fileOffset: bigint, size: bigint): number {
  const start = binary.resolveFunction(name, 0n);
  const distance = 'error' in start ? 0n : fileOffset - start.fileOffset;
  return distance > 0n && distance < size ? Number(distance) : 0;
}

/** The file that is probed, wherever a process has mapped it. */
export function imageAround(binary: UserBinary, placeAddress: bigint, place: ContextAccess): ProbedImage {
  return { path: binary.path, place, placeAddress, symbol: (name) => binary.resolveSymbol?.(name) };
}
