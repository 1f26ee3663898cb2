import { begin, end } from './begin-end.ts';
import { hardware, software } from './perf/counters.ts';
import { interval, profile } from './perf/timers.ts';
import type { Provider } from './provider.ts';
import { tracepoint } from './tracepoint/tracepoint.ts';
import { unsupportedProviders } from './unsupported.ts';

/** Every probe type of the language, those that are only refused by name included. */
export const providers: readonly Provider[] = [
  begin, end, tracepoint, profile, interval, software, hardware, ...unsupportedProviders,
];

/** P-01: as written first (`U` is not `u`), then without regard to letter case. */
export function findProvider(name: string): Provider | undefined {
  const folded = name.toLowerCase();
  return (
    providers.find((provider) => provider.aliases.includes(name)) ??
    providers.find((provider) => provider.aliases.some((alias) => alias === folded))
  );
}
