/** Programs for places of user functions. */
import type { PlannedPoint } from '../../../spec/index.ts';
import type { ContextAccess, ProbeContext, ProbeVariant } from '../../checked/index.ts';
import type { Target } from '../../target.ts';
import { functionArgument, functionReturnValue } from '../access.ts';
import { nameByFirst, nameFromList, shareProgram } from '../names.ts';
import type { ResolveOptions } from '../provider.ts';
import { distanceInto, imageAround, knownFunction, placeOfProbe, userProgram } from '../user-program.ts';
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
  const haveCookies = (): boolean => target.have('attach-cookie');
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
  const named = usesNumber ? nameFromList(planned, names) : nameByFirst(planned);
  const number: ContextAccess = hasOneName ? { kind: 'constant', value: names.indexOf(first) } : { kind: 'cookie' };
  const place: ContextAccess = isReturn ? { kind: 'functionAddress' } : placeOfProbe(target);
  const [{ point: firstPoint, about }] = group as readonly [(typeof group)[number]];
  return userProgram(
    provider,
    named,
    {
      args: about.args,
      ...(isReturn
        ? { returnValue: about.returnValue ?? functionReturnValue(target) }
        : { argument: functionArgument(target) }),
      func: isInside(firstPoint)
        ? functionAround(firstPoint, place, options)
        : {
            kind: 'usym',
            access: place,
            ...(functions !== undefined && (usesNumber || hasOneName) ? { names: { number, all: functions } } : {}),
          },
      ...(group.length === 1 ? { image: imageAround(firstPoint.binary, firstPoint.address, place) } : {}),
    },
    target,
    options,
  );
}

/** The probe is somewhere behind the function's start. */
function functionAround(
  point: FoundPoint,
  place: ContextAccess,
  { config }: ResolveOptions,
): NonNullable<ProbeContext['func']> {
  const name = functionOf(point, config.cppDemangle);
  if (name === undefined) return { kind: 'usym', access: place };
  const distance = distanceInto(point.binary, point.functionName!, point.fileOffset, 2n ** 31n);
  return knownFunction(name, place, distance);
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
