import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Move, orderMoves, type Place } from './moves.ts';

const rescue: Place = { kind: 'register', register: 99 };
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ kind: fc.constant('register' as const), register: fc.nat(5) }),
  fc.record({ kind: fc.constant('spill' as const), index: fc.nat(3) }),
);
const made = fc.record({ kind: fc.constant('make' as const), source: fc.constantFrom('x', 'y') });
/** No place is the target of two moves. */
const moves: fc.Arbitrary<Move<string>[]> = fc.uniqueArray(
  fc.record({ to: place, from: fc.oneof({ weight: 4, arbitrary: place }, { weight: 1, arbitrary: made }) }),
  { selector: ({ to }) => nameOf(to) },
);

test('moves one after another do what all at once would do', () => {
  fc.assert(
    fc.property(moves, (given) => {
      const together = new Map(given.map(({ to, from }) => [nameOf(to), valueOf(from, new Map())]));
      const held = new Map<string, string>();
      for (const { to, from } of orderMoves(given, () => rescue)) held.set(nameOf(to), valueOf(from, held));
      for (const [name, value] of together) assert.equal(held.get(name) ?? name, value);
    }),
    { numRuns: 1000 },
  );
});

test('nothing is moved needlessly', () => {
  fc.assert(
    fc.property(moves, (given) => {
      let rescues = 0;
      const ordered = orderMoves(given, () => (rescues++, rescue));
      const needed = given.filter(({ to, from }) => from.kind === 'make' || nameOf(to) !== nameOf(from));
      assert.equal(ordered.length - needed.length, ordered.filter(({ to }) => to === rescue).length);
      assert.ok(rescues <= 1);
    }),
  );
});

test('two swaps share one spare register', () => {
  const register = (n: number): Place => ({ kind: 'register', register: n });
  const swaps = [
    [1, 2],
    [2, 1],
    [3, 4],
    [4, 3],
  ].map(([to, from]) => ({ to: register(to!), from: register(from!) }));
  const text = orderMoves<string>(swaps, () => rescue).map(
    ({ to, from }) => `${nameOf(to)}=${valueOf(from, new Map())}`,
  );
  assert.deepEqual(text, ['r99=r1', 'r1=r2', 'r2=r99', 'r99=r3', 'r3=r4', 'r4=r99']);
});

function nameOf(at: Place): string {
  return at.kind === 'register' ? `r${at.register}` : `s${at.index}`;
}

/** At first each place holds its own name. */
function valueOf(from: Move<string>['from'], held: ReadonlyMap<string, string>): string {
  return from.kind === 'make' ? from.source : (held.get(nameOf(from)) ?? nameOf(from));
}
