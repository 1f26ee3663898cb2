import type { SessionClock } from './backend.ts';

const BUSY_MS = 1;
/** With this much at a look, records come fast. */
const BUSY_BYTES = 1 << 16;
const CALM_MIN_MS = 5;
const CALM_MAX_MS = 10;
const MAX_IDLE_MS = 50;
const MIN_IDLE_MS = 5;
const NO_RING_MS = 100;
/** Bytes per millisecond of a ring that one CPU fills as fast as it can, doubled for safety. */
const FILL_RATE = 340_000;

/**
 * How long to wait between looks into the ring: short while records come, longer when none do, and never so long
 * that a burst out of silence fills the ring.
 */
export class PollTimer {
  readonly #clock: SessionClock;
  readonly #idleMs: number;
  #delayMs: number;
  #wake: (() => void) | undefined;

  constructor(clock: SessionClock, ringSizeBytes: number | undefined) {
    this.#clock = clock;
    this.#idleMs =
      ringSizeBytes === undefined
        ? NO_RING_MS
        : Math.min(Math.max(ringSizeBytes / FILL_RATE, MIN_IDLE_MS), MAX_IDLE_MS);
    this.#delayMs = ringSizeBytes === undefined ? NO_RING_MS : BUSY_MS;
  }

  /** Waits for the next look; `taken` bytes came at the last one. */
  async wait(taken: number): Promise<void> {
    if (taken >= BUSY_BYTES) this.#delayMs = Math.max(BUSY_MS, this.#delayMs / 2);
    else if (taken > 0) this.#delayMs = Math.min(Math.max(this.#delayMs, CALM_MIN_MS), CALM_MAX_MS);
    else this.#delayMs = Math.min(this.#delayMs * 1.5, this.#idleMs);
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(this.#delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Ends a wait at once. */
  wake(): void {
    this.#wake?.();
  }
}
