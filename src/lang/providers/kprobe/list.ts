/** Kernel functions in listings: kprobe, kretprobe, fentry and fexit. */
import { printDeclaration, type Btf, type PrototypeType } from '../../../btf/index.ts';
import type { Target } from '../../target.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';

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

/** `fentry:vmlinux:vfs_read`, from BTF. */
export function listTypedFunctions(
  provider: 'fentry' | 'fexit',
  components: readonly string[],
  target: Target,
  options: ListOptions,
): Listing {
  const { btf } = target;
  if (btf === undefined) return { lines: [], notes: [`${provider} probes need BTF, which this kernel lacks.`] };
  const module = components.length >= 2 ? components[0]! : '*';
  if (components.length > 2 || !globMatcher(module)('vmlinux')) return { lines: [], notes: [] };
  const isName = globMatcher(components.at(-1) || '*');
  const found = new Map<string, string>();
  for (const name of btf.names('func')) if (isName(name)) found.set(`${provider}:vmlinux:${name}`, name);
  const lines = linesOf(found, (name) => (options.verbose ? namedArguments(btf, name, provider === 'fexit') : []));
  return {
    lines,
    notes:
      found.size === 0 ? [] : [`${provider} probes can be listed, but not yet attached, by this version of Sonde.`],
  };
}

function namedArguments(btf: Btf, name: string, withReturn: boolean): readonly string[] {
  const prototype = prototypeOf(btf, name);
  if (prototype === undefined) return [];
  const lines = prototype.parameters.map(({ name: parameter, typeId }) => `    ${declare(btf, typeId, parameter)}`);
  return withReturn && prototype.typeId !== 0 ? [...lines, `    ${declare(btf, prototype.typeId, 'retval')}`] : lines;
}

function prototypeOf(btf: Btf, name: string): PrototypeType | undefined {
  const found = btf.find(name, 'func');
  const prototype = found === undefined ? undefined : btf.type(found.typeId);
  return prototype?.kind === 'funcProto' ? prototype : undefined;
}

/** P-97: `struct file * file`. */
export function declare(btf: Btf, typeId: number, name: string): string {
  return printDeclaration(btf, typeId, name).replace(/\*(?=\w)/g, '* ');
}
