/** usdt: probes that programs carry at places of their own, with arguments of their own. */
import type { PlannedPoint, UsdtPlace, UserBinary } from '../../../spec/index.ts';
import type { ContextAccess, ProbeContext, ProbeVariant, TypedAccess } from '../../checked/index.ts';
import { nearest, type Diagnostic } from '../../diagnostic/index.ts';
import type { AttachComponent, AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { word } from '../access.ts';
import { isPattern, matcherOf, type Matcher } from '../glob.ts';
import { didYouMean, missing, noMatches, pointError, pointWarning, refused, wrongCount } from '../messages.ts';
import { nameByFirst, nameFromList, shareProgram } from '../names.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { distanceInto, imageAround, knownFunction, placeOfProbe, userProgram } from '../user-program.ts';
import { findUserFiles, probedProcess } from '../user-target.ts';
import { listUsdt } from './list.ts';
import { parseUsdtArguments, type UsdtArgument } from './operands.ts';

export const usdt: Provider = {
  name: 'usdt',
  aliases: ['usdt', 'U'],
  resolve: (point, target, options) => new Resolver(point, target, options).resolve(),
  list: listUsdt,
};

/** A place in a file, as it is to be attached to. */
interface Found {
  readonly binary: UserBinary;
  readonly place: UsdtPlace;
  /** With the provider, as it is shown. */
  readonly name: string;
}

type Argument = TypedAccess | { readonly error: string };

class Resolver {
  readonly #point: AttachPointText;
  readonly #target: Target;
  readonly #options: ResolveOptions;
  readonly #pid: number | undefined;
  readonly #warnings: Diagnostic[] = [];

  constructor(point: AttachPointText, target: Target, options: ResolveOptions) {
    this.#point = point;
    this.#target = target;
    this.#options = options;
    this.#pid = probedProcess(options);
  }

  resolve(): Resolution {
    const parts = this.#point.components.slice(1);
    const [path, namespace, name] = this.#arrange(parts);
    if (name === undefined || name.text === '' || parts.length > 3)
      return wrongCount(this.#point, 'usdt', '2 or 3', 'usdt:/usr/bin/node:node:gc__start');
    const files = findUserFiles('usdt', path, this.#target, this.#options);
    if (files === undefined)
      return refused(
        pointError(
          this.#point,
          'attach-point',
          'usdt needs the path of an executable or a library, unless -p names a process',
        ),
      );
    if (!this.#target.have('uprobe'))
      return missing(this.#point, this.#options, {
        code: 'no-uprobes',
        message: "This kernel can't run usdt probes: it was built without CONFIG_UPROBES or CONFIG_UPROBE_EVENTS.",
      });
    const { wanted, binaries } = files;
    if ('error' in binaries)
      return missing(this.#point, this.#options, { code: 'target-file', message: binaries.error });
    return this.#resolveIn(binaries, wanted, namespace, name);
  }

  /** Path, namespace and name; the namespace may be left out, and with -p the path too. */
  #arrange(
    parts: readonly AttachComponent[],
  ): readonly [AttachComponent | undefined, AttachComponent | undefined, AttachComponent | undefined] {
    if (parts.length === 3) return [parts[0], parts[1], parts[2]];
    if (parts.length === 2) return [parts[0], undefined, parts[1]];
    return this.#pid === undefined ? [parts[0], undefined, undefined] : [undefined, undefined, parts[0]];
  }

  #resolveIn(
    binaries: readonly UserBinary[],
    wanted: string,
    namespace: AttachComponent | undefined,
    name: AttachComponent,
  ): Resolution {
    const hasNamespace = namespace !== undefined && namespace.text !== '';
    const isNamespace: Matcher = hasNamespace ? matcherOf(namespace) : () => true;
    const isName = matcherOf(name);
    const all = binaries.map((binary) => ({ binary, places: binary.usdtProbes?.() ?? [] }));
    // Of many files a damaged one is passed over.
    const [only] = all;
    if (all.length === 1 && 'error' in only!.places)
      return missing(this.#point, this.#options, { code: 'target-file', message: only!.places.error });
    const found = all.flatMap(({ binary, places }) =>
      'error' in places
        ? []
        : places
            .filter((place) => isNamespace(place.provider) && isName(place.name))
            .map((place): Found => ({ binary, place, name: `usdt:${binary.path}:${place.provider}:${place.name}` })),
    );
    const usable = this.#withoutDamage(found);
    if (found.length > 0 && usable.length === 0) return refused(...this.#warnings.map(asError));
    if (usable.length > 0) return this.#finish(usable);
    const shown = hasNamespace ? `${namespace.text}:${name.text}` : name.text;
    const known = all.flatMap(({ places }) => ('error' in places ? [] : places));
    return noMatches(this.#point, this.#options, `usdt ${binaries[0]?.path ?? wanted}:${shown}`, [
      known.length === 0
        ? `${binaries.length === 1 ? 'This file has' : 'These files have'} no USDT probes.`
        : isPattern(name)
          ? undefined
          : this.#nearest(binaries[0]!, known, name.text),
    ]);
  }

  #nearest(binary: UserBinary, known: readonly UsdtPlace[], name: string): string | undefined {
    const close = nearest(
      name,
      known.map((place) => place.name),
    );
    const place = known.find((each) => each.name === close);
    return didYouMean(place === undefined ? undefined : `usdt:${binary.path}:${place.provider}:${place.name}`);
  }

  /** A breakpoint in the middle of an instruction would change what the program does. */
  #withoutDamage(found: readonly Found[]): readonly Found[] {
    if (this.#options.unsafe) return found;
    const usable = found.filter(({ place }) => place.isNop);
    const { length } = found;
    if (usable.length < length) {
      const bad = found.find(({ place }) => !place.isNop)!;
      this.#warnings.push(
        pointWarning(
          this.#point,
          'usdt-place',
          `${bad.name} says that it is at 0x${bad.place.address.toString(16)}, but there is no probe: its place is left out`,
          ['Use --unsafe to attach anyway.'],
        ),
      );
    }
    return usable;
  }

  // ---- programs ---------------------------------------------------------------------------------------

  /** One program for all places whose arguments are had in the same way. */
  #finish(found: readonly Found[]): Resolution {
    const usesName = this.#options.uses.names.has('probe');
    const groups = Map.groupBy(found, (each) => this.#signature(each));
    const names = [...new Set(found.map(({ name }) => name))];
    const variants = [...groups.values()].flatMap((group) =>
      shareProgram(group, usesName, () => this.#target.have('attach-cookie')).map((part) =>
        this.#variant(part, usesName ? names : []),
      ),
    );
    return { variants, diagnostics: this.#warnings };
  }

  /** Of the arguments that the script uses: what else differs doesn't matter. */
  #signature(found: Found): string {
    const { names } = this.#options.uses;
    const used = [...names].flatMap((name) => /^arg(\d+)$/.exec(name)?.[1] ?? []);
    const all = this.#arguments(found);
    return JSON.stringify(
      [
        names.has('uaddr') ? [found.binary.path, found.place.address] : '',
        names.has('func') ? functionOf(found) : '',
        ...used.map((index) => all(Number(index))),
      ],
      (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
  }

  #variant(group: readonly Found[], names: readonly string[]): ProbeVariant {
    const planned = group.map((each) => this.#pointAt(each));
    const hasOneName = planned.every(({ name }) => name === planned[0]!.name);
    const named = hasOneName ? nameByFirst(planned) : nameFromList(planned, names);
    const [first] = group as readonly [Found];
    return userProgram(
      'usdt',
      named,
      {
        args: { error: 'The arguments of usdt probes have no names: they are arg0, arg1, …' },
        argument: this.#arguments(first),
        func: this.#function(first),
        // Where a body asks for it, the places of a program are in the same one.
        image: imageAround(first.binary, first.place.address, placeOfProbe(this.#target)),
      },
      this.#target,
      this.#options,
    );
  }

  #function(found: Found): ProbeContext['func'] & { kind: 'usym' } {
    const here = placeOfProbe(this.#target);
    const known = this.#options.uses.names.has('func') ? functionOf(found) : undefined;
    return known === undefined ? { kind: 'usym', access: here } : knownFunction(known.name, here, known.distance);
  }

  #pointAt({ binary, place, name }: Found): PlannedPoint {
    const pid = this.#pid === undefined ? {} : { pid: this.#pid };
    const counter = place.semaphoreOffset === undefined ? {} : { refCtrOffset: place.semaphoreOffset };
    return {
      hook: { kind: 'uprobe', return: false, path: binary.path, fileOffset: place.fileOffset, ...counter, ...pid },
      name,
    };
  }

  #arguments(found: Found): (index: number) => Argument {
    const all = parseUsdtArguments(found.place.arguments, this.#target.architecture);
    return (index) => {
      const argument = all[index];
      if (argument === undefined) return { error: `${found.name} has ${countOf(all.length)}: there is no arg${index}` };
      return 'error' in argument
        ? { error: `arg${index} of ${found.name} can't be read: ${argument.error}` }
        : this.#access(argument, found, index);
    };
  }

  #access({ type, operand }: UsdtArgument, { binary, place, name }: Found, index: number): Argument {
    if (operand.kind === 'constant') return { type, access: { kind: 'immediate', value: operand.value } };
    if (operand.kind === 'register') return { type, access: word(operand.offset, type.size, type.signed) };
    const { symbol } = operand;
    const atSymbol = symbol === undefined ? undefined : this.#relativeTo(binary, place, symbol);
    if (symbol !== undefined && atSymbol === undefined)
      return { error: `arg${index} of ${name} can't be read: there is no variable '${symbol}' in ${binary.path}` };
    const base = atSymbol?.base ?? (operand.base === undefined ? undefined : word(operand.base));
    return {
      type,
      access: {
        kind: 'userMemory',
        ...(base === undefined ? {} : { base }),
        ...(operand.index === undefined
          ? {}
          : { index: word(operand.index.offset, operand.index.size, operand.index.signed), scale: operand.scale }),
        displacement: operand.displacement + (atSymbol?.distance ?? 0n),
      },
    };
  }

  /** Wherever the program was loaded, a variable keeps its distance from the probe. */
  #relativeTo(
    binary: UserBinary,
    place: UsdtPlace,
    symbol: string,
  ): { readonly base: ContextAccess; readonly distance: bigint } | undefined {
    const found = binary.resolveSymbol?.(symbol);
    if (found === undefined) return undefined;
    return { base: placeOfProbe(this.#target), distance: found.address - place.address };
  }
}

/** The function that the probe stands in, unless its name is one that people don't read; and how far in it is. */
function functionOf({ binary, place }: Found): { readonly name: string; readonly distance: number } | undefined {
  const found = binary.resolveAddress(place.address);
  if ('error' in found || found.name === undefined || /^_[ZR]/.test(found.name)) return undefined;
  return { name: found.name, distance: distanceInto(binary, found.name, place.fileOffset, found.size) };
}

function countOf(count: number): string {
  return count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`;
}

function asError(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'error' };
}
