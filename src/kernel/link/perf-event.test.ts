/** What perf_event_open is given: on no machine of ours are there hardware counters to show it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPerfEvent, hardwareEvents } from '../../abi/index.ts';
import { SystemError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { FakeSyscalls } from '../sys/fake.ts';
import { onlineCpus } from '../sys/index.ts';
import { attach } from './index.ts';

const program = { fd: 3, name: 'p', expectedAttachType: 0 };

interface Opened {
  readonly type: number;
  readonly sizeBytes: number;
  readonly config: bigint;
  readonly period: bigint;
  readonly flags: bigint;
  readonly access: number;
  readonly address: bigint;
  readonly lengthBytes: bigint;
  readonly pid: unknown;
  readonly cpu: unknown;
}

/** Attaches to a kernel that takes everything; gives what was asked of it. */
function opened(hook: Hook): Opened[] {
  const found: Opened[] = [];
  const fake = new FakeSyscalls({
    bpf: () => 9,
    ioctl: () => 0,
    close: () => 0,
    perf_event_open: (attr, pid, cpu) => {
      const view = new DataView((attr as Uint8Array).buffer);
      found.push({
        type: view.getUint32(0, true),
        sizeBytes: view.getUint32(4, true),
        config: view.getBigUint64(8, true),
        period: view.getBigUint64(16, true),
        flags: view.getBigUint64(40, true),
        access: view.getUint32(52, true),
        address: view.getBigUint64(56, true),
        lengthBytes: view.getBigUint64(64, true),
        pid,
        cpu,
      });
      return 7;
    },
  });
  using _ = fake.install();
  attach(program, hook).close();
  return found;
}

function counter(name: string, more: { readonly period?: bigint; readonly pid?: number } = {}): Hook {
  const { type, config, defaultPeriod } = findPerfEvent(hardwareEvents, name)!;
  const { period = defaultPeriod, pid } = more;
  return { kind: 'perfEvent', eventType: type, config, period, cpus: 'all', ...(pid === undefined ? {} : { pid }) };
}

test('P-81 hardware events by their numbers in linux/perf_event.h, with their periods', () => {
  const numbers = Object.fromEntries(
    hardwareEvents.map(({ name }) => {
      const [{ type, config, period }] = opened(counter(name)) as [Opened];
      assert.equal(type, 0);
      return [name, [config, period]];
    }),
  );
  assert.deepEqual(numbers, {
    'cpu-cycles': [0n, 1_000_000n],
    instructions: [1n, 1_000_000n],
    'cache-references': [2n, 1_000_000n],
    'cache-misses': [3n, 1_000_000n],
    'branch-instructions': [4n, 100_000n],
    'branch-misses': [5n, 100_000n],
    'bus-cycles': [6n, 100_000n],
    'frontend-stalls': [7n, 1_000_000n],
    'backend-stalls': [8n, 1_000_000n],
    'ref-cycles': [9n, 1_000_000n],
  });
});

test('P-82 on every CPU that is online, for all tasks', () => {
  const events = opened(counter('cycles', { period: 77n }));
  assert.deepEqual(
    events.map(({ pid, cpu, period, flags, sizeBytes }) => [pid, cpu, period, flags, sizeBytes]),
    onlineCpus().map((cpu) => [-1, cpu, 77n, 0n, 136]),
  );
});

test('P-82 of a process: each of its threads, wherever it runs, and those that it starts', () => {
  const events = opened(counter('branches', { pid: process.pid }));
  assert.ok(events.length > 1, 'Node has several threads');
  assert.ok(events.some(({ pid }) => pid === process.pid));
  for (const { cpu, flags } of events) assert.deepEqual([cpu, flags], [-1, (1n << 1n) | (1n << 35n)]);
});

test('P-85 a watchpoint is an event of its own type, with place, length and kind of access', () => {
  const breakpoint = { address: 0xffff_8880_0000_1000n, lengthBytes: 4, access: 3 };
  const [first, ...others] = opened({
    kind: 'perfEvent',
    eventType: 5,
    config: 0n,
    period: 1n,
    cpus: 'all',
    breakpoint,
  });
  const { type, period, access, address, lengthBytes, pid } = first!;
  assert.deepEqual([type, period, access, address, lengthBytes, pid], [5, 1n, 3, breakpoint.address, 4n, -1]);
  assert.equal(others.length, onlineCpus().length - 1);
});

test('P-82 a machine without the counter is said to have none', () => {
  const fake = new FakeSyscalls({ perf_event_open: () => -2, close: () => 0 });
  using _ = fake.install();
  assert.throws(
    () => attach(program, counter('cache-misses')),
    (error: unknown) => {
      assert.ok(error instanceof SystemError);
      assert.equal(error.message, 'perf_event_open of type 0, config 3: No such file or directory (ENOENT)');
      assert.match(
        error.advice!,
        /^This machine does not have that event: virtual machines often lack hardware counters/,
      );
      return true;
    },
  );
});
