/** Orders moves that happen at once (call arguments, phis) so that none overwrites what another still reads. */

export type Place =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'spill'; readonly index: number };

export interface Move<Source> {
  readonly to: Place;
  /** A place, or something made anew (`source`). */
  readonly from: Place | { readonly kind: 'make'; readonly source: Source };
}

/**
 * The moves one after another; those that change nothing are left out. `rescuePlace` is asked, at most once, for a
 * place that holds nothing when moves form a cycle.
 */
export function orderMoves<Source>(moves: readonly Move<Source>[], rescuePlace: () => Place): Move<Source>[] {
  const ordered: Move<Source>[] = [];
  const pending = moves.filter((move) => !changesNothing(move));
  const made = pending.filter((move) => move.from.kind === 'make');
  let copies = pending.filter((move) => move.from.kind !== 'make');
  let rescue: Place | undefined;
  while (copies.length > 0) {
    const ready = copies.find(
      (move) => !copies.some((other) => other !== move && isSamePlace(other.from as Place, move.to)),
    );
    if (ready !== undefined) {
      ordered.push(ready);
      copies = copies.filter((move) => move !== ready);
      continue;
    }
    // Only cycles are left: the rescue place of an earlier one has been read.
    const { to } = copies[0] as Move<Source>;
    const away = (rescue ??= rescuePlace());
    ordered.push({ from: to, to: away });
    copies = copies.map((move) => (isSamePlace(move.from as Place, to) ? { ...move, from: away } : move));
  }
  // What is made anew reads no register: last, when its target is free.
  return [...ordered, ...made];
}

export function changesNothing({ from, to }: Move<unknown>): boolean {
  return from.kind !== 'make' && isSamePlace(from, to);
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.kind === 'register'
    ? b.kind === 'register' && a.register === b.register
    : b.kind === 'spill' && a.index === b.index;
}
