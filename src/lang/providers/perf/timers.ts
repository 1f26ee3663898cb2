/** profile: on every CPU at a rate. interval: on one CPU, for what is done from time to time. */
import { PerfType } from '../../../abi/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { listNames, perfEventVariant } from './context.ts';
import { parseRate, UNIT_NAMES } from './rate.ts';

const CPU_CLOCK = 0n;

function timer(name: string, alias: string, cpus: 'all' | 'one'): Provider {
  return {
    name,
    aliases: [name, alias],
    resolve: (point, target, options) => resolve(name, cpus, point, target, options),
    list: (components) => ({ lines: listNames(name, UNIT_NAMES, components), notes: [] }),
  };
}

export const profile = timer('profile', 'p', 'all');
export const interval = timer('interval', 'i', 'one');

function resolve(
  provider: string,
  cpus: 'all' | 'one',
  point: AttachPointText,
  target: Target,
  options: ResolveOptions,
): Resolution {
  const rate = parseRate(provider, point);
  if ('variants' in rate) return rate;
  const pid = cpus === 'all' ? options.pid : undefined;
  const hook = {
    kind: 'perfEvent',
    eventType: PerfType.Software,
    config: CPU_CLOCK,
    ...rate.sampling,
    cpus,
    ...(pid === undefined ? {} : { pid }),
  } as const;
  return { variants: [perfEventVariant(provider, `${provider}:${rate.name}`, hook, target)], diagnostics: [] };
}
