import type { SessionClock, Sleep } from './backend.ts';

const BUSY_MS = 1;
/** With this much at a look, records come fast. */
const BUSY_BYTES = 1 << 16;
const CALM_MIN_MS = 5;
const CALM_MAX_MS = 10;
const MAX_IDLE_MS = 50;
const MIN_IDLE_MS = 5;
/** Without records there is little to look for: warnings. */
const NO_RING_MS = 250;
/** Bytes per millisecond of a ring that one CPU fills as fast as it can, doubled for safety. */
const FILL_RATE = 340_000;
/** A sleeper is woken by the next record; warnings don't wake it. */
const SLEEP_MS = 500;
/** A sleep that is over so soon with nothing to take met a record that is still being written. */
const RESTLESS_MS = 2;

/**
 * How long to wait between looks into the ring: short while records come, longer when none do, and never so long
 * that a burst out of silence fills the ring. In longer silence it sleeps until it is woken, where the backend can do that.
 */
export class PollTimer {
  readonly #clock: SessionClock;
  readonly #sleep: (maxMs: number) => Sleep | undefined;
  readonly #idleMs: number;
  #delayMs: number;
  #isRestless = false;
  #wake: (() => void) | undefined;

  constructor(
    clock: SessionClock,
    ringSizeBytes: number | undefined,
    sleep: (maxMs: number) => Sleep | undefined = () => undefined,
  ) {
    this.#clock = clock;
    this.#sleep = sleep;
    this.#idleMs =
      ringSizeBytes === undefined
        ? NO_RING_MS
        : Math.min(Math.max(ringSizeBytes / FILL_RATE, MIN_IDLE_MS), MAX_IDLE_MS);
    this.#delayMs = ringSizeBytes === undefined ? NO_RING_MS : BUSY_MS;
  }

  /** Waits for the next look; `taken` bytes came at the last one. */
  async wait(taken: number): Promise<void> {
    const isIdle = taken === 0 && this.#delayMs >= this.#idleMs;
    if (taken >= BUSY_BYTES) this.#delayMs = Math.max(BUSY_MS, this.#delayMs / 2);
    else if (taken > 0) this.#delayMs = Math.min(Math.max(this.#delayMs, CALM_MIN_MS), CALM_MAX_MS);
    else this.#delayMs = Math.min(this.#delayMs * 1.5, this.#idleMs);
    const sleep = isIdle && !this.#isRestless ? this.#sleep(SLEEP_MS) : undefined;
    if (sleep === undefined) await this.#pause();
    else await this.#doze(sleep);
    this.#wake = undefined;
  }

  async #pause(): Promise<void> {
    this.#isRestless = false;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(this.#delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  async #doze(sleep: Sleep): Promise<void> {
    const began = this.#clock.nowMs();
    this.#wake = () => sleep.wake();
    await sleep.over;
    this.#isRestless = this.#clock.nowMs() - began < RESTLESS_MS;
  }

  /** Ends a wait at once. */
  wake(): void {
    this.#wake?.();
  }
}
