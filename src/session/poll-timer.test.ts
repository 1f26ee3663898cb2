import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionClock } from './index.ts';
import { PollTimer } from './poll-timer.ts';

/** The delays that a timer asks for when so many bytes come at each look. */
async function delays(ringSizeBytes: number | undefined, taken: readonly number[]): Promise<number[]> {
  const asked: number[] = [];
  const clock: SessionClock = {
    unixTimeNs: () => 0n,
    nowMs: () => 0,
    after(delayMs, callback) {
      asked.push(Math.round(delayMs));
      queueMicrotask(callback);
      return () => {};
    },
  };
  const timer = new PollTimer(clock, ringSizeBytes);
  for (const bytes of taken) await timer.wait(bytes);
  return asked;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('silence backs off to what the ring can hold of a burst', async () => {
  assert.deepEqual((await delays(8 << 20, times(12, 0))).slice(-2), [25, 25]);
  assert.deepEqual((await delays(64 << 20, times(15, 0))).slice(-2), [50, 50]);
  assert.deepEqual((await delays(1 << 20, times(12, 0))).slice(-2), [5, 5]);
  assert.deepEqual(await delays(undefined, times(3, 0)), [100, 100, 100]);
});

test('many records make it quick, a few keep it calm', async () => {
  assert.deepEqual((await delays(8 << 20, [...times(12, 0), ...times(6, 1 << 20)])).slice(-6), [12, 6, 3, 2, 1, 1]);
  assert.deepEqual((await delays(8 << 20, [...times(12, 0), 100, 100])).slice(-2), [10, 10]);
  assert.deepEqual((await delays(8 << 20, [1 << 20, 100, 0])).slice(-2), [5, 8]);
});

test('a wait can be ended at once', async () => {
  let cancelled = false;
  const timer = new PollTimer(
    { unixTimeNs: () => 0n, nowMs: () => 0, after: () => () => void (cancelled = true) },
    8 << 20,
  );
  const waiting = timer.wait(0);
  timer.wake();
  await waiting;
  assert.ok(cancelled);
});
