import { iter } from './iter/iter.ts';
import { fentry, fexit } from './kprobe/fentry.ts';
import { kprobe, kretprobe } from './kprobe/kprobe.ts';
import { bench, begin, end, self, test } from './own-process.ts';
import { hardware, software } from './perf/counters.ts';
import { interval, profile } from './perf/timers.ts';
import { asyncwatchpoint, watchpoint } from './perf/watchpoint.ts';
import { lsm } from './lsm/lsm.ts';
import { cgroupSkb } from './network/cgroup-skb.ts';
import { socket, tc, xdp } from './network/interfaces.ts';
import type { Provider } from './provider.ts';
import { rawtracepoint } from './tracepoint/rawtracepoint.ts';
import { tracepoint } from './tracepoint/tracepoint.ts';
import { uprobe, uretprobe } from './uprobe/uprobe.ts';
import { usdt } from './usdt/usdt.ts';

/** Every probe type of the language, those that are only refused by name included. */
export const providers: readonly Provider[] = [
  begin,
  end,
  kprobe,
  kretprobe,
  fentry,
  fexit,
  uprobe,
  uretprobe,
  usdt,
  tracepoint,
  rawtracepoint,
  profile,
  interval,
  software,
  hardware,
  iter,
  lsm,
  xdp,
  tc,
  socket,
  cgroupSkb,
  watchpoint,
  asyncwatchpoint,
  self,
  test,
  bench,
];

/** P-01: as written first (`U` is not `u`), then without regard to letter case. */
export function findProvider(name: string): Provider | undefined {
  const folded = name.toLowerCase();
  return (
    providers.find((provider) => provider.aliases.includes(name)) ??
    providers.find((provider) => provider.aliases.some((alias) => alias === folded))
  );
}
