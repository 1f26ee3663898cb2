import type { ProbeCost } from '../runtime/index.ts';
import type { Messages } from './messages.ts';

const HEAD = ['RUNS', 'NS/RUN', 'MISSED', 'PROBE'] as const;

/** What each probe cost the traced machine, as a table for standard error. */
export function showCosts(costs: readonly ProbeCost[], messages: Messages): void {
  if (costs.length === 0) return;
  const rows = costs.map(({ title, runs, averageNs, missed }) => [
    String(runs),
    runs === 0 ? '-' : String(averageNs),
    String(missed),
    title,
  ]);
  messages.write('What the probes cost, as the kernel measured it:\n');
  for (const [runs, ns, lost, title] of [HEAD, ...rows])
    messages.write(`${runs!.padStart(12)} ${ns!.padStart(8)} ${lost!.padStart(8)}  ${title}\n`);
}
