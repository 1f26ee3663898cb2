/** Orders moves that happen at once (call arguments, phis) so that none overwrites what another still reads. */

export type Place = { readonly kind: 'register'; readonly register: number } | { readonly kind: 'spill'; readonly index: number };

export interface Move<Source> {
  readonly to: Place;
  /** A place, or something made anew (`source`). */
  readonly from: Place | { readonly kind: 'make'; readonly source: Source };
}

/** `breakCycle` is asked for a place that holds nothing when moves form a cycle. */
export function orderMoves<Source>(moves: readonly Move<Source>[], breakCycle: () => Place): Move<Source>[] {
  const ordered: Move<Source>[] = [];
  const pending = moves.filter((move) => move.from.kind === 'make' || !isSamePlace(move.from, move.to));
  const made = pending.filter((move) => move.from.kind === 'make');
  let copies = pending.filter((move) => move.from.kind !== 'make');
  while (copies.length > 0) {
    const ready = copies.find((move) => !copies.some((other) => other !== move && isSamePlace(other.from as Place, move.to)));
    if (ready !== undefined) {
      ordered.push(ready);
      copies = copies.filter((move) => move !== ready);
      continue;
    }
    const first = copies[0] as Move<Source>;
    const rescue = breakCycle();
    ordered.push({ from: first.to, to: rescue });
    copies = copies.map((move) => (isSamePlace(move.from as Place, first.to) ? { ...move, from: rescue } : move));
  }
  // What is made anew reads no register: last, when its target is free.
  return [...ordered, ...made];
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.kind === 'register' ? b.kind === 'register' && a.register === b.register : b.kind === 'spill' && a.index === b.index;
}
