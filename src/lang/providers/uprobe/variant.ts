/** Programs for places of user functions. */
import { AttachType, ProgramType, registerLayout } from '../../../abi/index.ts';
import type { PlannedPoint } from '../../../spec/index.ts';
import type { ContextAccess, ProbeContext, ProbedImage, ProbeVariant } from '../../checked/index.ts';
import type { Target } from '../../target.ts';
import { functionArgument, functionReturnValue, registerContext, registerWord } from '../access.ts';
import { nameByFirst, nameFromList, shareProgram } from '../names.ts';
import type { ResolveOptions } from '../provider.ts';
import { probedProcess } from '../user-target.ts';
import { describePoint, type Described } from './described.ts';
import type { FoundPoint } from './point.ts';

type UserFunctionProvider = 'uprobe' | 'uretprobe';

/** One program for all points that get at their arguments in the same way. */
export function makeVariants(
  provider: UserFunctionProvider,
  found: readonly FoundPoint[],
  target: Target,
  options: ResolveOptions,
): readonly ProbeVariant[] {
  const isReturn = provider === 'uretprobe';
  const { uses } = options;
  const haveCookies = target.have('attach-cookie');
  const described = found.map((point) => ({ point, about: describePoint(point, isReturn, uses, target) }));
  // Where a process has mapped a file follows from where the probe is: each place has a program of its own then.
  const isAlone = uses.names.has('uaddr');
  const isInside = (point: FoundPoint): boolean => uses.names.has('func') && !point.isEntry && !isReturn;
  const groups = Map.groupBy(described, ({ point, about }) => (isAlone || isInside(point) ? point : about.signature));
  // All programs count in the same lists: a name has one number, whichever of them fires.
  const names = [...new Set(found.map((point) => nameOf(provider, point)))];
  const functions = functionNames(names, provider, found, options);
  const making: Making = { target, options, names, functions, isInside };
  return [...groups.values()].flatMap((group) =>
    shareProgram(group, uses.names.has('probe'), haveCookies).map((part) => makeVariant(provider, part, making)),
  );
}

interface Making {
  readonly target: Target;
  readonly options: ResolveOptions;
  /** Of all points, each once. */
  readonly names: readonly string[];
  /** Of their functions, in the same order; undefined where some is not to be shown by name. */
  readonly functions: readonly string[] | undefined;
  /** A place within a function whose name is asked for. */
  readonly isInside: (point: FoundPoint) => boolean;
}

function makeVariant(
  provider: UserFunctionProvider,
  group: readonly { readonly point: FoundPoint; readonly about: Described }[],
  { target, options, names, functions, isInside }: Making,
): ProbeVariant {
  const isReturn = provider === 'uretprobe';
  const uses = options.uses.names;
  const planned = group.map(({ point }) => planPoint(provider, point, probedProcess(options)));
  const first = planned[0]!.name;
  const hasOneName = planned.every(({ name }) => name === first);
  const usesNumber = !hasOneName && (uses.has('probe') || (uses.has('func') && target.have('attach-cookie')));
  const { points, probeName } = usesNumber ? nameFromList(planned, names) : nameByFirst(planned);
  const number: ContextAccess = hasOneName ? { kind: 'constant', value: names.indexOf(first) } : { kind: 'cookie' };
  const { instructionPointer } = registerLayout(target.architecture);
  // On return the program counter is the caller's.
  const place: ContextAccess = isReturn ? { kind: 'functionAddress' } : registerWord(target, instructionPointer);
  // Detaching one link of many points takes a third of the time, even for a single one.
  const mayShare = options.config.hookChoice === 'cheapest' && target.have('uprobe-multi');
  const multi = mayShare ? { expectedAttachType: AttachType.TraceUprobeMulti } : {};
  const { about } = group[0]!;
  return {
    provider,
    phase: 'run',
    programType: ProgramType.Kprobe,
    ...multi,
    points,
    pointCount: points.length,
    context: {
      space: 'user',
      probeName,
      probeType: provider,
      args: about.args,
      ...registerContext(target, 'pt_regs'),
      ...(isReturn
        ? { returnValue: about.returnValue ?? functionReturnValue(target) }
        : { argument: functionArgument(target) }),
      func: isInside(group[0]!.point)
        ? functionAround(group[0]!.point, place, options)
        : {
            kind: 'usym',
            access: place,
            ...(functions !== undefined && (usesNumber || hasOneName) ? { names: { number, all: functions } } : {}),
          },
      kernelStack: true,
      userStack: true,
      ...(group.length === 1 ? { image: imageAround(group[0]!.point, place) } : {}),
    },
    filterByPid: false,
  };
}

/** The probe is somewhere behind the function's start. */
function functionAround(
  point: FoundPoint,
  place: ContextAccess,
  { config }: ResolveOptions,
): NonNullable<ProbeContext['func']> {
  const name = functionOf(point, config.cppDemangle);
  if (name === undefined) return { kind: 'usym', access: place };
  const start = point.binary.resolveFunction(point.functionName!, 0n);
  const distance = 'error' in start ? 0n : point.fileOffset - start.fileOffset;
  const isNear = distance > 0n && distance < 2n ** 31n;
  return {
    kind: 'usym',
    access: isNear ? { kind: 'sum', base: place, by: -Number(distance) } : place,
    names: { number: { kind: 'constant', value: 0 }, all: [name] },
  };
}

function imageAround({ binary, address }: FoundPoint, place: ContextAccess): ProbedImage {
  return { path: binary.path, place, placeAddress: address, symbol: (name) => binary.resolveSymbol?.(name) };
}

function nameOf(provider: UserFunctionProvider, { shown }: FoundPoint): string {
  return `${provider}:${shown}`;
}

function planPoint(provider: UserFunctionProvider, point: FoundPoint, pid: number | undefined): PlannedPoint {
  const { binary, fileOffset } = point;
  return {
    hook: {
      kind: 'uprobe',
      return: provider === 'uretprobe',
      path: binary.path,
      fileOffset,
      ...(pid === undefined ? {} : { pid }),
    },
    name: nameOf(provider, point),
  };
}

/** The functions that points of these names are at; undefined: not known of all. */
function functionNames(
  names: readonly string[],
  provider: UserFunctionProvider,
  found: readonly FoundPoint[],
  { config, uses }: ResolveOptions,
): readonly string[] | undefined {
  if (!uses.names.has('func')) return undefined;
  const known = new Map(found.map((point) => [nameOf(provider, point), functionOf(point, config.cppDemangle)]));
  const all = names.map((name) => known.get(name));
  return all.every((name) => name !== undefined) ? all : undefined;
}

function functionOf({ binary, functionName }: FoundPoint, demangles: boolean): string | undefined {
  if (functionName === undefined || !demangles) return functionName;
  return binary.sourceName?.(functionName) ?? functionName;
}
