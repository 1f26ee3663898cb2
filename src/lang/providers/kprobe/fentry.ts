/** fentry and fexit: listed from BTF; attaching them is not built yet. */
import type { Provider } from '../provider.ts';
import { unsupported } from '../unsupported.ts';
import { listTypedFunctions } from './list.ts';

function typedFunctionProbe(name: 'fentry' | 'fexit', aliases: readonly string[], instead: string): Provider {
  return {
    ...unsupported(name, aliases, `${instead} sees the same function.`),
    list: (components, target, options) => listTypedFunctions(name, components, target, options),
  };
}

export const fentry = typedFunctionProbe('fentry', ['f', 'kfunc'], 'kprobe');
export const fexit = typedFunctionProbe('fexit', ['fr', 'kretfunc'], 'kretprobe');
