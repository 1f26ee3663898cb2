/** kprobe and kretprobe: entry and return of kernel functions. */
import { AttachType, ProgramType, registerLayout } from '../../../abi/index.ts';
import type { KprobeHook, PlannedPoint } from '../../../spec/index.ts';
import type { ContextAccess, ProbeVariant } from '../../checked/index.ts';
import { nearest, type Diagnostic } from '../../diagnostic/index.ts';
import { readOutsideInteger, type AttachComponent, type AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { functionArgument, functionReturnValue, registerContext, registerWord } from '../access.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { exceedsProbes } from '../limits.ts';
import { didYouMean, missing, noMatches, NO_ARGS, pointError, pointWarning, refused, wrongCount } from '../messages.ts';
import { nameByCookie, nameByFirst, shareProgram } from '../names.ts';
import { maySubstitute, type Provider, type Resolution, type ResolveOptions } from '../provider.ts';
import { throughFentry } from './cheapest.ts';
import { isCompilerPart, isLoaded, moduleMissing, systemCallHint, warnIfDangerous } from './functions.ts';
import { listFunctions } from './list.ts';
import { nearestTracepoint } from './relatives.ts';

function kernelFunctionProbe(name: 'kprobe' | 'kretprobe', alias: string): Provider {
  return {
    name,
    aliases: [name, alias],
    resolve: (point, target, options) => new Resolver(name, point, target, options).resolve(),
    list: (components, target, options) => listFunctions(name, components, target, options),
  };
}

export const kprobe = kernelFunctionProbe('kprobe', 'k');
export const kretprobe = kernelFunctionProbe('kretprobe', 'kr');

/** What a point was found to be, before it is made a hook. */
interface Place {
  readonly function: string;
  readonly module?: string;
}

class Resolver {
  readonly #provider: 'kprobe' | 'kretprobe';
  readonly #point: AttachPointText;
  readonly #target: Target;
  readonly #options: ResolveOptions;

  constructor(provider: 'kprobe' | 'kretprobe', point: AttachPointText, target: Target, options: ResolveOptions) {
    this.#provider = provider;
    this.#point = point;
    this.#target = target;
    this.#options = options;
  }

  get #isReturn(): boolean {
    return this.#provider === 'kretprobe';
  }

  resolve(): Resolution {
    const [, ...parts] = this.#point.components;
    const place = parts.at(-1);
    if (place === undefined || place.text === '' || parts.length > 2)
      return wrongCount(this.#point, this.#provider, '1 to 2', `${this.#provider}:vfs_read`);
    const module = parts.length === 2 ? parts[0] : undefined;
    if (!this.#target.have('kprobe')) return this.#kprobesMissing(place.text);
    if (module !== undefined && !isPattern(module) && !isLoaded(module.text, this.#target))
      return moduleMissing(module.text, this.#point, this.#target, this.#options);
    if (/^\d/.test(place.text)) return this.#resolveAddress(place.text);
    const offset = /^(.+)\+(\w+)$/.exec(place.text);
    if (offset !== null && !isPattern(place)) return this.#resolveOffset(offset[1]!, offset[2]!, module);
    if (isPattern(place) || (module !== undefined && isPattern(module))) return this.#resolvePattern(place, module);
    return this.#resolveOne(place.text, 0, module);
  }

  #kprobesMissing(place: string): Resolution {
    const name = place.replace(/\+\w*$/, '');
    const near = /[*[]/.test(name) ? undefined : nearestTracepoint(name, this.#target, this.#isReturn);
    return missing(this.#point, this.#options, {
      code: 'no-kprobes',
      message: `This kernel can't run ${this.#provider}s: it was built without CONFIG_KPROBES or CONFIG_KPROBE_EVENTS.`,
      hints: near === undefined ? [] : [`The nearest tracepoint is ${near}.`],
    });
  }

  #resolveAddress(text: string): Resolution {
    const address = readOutsideInteger(text);
    if (address === undefined) return refused(pointError(this.#point, 'attach-point', `'${text}' is not an address`));
    if (this.#isReturn)
      return refused(
        pointError(this.#point, 'attach-point', 'A kretprobe can only be attached to a function, not to an address'),
      );
    if (!this.#options.unsafe) {
      return refused(
        pointError(this.#point, 'unsafe', 'A kprobe at an address may be in the middle of an instruction', [
          'Use --unsafe to attach it anyway.',
        ]),
      );
    }
    return this.#finish([this.#pointAt({ address }, `kprobe:${address}`)], true);
  }

  #resolveOffset(name: string, text: string, module: AttachComponent | undefined): Resolution {
    if (this.#isReturn) return refused(pointError(this.#point, 'attach-point', 'Offset is not allowed in a kretprobe'));
    const offset = readOutsideInteger(text);
    if (offset === undefined || offset < 0n || offset > 0xffffffn)
      return refused(pointError(this.#point, 'attach-point', `Invalid offset '${text}'`));
    const size = this.#options.unsafe ? undefined : this.#target.kernelFunctionSize?.(name);
    if (size !== undefined && offset >= size) {
      const message = `Offset outside the function bounds ('${name}' size is ${size})`;
      return missing(this.#point, this.#options, { code: 'attach-point', message });
    }
    return this.#resolveOne(name, Number(offset), module);
  }

  #resolveOne(name: string, offset: number, module: AttachComponent | undefined): Resolution {
    const known = this.#isTraceable(name);
    if (!known && this.#target.kernelSymbol(name) === undefined) return this.#noMatch(name, module);
    const place: Place = module === undefined ? { function: name } : { function: name, module: module.text };
    const pointName = nameOf(this.#provider, place, offset);
    const diagnostics = [...(known ? [] : [this.#untraceable(name)]), ...warnIfDangerous(this.#point, [name])];
    const typed =
      offset === 0 && maySubstitute(this.#options, 'hooks')
        ? throughFentry({ provider: this.#provider, ...place, name: pointName }, this.#target, this.#options)
        : undefined;
    if (typed !== undefined) return { variants: [typed], diagnostics };
    const points = [this.#pointAt({ ...place, ...(offset === 0 ? {} : { offset }) }, pointName)];
    return this.#finish(points, offset !== 0, diagnostics);
  }

  /** BTF answers in a millisecond or two, the list of all functions in a hundred. */
  #isTraceable(name: string): boolean {
    return (
      (this.#target.hasOwnFunctions !== true && this.#target.btf?.find(name, 'func') !== undefined) ||
      this.#target.kernelFunctions().functions.some((each) => each.name === name)
    );
  }

  #untraceable(name: string): Diagnostic {
    return pointWarning(
      this.#point,
      'untraceable',
      `${name} is not traceable (it is inlined, or marked notrace): attaching to it will likely fail`,
    );
  }

  #noMatch(name: string, module: AttachComponent | undefined): Resolution {
    const { functions } = this.#target.kernelFunctions();
    const close = nearest(
      name,
      functions.map((each) => each.name),
    );
    const what = `${this.#provider} ${module === undefined ? '' : `${module.text}:`}${name}`;
    return noMatches(this.#point, this.#options, what, [
      systemCallHint(name, this.#provider === 'kretprobe', functions) ??
        didYouMean(close === undefined ? undefined : `${this.#provider}:${close}`),
    ]);
  }

  #resolvePattern(place: AttachComponent, module: AttachComponent | undefined): Resolution {
    const matches = matchFunctions(place, module, this.#target);
    const what = `${this.#provider} ${module === undefined ? '' : `${module.text}:`}${place.text}`;
    if (matches.length === 0) return noMatches(this.#point, this.#options, what);
    const tooMany =
      this.#options.probeFilter === undefined ? exceedsProbes(matches.length, this.#options.config, what) : undefined;
    if (tooMany !== undefined) return refused(tooMany);
    const places = matches.map(({ name, module: owner }): Place =>
      module === undefined ? { function: name } : { function: name, module: owner ?? 'vmlinux' },
    );
    return this.#finish(
      places.map((each) => this.#pointAt(each, nameOf(this.#provider, each, 0))),
      false,
      warnIfDangerous(
        this.#point,
        matches.map((each) => each.name),
      ),
    );
  }

  #pointAt(place: Pick<KprobeHook, 'function' | 'module' | 'offset' | 'address'>, name: string): PlannedPoint {
    return { hook: { kind: 'kprobe', return: this.#isReturn, ...place }, name };
  }

  #finish(points: readonly PlannedPoint[], inside: boolean, diagnostics: readonly Diagnostic[] = []): Resolution {
    const usesName = this.#options.uses.names.has('probe');
    const groups = shareProgram(points, usesName, () => this.#target.have('attach-cookie'));
    return { variants: groups.map((group) => this.#variant(group, inside, usesName)), diagnostics };
  }

  #variant(group: readonly PlannedPoint[], inside: boolean, usesName: boolean): ProbeVariant {
    const { points, probeName } = usesName ? nameByCookie(group) : nameByFirst(group);
    // A module's functions are named with it, which a multi link can't.
    const multi =
      points.length > 1 &&
      maySubstitute(this.#options, 'multi-links') &&
      this.#target.have('kprobe-multi') &&
      points.every(({ hook }) => hook.kind === 'kprobe' && hook.module === undefined);
    const func = this.#options.uses.names.has('func') ? this.#functionAddress(inside) : undefined;
    return {
      provider: this.#provider,
      phase: 'run',
      programType: ProgramType.Kprobe,
      ...(multi ? { expectedAttachType: AttachType.TraceKprobeMulti } : {}),
      points,
      pointCount: points.length,
      context: {
        space: 'kernel',
        probeName,
        probeType: this.#provider,
        args: { error: NO_ARGS },
        ...registerContext(this.#target, 'pt_regs'),
        ...(this.#isReturn
          ? { returnValue: functionReturnValue(this.#target) }
          : { argument: functionArgument(this.#target) }),
        ...(func === undefined ? {} : { func: { kind: 'ksym', access: func } }),
        kernelStack: true,
        userStack: true,
      },
      filterByPid: this.#options.pid !== undefined,
    };
  }

  /** The helper came with cookies, in 5.15. Before, an entry has its address in a register; it fits inside of functions too. */
  #functionAddress(inside: boolean): ContextAccess | undefined {
    if (!inside && this.#target.have('attach-cookie')) return { kind: 'functionAddress' };
    return this.#isReturn
      ? undefined
      : registerWord(this.#target, registerLayout(this.#target.architecture).instructionPointer);
  }
}

function nameOf(provider: string, place: Place, offset: number): string {
  const module = place.module === undefined ? '' : `${place.module}:`;
  return `${provider}:${module}${place.function}${offset === 0 ? '' : `+${offset}`}`;
}

/** P-33: parts that the compiler split off are no functions of their own; a name that several functions share can't be attached to. */
function matchFunctions(
  place: AttachComponent,
  module: AttachComponent | undefined,
  target: Target,
): readonly { readonly name: string; readonly module?: string }[] {
  const isName = matcherOf(place);
  const isModule = module === undefined ? () => true : matcherOf(module);
  const found = new Map<string, { readonly name: string; readonly module?: string }>();
  const shared = new Set<string>();
  for (const each of target.kernelFunctions().functions) {
    if (!isName(each.name) || isCompilerPart(each.name) || !isModule(each.module ?? 'vmlinux')) continue;
    const key = module === undefined ? each.name : `${each.module ?? ''}:${each.name}`;
    if (found.has(key)) shared.add(key);
    else found.set(key, each);
  }
  for (const key of shared) found.delete(key);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
