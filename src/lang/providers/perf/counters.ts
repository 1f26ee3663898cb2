/** software and hardware: each so many events that the kernel or the processor counts (spec P-80 to P-82). */
import { findPerfEvent, hardwareEvents, softwareEvents, type PerfEvent } from '../../../abi/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import { readOutsideInteger, type AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { isPattern, matcherOf } from '../glob.ts';
import { didYouMean, noMatches, pointError, refused, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { listNames, perfEventVariant } from './context.ts';

function counter(name: string, alias: string, events: readonly PerfEvent[]): Provider {
  return {
    name,
    aliases: [name, alias],
    resolve: (point, target, options) => resolve(name, events, point, target, options),
    list: (components) => ({ lines: listNames(name, namesOf(events), components), notes: [] }),
  };
}

export const software = counter('software', 's', softwareEvents);
export const hardware = counter('hardware', 'h', hardwareEvents);

function namesOf(events: readonly PerfEvent[]): readonly string[] {
  return events.flatMap((event) => [event.name, ...event.aliases]);
}

function resolve(
  provider: string,
  events: readonly PerfEvent[],
  point: AttachPointText,
  target: Target,
  options: ResolveOptions,
): Resolution {
  const [, event, count, ...more] = point.components;
  if (event === undefined || event.text === '' || more.length > 0)
    return wrongCount(point, provider, '1 to 2', `${provider}:${events[0]!.name}:100`);
  const period = count === undefined || count.text === '' ? undefined : readOutsideInteger(count.text);
  if (count !== undefined && count.text !== '' && (period === undefined || period < 1n)) {
    return refused(
      pointError(
        point,
        'rate',
        `Invalid sample period of ${provider} probe: '${count.text}' is not a positive integer`,
      ),
    );
  }
  const variant = (found: PerfEvent, written: string): ProbeVariant => {
    const each = period ?? found.defaultPeriod;
    const hook = {
      kind: 'perfEvent',
      eventType: found.type,
      config: found.config,
      period: each,
      cpus: 'all',
      ...(options.pid === undefined ? {} : { pid: options.pid }),
    } as const;
    return perfEventVariant(provider, `${provider}:${written}:${each}`, hook, target);
  };
  if (isPattern(event)) {
    const matches = events.filter((candidate) => matcherOf(event)(candidate.name));
    if (matches.length === 0) return noMatches(point, options, `${provider} ${event.text}`);
    return { variants: matches.map((found) => variant(found, found.name)), diagnostics: [] };
  }
  const found = findPerfEvent(events, event.text);
  if (found !== undefined) return { variants: [variant(found, event.text)], diagnostics: [] };
  const close = nearest(event.text, namesOf(events));
  const hint =
    didYouMean(close === undefined ? undefined : `${provider}:${close}`) ??
    `Events are ${events.map(({ name }) => name).join(', ')}.`;
  return refused(pointError(point, 'unknown-event', `Unknown ${provider} event: ${event.text}`, [hint]));
}
