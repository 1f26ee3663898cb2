/** Probe types of the language that this version can't attach yet. They are named, so that nobody takes them for a slip. */
import type { AttachPointText } from '../syntax/index.ts';
import { pointError, refused } from './messages.ts';
import type { Provider, Resolution } from './provider.ts';

export function unsupported(name: string, aliases: readonly string[], hint?: string): Provider {
  return {
    name,
    aliases: [name, ...aliases],
    resolve: (point) => refuse(name, point, hint),
    list: () => ({ lines: [], notes: [] }),
  };
}

function refuse(name: string, point: AttachPointText, hint: string | undefined): Resolution {
  return refused(
    pointError(
      point,
      'not-supported',
      `${name} probes are not supported in this version of Sonde`,
      hint === undefined ? [] : [hint],
    ),
  );
}

const ARGUMENT_HINT =
  'To see what a function is given, trace the function: uprobe:PATH:FUNCTION or kprobe:FUNCTION { print(arg0); }.';

export const unsupportedProviders: readonly Provider[] = [
  unsupported('watchpoint', ['w'], ARGUMENT_HINT),
  unsupported('asyncwatchpoint', ['aw'], `bpftrace removed asyncwatchpoint in 0.25. ${ARGUMENT_HINT}`),
];
