/** Kernel functions in listings: kprobe, kretprobe, fentry and fexit. */
import { printDeclaration, type Btf, type PrototypeType } from '../../../btf/index.ts';
import type { Target } from '../../target.ts';
import type { AttachComponent } from '../../syntax/index.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';
import { typedPlaces } from './places.ts';
import { prototypeOf, typedFunction } from './prototype.ts';

type Listing = { readonly lines: readonly string[]; readonly notes: readonly string[] };

/** `kprobe:vfs_read`; with its module only where the pattern names one. */
export function listFunctions(
  provider: 'kprobe' | 'kretprobe',
  components: readonly string[],
  target: Target,
  options: ListOptions,
): Listing {
  const pattern = components.at(-1) || '*';
  const module = components.length === 2 ? components[0]! : undefined;
  if (components.length > 2) return { lines: [], notes: [] };
  const isName = globMatcher(pattern);
  const isModule = globMatcher(module ?? '*');
  const { functions, source } = target.kernelFunctions();
  const found = new Map<string, string>();
  for (const each of functions) {
    if (!isName(each.name) || !isModule(each.module ?? 'vmlinux')) continue;
    const owner = module === undefined ? '' : `${each.module ?? 'vmlinux'}:`;
    found.set(`${provider}:${owner}${each.name}`, each.name);
  }
  const withArguments = options.verbose && provider === 'kprobe' ? target.btf : undefined;
  return {
    lines: linesOf(found, (name) => (withArguments === undefined ? [] : numberedArguments(withArguments, name))),
    notes: notesOn(source, functions.length, found.size, target),
  };
}

function linesOf(found: ReadonlyMap<string, string>, details: (name: string) => readonly string[]): readonly string[] {
  return [...found.keys()].sort().flatMap((line) => [line, ...details(found.get(line)!)]);
}

function notesOn(source: 'tracefs' | 'btf', known: number, found: number, target: Target): readonly string[] {
  if (known === 0)
    return ["Kernel functions can't be listed: neither available_filter_functions nor kernel BTF can be read."];
  if (found === 0) return [];
  if (!target.have('kprobe'))
    return [
      "Kernel functions are listed from BTF, but can't be attached to: this kernel was built without CONFIG_KPROBES or CONFIG_KPROBE_EVENTS.",
    ];
  return source === 'tracefs'
    ? []
    : [
        "Kernel functions are listed from BTF, since available_filter_functions can't be read: some of them can't be attached to.",
      ];
}

function numberedArguments(btf: Btf, name: string): readonly string[] {
  return (prototypeOf(btf, name)?.parameters ?? []).map(
    ({ typeId }, index) => `    ${declare(btf, typeId, `arg${index}`)}`,
  );
}

/** `fentry:vmlinux:vfs_read`, `fentry:bpf:12:prog`: what has types in BTF and can be traced. */
export function listTypedFunctions(
  provider: 'fentry' | 'fexit',
  components: readonly string[],
  target: Target,
  options: ListOptions,
): Listing {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: [`${provider} probes need BTF, which this kernel lacks.`] };
  if (components.length > 1 && components[0] === 'bpf')
    return listPrograms(provider, components.slice(1), target, options);
  if (components.length > 2) return { lines: [], notes: [] };
  const part = (text: string): AttachComponent => ({ text, quoted: false });
  const places = typedPlaces(
    part(components.at(-1) || '*'),
    components.length === 2 ? part(components[0]!) : undefined,
    target,
  );
  const found = new Map<string, readonly string[]>();
  for (const { owner, name } of places) {
    const from = owner === 'vmlinux' ? btf : target.moduleBtf?.(owner);
    const prototype = from === undefined ? undefined : prototypeOf(from, name);
    if (from === undefined || prototype === undefined || 'error' in typedFunction(from, prototype)) continue;
    found.set(
      `${provider}:${owner}:${name}`,
      options.verbose ? namedArguments(from, prototype, provider === 'fexit') : [],
    );
  }
  const notes =
    found.size === 0 || target.have('fentry')
      ? []
      : [
          `${provider} probes are listed from BTF, but can't be attached: this kernel doesn't let programs hook into its functions.`,
        ];
  return { lines: [...found.keys()].sort().flatMap((line) => [line, ...found.get(line)!]), notes };
}

function listPrograms(
  provider: 'fentry' | 'fexit',
  components: readonly string[],
  target: Target,
  options: ListOptions,
): Listing {
  const isName = globMatcher(components.at(-1) || '*');
  const isId = globMatcher(components.length > 1 ? components[0]! : '*');
  const programs = (target.bpfPrograms?.() ?? []).filter((each) => isName(each.name) && isId(String(each.id)));
  const lines = programs.flatMap(({ id, name, btf }) => {
    const prototype = options.verbose ? prototypeOf(btf, name) : undefined;
    const details = prototype === undefined ? [] : namedArguments(btf, prototype, provider === 'fexit');
    return [`${provider}:bpf:${id}:${name}`, ...details];
  });
  return { lines, notes: [] };
}

function namedArguments(btf: Btf, prototype: PrototypeType, withReturn: boolean): readonly string[] {
  const lines = prototype.parameters.map(({ name: parameter, typeId }) => `    ${declare(btf, typeId, parameter)}`);
  return withReturn && prototype.typeId !== 0 ? [...lines, `    ${declare(btf, prototype.typeId, 'retval')}`] : lines;
}

/** P-97: `struct file * file`. */
export function declare(btf: Btf, typeId: number, name: string): string {
  return printDeclaration(btf, typeId, name).replace(/\*(?=\w)/g, '* ');
}
