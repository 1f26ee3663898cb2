/** Which functions with types a pattern of fentry and fexit means. */
import type { AttachComponent } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { matcherOf } from '../glob.ts';
import { isCompilerPart } from './functions.ts';

/** Functions that a pattern means: those with types that the kernel lets trace, each name once in its owner. */
export function typedPlaces(
  place: AttachComponent,
  module: AttachComponent | undefined,
  target: Target,
): readonly { readonly owner: string; readonly name: string }[] {
  const isName = matcherOf(place);
  const isModule = module === undefined ? () => true : matcherOf(module);
  const { source, functions } = target.kernelFunctions();
  const typed = new Map<string, ReadonlySet<string>>();
  const seen = new Map<string, { readonly owner: string; readonly name: string }>();
  const shared = new Set<string>();
  for (const { name, module: owner = 'vmlinux' } of source === 'btf' ? withModules(target) : functions) {
    if (!isName(name) || !isModule(owner) || isCompilerPart(name)) continue;
    if (!typed.has(owner)) typed.set(owner, typedNames(target, owner));
    if (typed.get(owner)?.has(name) !== true) continue;
    const key = `${owner}:${name}`;
    if (seen.has(key)) shared.add(key);
    else seen.set(key, { owner, name });
  }
  for (const key of shared) seen.delete(key);
  return [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function* withModules(target: Target): Generator<{ readonly name: string; readonly module?: string }> {
  for (const name of typedNames(target, 'vmlinux')) yield { name };
  for (const module of target.modules()) for (const name of typedNames(target, module)) yield { name, module };
}

function typedNames(target: Target, owner: string): ReadonlySet<string> {
  const btf = owner === 'vmlinux' ? target.btf : target.moduleBtf?.(owner);
  return new Set(btf?.ownNames('func'));
}
