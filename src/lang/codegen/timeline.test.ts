import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { intersects, joinRanges, type Range } from './intervals.ts';
import { Timeline } from './timeline.ts';

/** Ascending and disjoint, not touching. */
const ranges: fc.Arbitrary<Range[]> = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 6 }), length: fc.integer({ min: 1, max: 6 }) }), { maxLength: 6 })
  .map((steps) => {
    let at = 0;
    return steps.map(({ gap, length }) => ({ from: (at += gap), to: (at += length) }));
  });

const positions = (list: readonly Range[]): Set<number> =>
  new Set(list.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)));

const sorted = (owners: Iterable<number>): number[] => [...owners].sort((a, b) => a - b);

test('owners are found at every position that they hold, until they are removed', () => {
  fc.assert(
    fc.property(fc.array(ranges, { maxLength: 8 }), ranges, (wanted, asked) => {
      const timeline = new Timeline<number>();
      const holders = new Map<number, Set<number>>();
      for (const [owner, list] of wanted.entries()) {
        if (!timeline.isFree(list)) continue;
        timeline.add(list, owner);
        holders.set(owner, positions(list));
      }
      const check = (): void => {
        const met = [...holders].filter(([, held]) => [...positions(asked)].some((at) => held.has(at)));
        assert.deepEqual(sorted(timeline.ownersIn(asked)), sorted(met.map(([owner]) => owner)));
        assert.equal(timeline.isFree(asked), met.length === 0);
      };
      check();
      for (const owner of [...holders.keys()].filter((one) => one % 2 === 0)) {
        timeline.remove(owner);
        holders.delete(owner);
      }
      check();
    }),
  );
});

test('what intersects has a position in common, and what is joined has all of both', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const common = positions(a).intersection(positions(b)).size > 0;
      assert.equal(intersects(a, b), common);
      if (common) return;
      const joined = joinRanges(a, b);
      assert.deepEqual(positions(joined), positions(a).union(positions(b)));
      for (const [i, range] of joined.entries()) assert.ok(i === 0 || (joined[i - 1] as Range).to < range.from);
    }),
  );
});
