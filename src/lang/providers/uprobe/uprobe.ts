/** uprobe and uretprobe: entry and return of functions in executables and libraries. */
import { nearest, type Diagnostic } from '../../diagnostic/index.ts';
import { readOutsideInteger, type AttachComponent, type AttachPointText } from '../../syntax/index.ts';
import type { UserBinary, UserPlace } from '../../../spec/index.ts';
import type { Target } from '../../target.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { didYouMean, missing, noMatches, pointError, pointWarning, refused, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { findUserFiles, probedProcess } from '../user-target.ts';
import { listUserFunctions } from './list.ts';
import { shownPath, type FoundPoint } from './point.ts';
import { makeVariants } from './variant.ts';
import { readWanted, type SourceLine } from './wanted.ts';

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
    const wanted = readWanted(this.#point.components.slice(1), this.#pid !== undefined);
    if (wanted === undefined)
      return wrongCount(this.#point, this.#provider, '2', `${this.#provider}:/bin/bash:readline`);
    const files = findUserFiles('uprobe', wanted.path, this.#target, this.#options);
    if (files === undefined)
      return this.#refuse(
        'attach-point',
        `${this.#provider} needs the path of an executable or a library, unless -p names a process`,
      );
    if (!this.#target.have('uprobe'))
      return missing(this.#point, this.#options, {
        code: 'no-uprobes',
        message: `This kernel can't run ${this.#provider}s: it was built without CONFIG_UPROBES or CONFIG_UPROBE_EVENTS.`,
      });
    const { binaries } = files;
    if ('error' in binaries)
      return missing(this.#point, this.#options, { code: 'target-file', message: binaries.error });
    if (binaries.length === 0) return noMatches(this.#point, this.#options, `${this.#provider} ${files.wanted}`);
    if (wanted.kind === 'line') return this.#resolveLine(binaries, wanted);
    return wanted.kind === 'cpp' ? this.#resolveCpp(binaries, wanted.name) : this.#resolvePlace(binaries, wanted.place);
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
    const points: FoundPoint[] = [];
    for (const binary of binaries) {
      const placed = this.#placeAddress(binary, address, text);
      if ('error' in placed) return this.#cannotPlace(placed.error);
      points.push(this.#pointAt(binary, placed, String(address), placed.name));
    }
    return this.#finish(points);
  }

  #cannotPlace(error: string): Resolution {
    return missing(this.#point, this.#options, { code: 'no-match', message: error });
  }

  /** With several files (a wildcard in the path) those count that have the function. */
  #resolveFunction(binaries: readonly UserBinary[], name: string, offset: bigint): Resolution {
    const points: FoundPoint[] = [];
    let failure: string | undefined;
    let isIndirect = false;
    for (const binary of binaries) {
      const placed = this.#place(binary, name, offset);
      if ('error' in placed) {
        failure ??= placed.error;
        continue;
      }
      isIndirect ||= placed.isIndirect;
      points.push(this.#pointAt(binary, placed, offset === 0n ? name : `${name}+${offset}`, name));
    }
    if (points.length > 0) return this.#finish(points, isIndirect ? [this.#warnOfIndirect(name)] : []);
    // Older scripts name C++ functions as their source does, without saying so.
    const byDemangledName = offset === 0n ? this.#resolveDemangled(binaries, name) : [];
    if (byDemangledName.length > 0) return this.#finish(byDemangledName);
    const first = binaries[0]!;
    const isKnown = binaries.some((binary) => !('error' in binary.resolveFunction(name, 0n)));
    if (isKnown) return this.#cannotPlace(failure!);
    if (binaries.some((binary) => binary.isInlined?.(name)))
      return this.#noMatches(
        binaries,
        name,
        `The compiler put ${name}() into its callers: it has no code of its own. Lines of it can be probed: uprobe:${shownPath(first)}@SOURCE.c:LINE.`,
      );
    const close = nearest(name, first.functions());
    const hint = didYouMean(close === undefined ? undefined : `${this.#provider}:${shownPath(first)}:${close}`);
    return this.#noMatches(binaries, name, hint);
  }

  #noMatches(binaries: readonly UserBinary[], name: string, hint?: string): Resolution {
    const first = binaries[0]!;
    const damage = binaries.map((binary) => binary.damage?.()).find((each) => each !== undefined);
    const isStripped = damage === undefined && binaries.every((binary) => binary.functions().length === 0);
    return noMatches(this.#point, this.#options, `${this.#provider} ${shownPath(first)}:${name}`, [
      hint,
      damage === undefined ? undefined : `Names may be missing: ${damage}.`,
      isStripped
        ? 'The file has no names of functions: it is stripped. Its debug symbols may be had apart (--debuginfo); an address needs none (--unsafe).'
        : undefined,
    ]);
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

  #placeAddress(
    binary: UserBinary,
    address: bigint,
    text: string,
  ): (Placed & { readonly name?: string | undefined }) | { readonly error: string } {
    const found = binary.resolveAddress(address);
    if ('error' in found || this.#options.unsafe) return found;
    if (found.name === undefined) {
      const isStripped = binary.functions().length === 0;
      return {
        error: isStripped
          ? `Where the functions of ${binary.path} are is not known: it is stripped. Use --unsafe to attach to ${text} anyway.`
          : `${text} is not inside a function of ${binary.path}`,
      };
    }
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
    const points = binaries.flatMap((binary) => this.#pointsOf(binary, binary.functions().filter(matches)));
    if (points.length === 0) return this.#noMatches(binaries, place.text);
    return this.#finish(points);
  }

  /** All overloads: functions whose source name fits, in full or without the parameters. */
  #resolveCpp(binaries: readonly UserBinary[], name: AttachComponent): Resolution {
    const points = binaries.flatMap((binary) => this.#pointsOf(binary, sourceNames(binary, name)));
    if (points.length > 0) return this.#finish(points);
    return this.#noMatches(binaries, `cpp:${name.text}`);
  }

  #resolveLine(binaries: readonly UserBinary[], place: SourceLine): Resolution {
    if (this.#isReturn)
      return this.#refuse('attach-point', 'A uretprobe can only be attached to a function, not to a line');
    const points: FoundPoint[] = [];
    let failure: string | undefined;
    const column = place.column === undefined ? '' : `:${place.column}`;
    for (const binary of binaries) {
      const found = binary.linePlaces?.(place) ?? { error: `${shownPath(binary)} has no debug information` };
      if ('error' in found) {
        failure ??= found.error;
        continue;
      }
      const shown = `${shownPath(binary)}@${place.file}:${place.line}${column}`;
      for (const { fileOffset, address, name: functionName, isEntry, startsInstruction } of found)
        if (startsInstruction !== false || this.#options.unsafe)
          points.push({ binary, fileOffset, address, shown, functionName, isEntry });
    }
    return points.length > 0
      ? this.#finish(points)
      : this.#cannotPlace(`${this.#point.text}: ${failure ?? 'no instruction begins there'}`);
  }

  #resolveDemangled(binaries: readonly UserBinary[], name: string): FoundPoint[] {
    return binaries.flatMap((binary) => this.#pointsOf(binary, binary.functionsByDemangledName?.(name) ?? []));
  }

  /** Aliases of one function would count its calls twice. */
  #pointsOf(binary: UserBinary, names: readonly string[]): FoundPoint[] {
    const seen = new Set<bigint>();
    return names.flatMap((name) => {
      const placed = this.#place(binary, name, 0n);
      if ('error' in placed || seen.has(placed.fileOffset)) return [];
      seen.add(placed.fileOffset);
      return [this.#pointAt(binary, placed, name, name)];
    });
  }

  #pointAt(binary: UserBinary, place: UserPlace, name: string, functionName?: string): FoundPoint {
    const { fileOffset, address } = place;
    const isEntry = functionName !== undefined && name === functionName;
    return { binary, fileOffset, address, shown: `${shownPath(binary)}:${name}`, functionName, isEntry };
  }

  #finish(points: readonly FoundPoint[], diagnostics: readonly Diagnostic[] = []): Resolution {
    const ofGo = this.#isReturn ? points.find(({ binary }) => binary.isGo === true) : undefined;
    const warnings = ofGo === undefined ? [] : [this.#warnOfGo(ofGo)];
    const variants = makeVariants(this.#provider, points, this.#target, this.#options);
    return { variants, diagnostics: [...diagnostics, ...warnings] };
  }

  #warnOfGo({ binary }: FoundPoint): Diagnostic {
    return pointWarning(
      this.#point,
      'go-return',
      `${shownPath(binary)} is written in Go, whose stacks move: a probe on a function's return can make the program crash`,
      ["Probe the function's entry, or its last instructions (uprobe:FILE:FUNCTION+OFFSET)."],
    );
  }
}

function sourceNames(binary: UserBinary, name: AttachComponent): readonly string[] {
  return isPattern(name)
    ? (binary.functionsByDemangledPattern?.(matcherOf(name)) ?? [])
    : (binary.functionsByDemangledName?.(name.text) ?? []);
}
