import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaints, fakeTarget, options, pointNames, resolve } from '../testing.ts';
import { hardware, software } from './counters.ts';
import { interval, profile } from './timers.ts';

function hookOf(text: string, given = options()) {
  return resolve(text, fakeTarget(), given).variants[0]?.points[0]?.hook;
}

test('P-76 P-77 profile samples on all CPUs, or on a process; interval on one CPU', () => {
  const clock = { kind: 'perfEvent', eventType: 1, config: 0n } as const;
  assert.deepEqual(hookOf('profile:hz:99'), { ...clock, frequencyHz: 99, cpus: 'all' });
  assert.deepEqual(hookOf('profile:ms:10', options({ pid: 42 })), {
    ...clock,
    period: 10_000_000n,
    cpus: 'all',
    pid: 42,
  });
  assert.deepEqual(hookOf('interval:s:1', options({ pid: 42 })), { ...clock, period: 1_000_000_000n, cpus: 'one' });
});

test('names of timers', () => {
  const names = ['interval:s:1', 'i:ms:010', 'profile:1ms', 'interval:100000', 'interval:1500'].map(
    (text) => pointNames(resolve(text))[0],
  );
  assert.deepEqual(names, ['interval:s:1', 'interval:ms:8', 'profile:us:1000', 'interval:us:100', 'interval:ns:1500']);
});

test('wrong rates', () => {
  assert.equal(
    complaints(resolve('interval:x:1')),
    'error: x is not an accepted unit of time\nhint: Units are hz, ms, s, us.',
  );
  assert.equal(
    complaints(resolve('interval:mss:1')),
    'error: mss is not an accepted unit of time\nhint: Did you mean ms?',
  );
  assert.equal(
    complaints(resolve('interval:500')),
    'error: Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 500 nanoseconds\n' +
      'hint: A number alone is nanoseconds. Write it as interval:s:500.',
  );
  assert.equal(
    complaints(resolve('profile:hz:0')),
    'error: Invalid rate of profile probe. Minimum is 1 hz. Found: 0 hz',
  );
  assert.equal(
    complaints(resolve('profile:hz:x')),
    "error: Invalid rate of profile probe: 'x' is not a positive integer",
  );
  assert.equal(
    complaints(resolve('profile:hz')),
    'error: profile probe type requires 2 arguments, found 1\nhint: Write it as profile:hz:10.',
  );
  assert.equal(
    complaints(resolve('interval:s:1:2')),
    'error: interval probe type requires 2 arguments, found 3\nhint: Write it as interval:ms:10 or interval:10ms.',
  );
  assert.match(complaints(resolve('interval:s:99999999999')), /^error: Invalid rate of interval probe\. Maximum is/);
});

test('software and hardware events have default periods and other names', () => {
  assert.deepEqual(hookOf('software:faults'), {
    kind: 'perfEvent',
    eventType: 1,
    config: 2n,
    period: 100n,
    cpus: 'all',
  });
  assert.deepEqual(hookOf('hardware:cache-misses:500', options({ pid: 7 })), {
    kind: 'perfEvent',
    eventType: 0,
    config: 3n,
    period: 500n,
    cpus: 'all',
    pid: 7,
  });
  assert.deepEqual(pointNames(resolve('s:page-faults')), ['software:page-faults:100']);
  assert.deepEqual(pointNames(resolve('s:page-faults:')), ['software:page-faults:100']);
  assert.deepEqual(
    pointNames(resolve('software:*-faults:5')),
    ['alignment', 'emulation', 'major', 'minor', 'page'].map((name) => `software:${name}-faults:5`),
  );
});

test('unknown events and bad periods', () => {
  assert.equal(
    complaints(resolve('software:page-fault')),
    'error: Unknown software event: page-fault\nhint: Did you mean software:page-faults?',
  );
  assert.equal(
    complaints(resolve('hardware:cycles:0')),
    "error: Invalid sample period of hardware probe: '0' is not a positive integer",
  );
  assert.equal(
    complaints(resolve('software')),
    'error: software probe type requires 1 to 2 arguments, found 0\nhint: Write it as software:alignment-faults:100.',
  );
});

test('registers stand at the start of the context', () => {
  const { context } = resolve('profile:hz:99').variants[0]!;
  assert.deepEqual(context.register?.('ip'), { kind: 'word', offset: 128, size: 8, signed: false });
  assert.deepEqual(context.register?.('rip'), { error: "'rip' is not a register of x86_64: did you mean 'ip'?" });
  assert.deepEqual(context.userMode, {
    kind: 'maskEquals',
    base: { kind: 'word', offset: 136, size: 8, signed: false },
    mask: 3,
    equals: 3,
  });
});

test('listing', () => {
  const quiet = { verbose: false, pid: undefined };
  assert.deepEqual(interval.list([], fakeTarget(), quiet).lines, [
    'interval:hz:',
    'interval:ms:',
    'interval:s:',
    'interval:us:',
  ]);
  assert.deepEqual(profile.list(['m*'], fakeTarget(), quiet).lines, ['profile:ms:']);
  assert.deepEqual(software.list(['cpu*'], fakeTarget(), quiet).lines, [
    'software:cpu-clock:',
    'software:cpu-migrations:',
    'software:cpu:',
  ]);
  assert.deepEqual(hardware.list(['*', '*'], fakeTarget(), quiet).lines.length, 12);
});
