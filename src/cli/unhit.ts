import { liveRelatives } from '../lang/index.ts';
import type { PlannedProbe } from '../spec/index.ts';
import { openTarget } from '../runtime/index.ts';
import type { Messages } from './messages.ts';

/** A kernel function that is there but never called (its callers have it inlined) looks like a quiet system: say so. */
export function hintAtUnhitProbes(probes: readonly PlannedProbe[], messages: Messages): void {
  const target = openTarget({ without: [] });
  for (const { points } of probes) {
    const [point] = points;
    const hook = points.length === 1 ? point?.hook : undefined;
    if (point === undefined || (hook?.kind !== 'kprobe' && hook?.kind !== 'fentry') || hook.function === undefined)
      continue;
    const name = hook.function;
    const { functions, tracepoint } = liveRelatives(name, target);
    const others = [...functions.map((one) => `kprobe:${one}`), ...(tracepoint === undefined ? [] : [tracepoint])];
    const instead = others.length === 0 ? '' : ` Try ${others.join(' or ')}.`;
    messages.write(
      `HINT: ${point.name} was attached but never hit: the kernel may have inlined ${name} into its callers.${instead}\n`,
    );
  }
}
