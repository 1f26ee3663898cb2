/** uprobe and uretprobe: entry and return of functions in executables and libraries. */
import { AttachType, ProgramType, registerLayout } from '../../../abi/index.ts';
import type { PlannedPoint } from '../../../spec/index.ts';
import type { ContextAccess, ProbeContext, ProbedImage, ProbeVariant } from '../../checked/index.ts';
import { nearest, type Diagnostic } from '../../diagnostic/index.ts';
import { readOutsideInteger, type AttachComponent, type AttachPointText } from '../../syntax/index.ts';
import type { Target, UserBinary, UserPlace } from '../../target.ts';
import { functionArgument, functionReturnValue, registerContext, registerWord } from '../access.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { didYouMean, missing, noMatches, pointError, pointWarning, refused, wrongCount } from '../messages.ts';
import { nameByCookie, nameByFirst, shareProgram } from '../names.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { findUserFiles, probedProcess } from '../user-target.ts';
import { listUserFunctions } from './list.ts';

function userFunctionProbe(name: 'uprobe' | 'uretprobe', alias: string): Provider {
  return {
    name,
    aliases: [name, alias],
    resolve: (point, target, options) => new Resolver(name, point, target, options).resolve(),
    list: (components, target, options) => listUserFunctions(name, components, target, options),
  };
}

export const uprobe = userFunctionProbe('uprobe', 'u');
export const uretprobe = userFunctionProbe('uretprobe', 'ur');

/** Where a point is, or a sentence that says why it can't be there. */
type Placed = UserPlace | { readonly error: string };

class Resolver {
  readonly #provider: 'uprobe' | 'uretprobe';
  readonly #point: AttachPointText;
  readonly #target: Target;
  readonly #options: ResolveOptions;
  readonly #pid: number | undefined;
  readonly #places = new Map<PlannedPoint, { readonly binary: UserBinary; readonly address: bigint }>();

  constructor(provider: 'uprobe' | 'uretprobe', point: AttachPointText, target: Target, options: ResolveOptions) {
    this.#provider = provider;
    this.#point = point;
    this.#target = target;
    this.#options = options;
    this.#pid = probedProcess(options);
  }

  get #isReturn(): boolean {
    return this.#provider === 'uretprobe';
  }

  resolve(): Resolution {
    const [, ...parts] = this.#point.components;
    if (parts.length === 3 && parts[1]!.text === 'cpp')
      return this.#refuse('not-supported', 'Demangled names (cpp:) are not supported in this version of Sonde', [
        'Write the mangled name, as `nm` shows it.',
      ]);
    const [path, place] = parts.length === 1 && this.#pid !== undefined ? [undefined, parts[0]!] : parts;
    if (place === undefined || place.text === '' || parts.length > 2)
      return wrongCount(this.#point, this.#provider, '2', `${this.#provider}:/bin/bash:readline`);
    const files = findUserFiles('uprobe', path, this.#target, this.#options);
    if (files === undefined)
      return this.#refuse(
        'attach-point',
        `${this.#provider} needs the path of an executable or a library, unless -p names a process`,
      );
    if (/@[^/]*$/.test(path?.text ?? '')) {
      return this.#refuse(
        'not-supported',
        'Places by source file and line need debug information, which this version of Sonde does not read yet',
      );
    }
    if (!this.#target.have('uprobe'))
      return missing(this.#point, this.#options, {
        code: 'no-uprobes',
        message: `This kernel can't run ${this.#provider}s: it was built without CONFIG_UPROBES or CONFIG_UPROBE_EVENTS.`,
      });
    const { wanted, binaries } = files;
    if ('error' in binaries)
      return missing(this.#point, this.#options, { code: 'target-file', message: binaries.error });
    if (binaries.length === 0)
      return noMatches(this.#point, this.#options, `${this.#provider} ${wanted}:${place.text}`);
    return this.#resolvePlace(binaries, place);
  }

  #refuse(code: string, message: string, hints: readonly string[] = []): Resolution {
    return refused(pointError(this.#point, code, message, hints));
  }

  #resolvePlace(binaries: readonly UserBinary[], place: AttachComponent): Resolution {
    if (/^0[xX][0-9a-fA-F]/.test(place.text) || /^\d+$/.test(place.text))
      return this.#resolveAddress(binaries, place.text);
    if (isPattern(place)) return this.#resolvePattern(binaries, place);
    const written = /^(.+)\+(\w+)$/.exec(place.text);
    if (written === null) return this.#resolveFunction(binaries, place.text, 0n);
    if (this.#isReturn) return this.#refuse('attach-point', 'Offset is not allowed in a uretprobe');
    const offset = readOutsideInteger(written[2]!);
    if (offset === undefined || offset < 0n) return this.#refuse('attach-point', `Invalid offset '${written[2]}'`);
    return this.#resolveFunction(binaries, written[1]!, offset);
  }

  #resolveAddress(binaries: readonly UserBinary[], text: string): Resolution {
    const address = readOutsideInteger(text);
    if (address === undefined) return this.#refuse('attach-point', `'${text}' is not an address`);
    if (this.#isReturn)
      return this.#refuse('attach-point', 'A uretprobe can only be attached to a function, not to an address');
    const points: PlannedPoint[] = [];
    for (const binary of binaries) {
      const placed = this.#placeAddress(binary, address, text);
      if ('error' in placed) return this.#cannotPlace(placed.error);
      points.push(this.#pointAt(binary, placed, String(address)));
    }
    return this.#finish(points);
  }

  #cannotPlace(error: string): Resolution {
    return missing(this.#point, this.#options, { code: 'no-match', message: error });
  }

  /** With several files (a wildcard in the path) those count that have the function. */
  #resolveFunction(binaries: readonly UserBinary[], name: string, offset: bigint): Resolution {
    const points: PlannedPoint[] = [];
    let failure: string | undefined;
    let isIndirect = false;
    for (const binary of binaries) {
      const placed = this.#place(binary, name, offset);
      if ('error' in placed) {
        failure ??= placed.error;
        continue;
      }
      isIndirect ||= placed.isIndirect;
      points.push(this.#pointAt(binary, placed, offset === 0n ? name : `${name}+${offset}`));
    }
    if (points.length > 0) return this.#finish(points, isIndirect ? [this.#warnOfIndirect(name)] : []);
    const first = binaries[0]!;
    const isKnown = binaries.some((binary) => !('error' in binary.resolveFunction(name, 0n)));
    if (isKnown) return this.#cannotPlace(failure!);
    const close = nearest(name, first.functions());
    const hint = didYouMean(close === undefined ? undefined : `${this.#provider}:${first.path}:${close}`);
    return noMatches(this.#point, this.#options, `${this.#provider} ${first.path}:${name}`, [hint]);
  }

  #place(binary: UserBinary, name: string, offset: bigint): Placed {
    if (this.#options.unsafe) return binary.resolveFunction(name, offset);
    const start = binary.resolveFunction(name, 0n);
    if ('error' in start) return start;
    if (start.size === 0n)
      return {
        error: `Could not determine the bounds of '${name}': its symbol has no size. Use --unsafe to attach anyway.`,
      };
    if (offset >= start.size) return { error: `Offset outside the function bounds ('${name}' size is ${start.size})` };
    if (offset === 0n) return start;
    const found = binary.resolveFunction(name, offset);
    return 'error' in found ? found : this.#checkInstruction(found, `${binary.path}:${name}+${offset}`);
  }

  #placeAddress(binary: UserBinary, address: bigint, text: string): Placed {
    const found = binary.resolveAddress(address);
    if ('error' in found || this.#options.unsafe) return found;
    if (found.name === undefined) return { error: `${text} is not inside a function of ${binary.path}` };
    return this.#checkInstruction(found, `${binary.path}:${text}`);
  }

  /** The traced program would run what is left of an instruction behind the breakpoint in it. */
  #checkInstruction(place: UserPlace, shown: string): Placed {
    if (place.startsInstruction === true) return place;
    return {
      error:
        place.startsInstruction === false
          ? `Could not add ${this.#provider} into the middle of an instruction: ${shown}`
          : `Could not tell whether an instruction begins at ${shown}. Use --unsafe to attach anyway.`,
    };
  }

  #warnOfIndirect(name: string): Diagnostic {
    return pointWarning(
      this.#point,
      'indirect-function',
      `'${name}' only chooses, once in each program, the function that all calls go to: the calls themselves are not seen`,
    );
  }

  #resolvePattern(binaries: readonly UserBinary[], place: AttachComponent): Resolution {
    const matches = matcherOf(place);
    const points: PlannedPoint[] = [];
    for (const binary of binaries) {
      const seen = new Set<bigint>();
      for (const name of binary.functions().filter(matches)) {
        const placed = this.#place(binary, name, 0n);
        // Aliases of one function would count its calls twice.
        if ('error' in placed || seen.has(placed.fileOffset)) continue;
        seen.add(placed.fileOffset);
        points.push(this.#pointAt(binary, placed, name));
      }
    }
    if (points.length === 0)
      return noMatches(this.#point, this.#options, `${this.#provider} ${binaries[0]!.path}:${place.text}`);
    return this.#finish(points);
  }

  #pointAt(binary: UserBinary, { fileOffset, address }: UserPlace, place: string): PlannedPoint {
    const pid = this.#pid === undefined ? {} : { pid: this.#pid };
    const point: PlannedPoint = {
      hook: { kind: 'uprobe', return: this.#isReturn, path: binary.path, fileOffset, ...pid },
      name: `${this.#provider}:${binary.path}:${place}`,
    };
    this.#places.set(point, { binary, address });
    return point;
  }

  #finish(points: readonly PlannedPoint[], diagnostics: readonly Diagnostic[] = []): Resolution {
    const usesName = this.#options.uses.names.has('probe');
    // Where a process has mapped a file follows from where the probe is: each place has a program of its own.
    const groups = this.#options.uses.names.has('uaddr')
      ? points.map((point) => [point])
      : shareProgram(points, usesName, this.#target.have('attach-cookie'));
    return { variants: groups.map((group) => this.#variant(group, usesName)), diagnostics };
  }

  #variant(group: readonly PlannedPoint[], usesName: boolean): ProbeVariant {
    const usesNumber = usesName || (this.#options.uses.names.has('func') && this.#target.have('attach-cookie'));
    const { points, probeName } = usesNumber ? nameByCookie(group) : nameByFirst(group);
    const { instructionPointer } = registerLayout(this.#target.architecture);
    // On return the program counter is the caller's.
    const place: ContextAccess = this.#isReturn
      ? { kind: 'functionAddress' }
      : registerWord(this.#target, instructionPointer);
    // Detaching one link of many points takes a third of the time, even for a single one.
    const mayShare = this.#options.config.hookChoice === 'cheapest' && this.#target.have('uprobe-multi');
    const multi = mayShare ? { expectedAttachType: AttachType.TraceUprobeMulti } : {};
    return {
      provider: this.#provider,
      phase: 'run',
      programType: ProgramType.Kprobe,
      ...multi,
      points,
      pointCount: points.length,
      context: {
        space: 'user',
        probeName,
        probeType: this.#provider,
        args: {
          error:
            'The types of arguments need debug information, which this version of Sonde does not read yet: use arg0, arg1, …',
        },
        ...registerContext(this.#target, 'pt_regs'),
        ...(this.#isReturn
          ? { returnValue: functionReturnValue(this.#target) }
          : { argument: functionArgument(this.#target) }),
        func: {
          kind: 'usym',
          access: place,
          ...(usesNumber || group.length === 1 ? { names: functionNames(points) } : {}),
        },
        kernelStack: true,
        userStack: true,
        ...(group.length === 1 ? { image: this.#imageAround(group[0]!, place) } : {}),
      },
      filterByPid: false,
    };
  }

  #imageAround(point: PlannedPoint, place: ContextAccess): ProbedImage {
    const { binary, address } = this.#places.get(point)!;
    return { path: binary.path, place, placeAddress: address, symbol: (name) => binary.resolveSymbol?.(name) };
  }
}

/** Undefined where some point has no name that people read: an address, or a mangled name. */
function functionNames(points: readonly PlannedPoint[]): (ProbeContext['func'] & { kind: 'usym' })['names'] {
  const all = points.map(({ name }) => /:([A-Za-z_.$][\w.$@]*)(?:\+\d+)?$/.exec(name)?.[1] ?? '');
  if (all.some((name) => name === '' || /^_[ZR]/.test(name))) return undefined;
  return { number: points.length === 1 ? { kind: 'constant', value: 0 } : { kind: 'cookie' }, all };
}
