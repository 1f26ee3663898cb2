import type { Aggregation } from '../spec/index.ts';
import { wordCount } from './aggregate.ts';
import { viewOf } from './value-reader.ts';

/**
 * What the CPUs' shares hold beyond what was printed before: counts and sums less those printed, extremes where they
 * changed. All zeros: nothing came since. Both hold the same CPUs' shares; printed ones may be fewer, or none.
 */
export function remainderOf(aggregation: Aggregation, printed: Uint8Array, now: Uint8Array): Uint8Array {
  const rest = now.slice();
  const words = wordCount(aggregation);
  const view = viewOf(rest).view;
  const before = viewOf(printed).view;
  const sums = additiveWords(aggregation);
  for (let block = 0; block + words * 8 <= Math.min(now.length, printed.length); block += words * 8) {
    for (let at = block; at < block + sums * 8; at += 8)
      view.setBigUint64(at, view.getBigUint64(at, true) - before.getBigUint64(at, true), true);
    for (let at = block + sums * 8; at < block + words * 8; at += groupWords(aggregation) * 8) {
      const group = rest.subarray(at, at + groupWords(aggregation) * 8);
      if (equal(group, printed.subarray(at, at + group.length))) group.fill(0);
    }
  }
  return rest;
}

/** How many of a share's words, from the first, only ever add up. */
export function additiveWords(aggregation: Aggregation): number {
  switch (aggregation.kind) {
    case 'min':
    case 'max':
    case 'tseries':
      return 0;
    case 'quantile':
      return aggregation.buckets;
    default:
      return wordCount(aggregation);
  }
}

/** Words that mean something only together: an extreme and whether it is set, a slot of a series. */
function groupWords({ kind }: Aggregation): number {
  return kind === 'tseries' ? 3 : 2;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}
