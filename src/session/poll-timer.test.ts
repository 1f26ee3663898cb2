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
  assert.deepEqual(await delays(undefined, times(3, 0)), [250, 250, 250]);
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

test('in longer silence it sleeps, until a record comes', async () => {
  const asked: string[] = [];
  let now = 0;
  /** How long the sleep lasts. */
  let sleepMs = 400;
  const clock: SessionClock = {
    unixTimeNs: () => 0n,
    nowMs: () => now,
    after(delayMs, callback) {
      asked.push(`${Math.round(delayMs)}`);
      queueMicrotask(callback);
      return () => {};
    },
  };
  const timer = new PollTimer(clock, 8 << 20, (maxMs) => {
    asked.push(`sleep ${maxMs}`);
    return { over: Promise.resolve().then(() => void (now += sleepMs)), wake: () => {} };
  });
  for (const bytes of [...times(11, 0), 100, ...times(5, 0)]) await timer.wait(bytes);
  assert.deepEqual(asked.slice(6), [
    '17',
    '25',
    'sleep 500',
    'sleep 500',
    'sleep 500',
    '10',
    '15',
    '23',
    '25',
    'sleep 500',
    'sleep 500',
  ]);
  // What wakes it at once without giving anything, a record that is being written, is waited for.
  asked.length = 0;
  sleepMs = 0;
  for (const bytes of times(4, 0)) await timer.wait(bytes);
  assert.deepEqual(asked, ['sleep 500', '25', 'sleep 500', '25']);
});

test('a sleep can be ended at once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const clock: SessionClock = {
    unixTimeNs: () => 0n,
    nowMs: () => 0,
    after(_, callback) {
      queueMicrotask(callback);
      return () => {};
    },
  };
  const timer = new PollTimer(clock, 1 << 20, () => ({ over: promise, wake: resolve }));
  for (let i = 0; i < 4; i++) await timer.wait(0);
  const waiting = timer.wait(0);
  timer.wake();
  await waiting;
});
