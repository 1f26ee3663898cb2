import { loadedModules } from '../kernel/index.ts';
import type { Hook, ScriptPlan } from '../spec/index.ts';
import type { Messages } from './messages.ts';

/** The kernel takes a kprobe away with the module that it is in, and tells no one. A link to a function by its type keeps the module. */
export function warnOfUnloadedModules({ probes }: ScriptPlan, messages: Messages): void {
  const modules = probes.flatMap(({ points }) => points.flatMap(({ hook }) => moduleOf(hook) ?? []));
  if (modules.length === 0) return;
  const loaded = new Set(loadedModules());
  for (const [module, all] of Map.groupBy(modules, (name) => name)) {
    if (loaded.has(module)) continue;
    const what = all.length === 1 ? 'the probe in it has' : `the ${all.length} probes in it have`;
    messages.warning(`Kernel module '${module}' was unloaded: ${what} seen nothing since.`);
  }
}

function moduleOf(hook: Hook): string | undefined {
  return hook.kind === 'kprobe' && hook.module !== 'vmlinux' ? hook.module : undefined;
}
