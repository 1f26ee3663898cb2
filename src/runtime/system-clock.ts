import { monotonicMs } from '../kernel/index.ts';
import type { SessionClock } from '../session/index.ts';

/** This machine's time. */
export const systemClock: SessionClock = {
  unixTimeNs: () => BigInt(Date.now()) * 1_000_000n,
  nowMs: monotonicMs,
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
