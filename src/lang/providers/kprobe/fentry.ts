/** fentry and fexit: entry and exit of kernel functions and of BPF programs, with the types that BTF gives them. */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { Btf, PrototypeType } from '../../../btf/index.ts';
import type { AttachTo } from '../../../spec/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachComponent, AttachPointText } from '../../syntax/index.ts';
import type { LoadedProgram, Target } from '../../target.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { exceedsProbes } from '../limits.ts';
import { didYouMean, missing, noMatches, pointError, pointWarning, refused, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { isLoaded, moduleMissing, systemCallHint, warnIfDangerous } from './functions.ts';
import { listTypedFunctions } from './list.ts';
import { typedPlaces } from './places.ts';
import { prototypeOf, typedFunction, type TypedFunction } from './prototype.ts';
import { nearestTracepoint } from './relatives.ts';

export type TypedProvider = 'fentry' | 'fexit';

function typedFunctionProbe(name: TypedProvider, aliases: readonly string[]): Provider {
  return {
    name,
    aliases: [name, ...aliases],
    resolve: (point, target, options) => new Resolver(name, point, target, options).resolve(),
    list: (components, target, options) => listTypedFunctions(name, components, target, options),
  };
}

export const fentry = typedFunctionProbe('fentry', ['f', 'kfunc']);
export const fexit = typedFunctionProbe('fexit', ['fr', 'kretfunc']);

/** What a program is bound to, before it is known whether the kernel can. */
interface Candidate {
  readonly function: string;
  /** Kernel module, `vmlinux`, or `bpf:ID`. */
  readonly owner: string;
  readonly btf: Btf;
  readonly prototype: PrototypeType;
  readonly attachTo: AttachTo;
}

class Resolver {
  readonly #provider: TypedProvider;
  readonly #point: AttachPointText;
  readonly #target: Target;
  readonly #options: ResolveOptions;

  constructor(provider: TypedProvider, point: AttachPointText, target: Target, options: ResolveOptions) {
    this.#provider = provider;
    this.#point = point;
    this.#target = target;
    this.#options = options;
  }

  resolve(): Resolution {
    const [, ...parts] = this.#point.components;
    const place = parts.at(-1);
    const isProgram = parts.length > 1 && parts[0]?.text === 'bpf';
    if (place === undefined || place.text === '' || parts.length > (isProgram ? 3 : 2))
      return wrongCount(this.#point, this.#provider, '1 to 2', `${this.#provider}:vfs_read`);
    const { btf } = this.#target;
    if (btf === undefined) return this.#untyped();
    if (!this.#target.have('fentry')) return this.#forbidden(place);
    if (isProgram) return this.#resolveProgram(place, parts.length === 3 ? parts[1] : undefined);
    const module = parts.length === 2 ? parts[0] : undefined;
    if (module !== undefined && !isPattern(module) && !isLoaded(module.text, this.#target))
      return moduleMissing(module.text, this.#point, this.#target, this.#options);
    if (isPattern(place) || (module !== undefined && isPattern(module))) return this.#resolvePattern(place, module);
    return this.#resolveOne(place.text, module?.text);
  }

  get #kprobe(): string {
    return this.#provider === 'fentry' ? 'kprobe' : 'kretprobe';
  }

  /** A kprobe sees the same function, where there are kprobes. */
  #kprobeHint(name: string): readonly string[] {
    return this.#target.have('kprobe') ? [`${this.#kprobe}:${name} sees the same function, without types.`] : [];
  }

  #untyped(): Resolution {
    return missing(this.#point, this.#options, {
      code: 'no-btf',
      message: `${this.#provider} probes need the kernel's types (BTF), and this kernel has none.`,
      hints: ['Use a kprobe or a tracepoint, or name a BTF file in BPFTRACE_BTF.'],
    });
  }

  #forbidden(place: AttachComponent): Resolution {
    const near = isPattern(place) ? undefined : this.#nearestTracepoint(place.text);
    return missing(this.#point, this.#options, {
      code: 'no-fentry',
      message: `${this.#provider} can't be attached: this kernel doesn't let programs hook into its functions.`,
      hints: [
        ...(isPattern(place) ? [] : this.#kprobeHint(place.text)),
        ...(near === undefined ? [] : [`The nearest tracepoint is ${near}.`]),
      ],
    });
  }

  #nearestTracepoint(name: string): string | undefined {
    return nearestTracepoint(name, this.#target, this.#provider === 'fexit');
  }

  // ---- one function -------------------------------------------------------------------------------

  #resolveOne(name: string, module: string | undefined): Resolution {
    const candidates = this.#find(name, module);
    const [found, ...others] = candidates;
    if (found === undefined) return this.#noMatch(name, module);
    if (others.length > 0) {
      const owners = candidates.map(({ owner }) => owner);
      return refused(
        pointError(this.#point, 'ambiguous', `There is a function ${name} in each of ${owners.join(', ')}.`, [
          `Name the one that is meant: ${this.#provider}:${owners[0]}:${name}.`,
        ]),
      );
    }
    return this.#finish(found);
  }

  #find(name: string, module: string | undefined): readonly Candidate[] {
    const { modules } = this.#target;
    const owners = module === undefined ? ['vmlinux', ...modules.call(this.#target)] : [module];
    return owners.map((owner) => candidateIn(this.#target, owner, name)).filter((found) => found !== undefined);
  }

  #noMatch(name: string, module: string | undefined): Resolution {
    const { functions } = this.#target.kernelFunctions();
    const what = `${this.#provider} ${module === undefined ? '' : `${module}:`}${name}`;
    const isFunction = functions.some((each) => each.name === name && (module ?? each.module) === each.module);
    if (isFunction) {
      return missing(this.#point, this.#options, {
        code: 'no-match',
        message: `The kernel's types (BTF) don't describe ${name}, so ${this.#provider} can't be attached to it.`,
        hints: this.#kprobeHint(name),
      });
    }
    const close = nearest(name, this.#target.btf?.names('func') ?? []);
    return noMatches(this.#point, this.#options, what, [
      systemCallHint(name, this.#provider === 'fexit', functions) ??
        didYouMean(close === undefined ? undefined : `${this.#provider}:${close}`),
    ]);
  }

  #finish(candidate: Candidate): Resolution {
    const typed = typedFunction(candidate.btf, candidate.prototype);
    if ('error' in typed) {
      const isProgram = candidate.attachTo.kind === 'program';
      return missing(this.#point, this.#options, {
        code: 'untyped',
        message: `${this.#provider} can't be attached to ${candidate.function}: it ${typed.error}.`,
        hints: isProgram ? [] : this.#kprobeHint(candidate.function),
      });
    }
    return {
      variants: [this.#variant(candidate, typed)],
      diagnostics: warnIfDangerous(this.#point, [candidate.function]),
    };
  }

  // ---- wildcards ----------------------------------------------------------------------------------

  /** What the kernel can't hand over is passed over here: nobody asked for it by name. */
  #resolvePattern(place: AttachComponent, module: AttachComponent | undefined): Resolution {
    const places = typedPlaces(place, module, this.#target);
    const what = `${this.#provider} ${module === undefined ? '' : `${module.text}:`}${place.text}`;
    if (places.length === 0) return noMatches(this.#point, this.#options, what);
    const { config } = this.#options;
    const tooMany = this.#options.probeFilter === undefined ? exceedsProbes(places.length, config, what) : undefined;
    if (tooMany !== undefined) return refused(tooMany);
    const variants = places.flatMap(({ owner, name }) => {
      const candidate = candidateIn(this.#target, owner, name);
      const typed = candidate === undefined ? undefined : typedFunction(candidate.btf, candidate.prototype);
      return candidate === undefined || typed === undefined || 'error' in typed
        ? []
        : [this.#variant(candidate, typed)];
    });
    if (variants.length === 0) return noMatches(this.#point, this.#options, what);
    const names = places.map(({ name }) => name);
    return { variants, diagnostics: warnIfDangerous(this.#point, names) };
  }

  // ---- BPF programs -------------------------------------------------------------------------------

  #resolveProgram(place: AttachComponent, id: AttachComponent | undefined): Resolution {
    const isName = matcherOf(place);
    const isId = id === undefined ? () => true : matcherOf(id);
    const programs = this.#target.bpfPrograms?.() ?? [];
    const found = programs.filter((each) => isName(each.name) && isId(String(each.id)));
    const what = `${this.#provider} bpf:${id === undefined ? '' : `${id.text}:`}${place.text}`;
    if (found.length === 0) {
      return noMatches(this.#point, this.#options, what, [
        programs.length === 0
          ? 'No BPF program with types (BTF) is loaded.'
          : didYouMean(closest(place.text, programs, this.#provider)),
      ]);
    }
    const all = found.map((each) => this.#finish(candidateOf(each))).filter(({ variants }) => variants.length > 0);
    if (all.length === 0) return this.#finish(candidateOf(found[0]!));
    const several = found.length > 1 && id === undefined && !isPattern(place);
    return {
      variants: all.flatMap(({ variants }) => variants),
      diagnostics: several
        ? [
            pointWarning(
              this.#point,
              'several',
              `${found.length} programs are called ${place.text}: the probe is at all of them.`,
            ),
          ]
        : [],
    };
  }

  #variant(candidate: Candidate, typed: TypedFunction): ProbeVariant {
    return typedVariant(this.#provider, candidate, typed, this.#options, this.#target);
  }
}

function closest(name: string, programs: readonly LoadedProgram[], provider: string): string | undefined {
  const found = nearest(
    name,
    programs.map((each) => each.name),
  );
  return found === undefined ? undefined : `${provider}:bpf:${found}`;
}

/** A function by its owner: `vmlinux` or a module. */
export function candidateIn(target: Target, owner: string, name: string): Candidate | undefined {
  const btf = owner === 'vmlinux' ? target.btf : target.moduleBtf?.(owner);
  const prototype = btf === undefined ? undefined : prototypeOf(btf, name);
  if (btf === undefined || prototype === undefined) return undefined;
  const attachTo = { kind: 'function', name, ...(owner === 'vmlinux' ? {} : { module: owner }) } as const;
  return { function: name, owner, btf, prototype, attachTo };
}

function candidateOf({ id, name, btf }: LoadedProgram): Candidate {
  const prototype = prototypeOf(btf, name)!;
  return { function: name, owner: `bpf:${id}`, btf, prototype, attachTo: { kind: 'program', id, name } };
}

/** The program itself, and the kernel's trampoline that calls it. */
const OWN_FRAMES = 2;

/** The program at one function. */
export function typedVariant(
  provider: TypedProvider,
  { function: name, owner, attachTo }: Candidate,
  typed: TypedFunction,
  options: ResolveOptions,
  target: Target,
): ProbeVariant {
  const isReturn = provider === 'fexit';
  const module = owner === 'vmlinux' ? {} : { module: owner };
  const pointName = `${provider}:${owner}:${name}`;
  return {
    provider,
    phase: 'run',
    programType: ProgramType.Tracing,
    expectedAttachType: isReturn ? AttachType.TraceFexit : AttachType.TraceFentry,
    attachTo,
    points: [{ hook: { kind: 'fentry', return: isReturn, function: name, ...module }, name: pointName }],
    pointCount: 1,
    context: {
      space: 'kernel',
      probeName: { kind: 'fixed', name: pointName },
      probeType: provider,
      args: typed.fields,
      ...(isReturn && typed.result !== undefined ? { returnValue: typed.result } : {}),
      ...(target.have('attach-cookie') ? { func: { kind: 'ksym', access: { kind: 'functionAddress' } } } : {}),
      kernelStack: true,
      ownStackFrames: OWN_FRAMES,
      userStack: true,
    },
    filterByPid: options.pid !== undefined,
  };
}
