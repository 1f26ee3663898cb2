import { computeRates, type MapNumbers, type MapSnapshot, numbersOf, type RateRow } from '../output/index.ts';

interface Baseline {
  readonly map: string;
  readonly numbers: MapNumbers;
  readonly atMs: number;
}

/** What each print(rate()) showed last, and when. */
export class Rates {
  readonly #startMs: number;
  readonly #baselines = new Map<number, Baseline>();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** Since the last time of the same `statement`, at first since the start. */
  next(statement: number, snapshot: MapSnapshot, nowMs: number): RateRow[] {
    const { numbers, atMs } = this.#baselines.get(statement) ?? { numbers: new Map(), atMs: this.#startMs };
    this.#baselines.set(statement, { map: snapshot.map.name, numbers: numbersOf(snapshot), atMs: nowMs });
    return computeRates(snapshot, numbers, (nowMs - atMs) / 1000);
  }

  /** The map counts from 0 again. */
  reset(map: string): void {
    for (const [statement, baseline] of this.#baselines)
      if (baseline.map === map) this.#baselines.set(statement, { ...baseline, numbers: new Map() });
  }
}
