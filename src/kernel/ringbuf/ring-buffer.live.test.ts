import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapType } from '../../abi/index.ts';
import type { MapSpec, ProgramSpec } from '../../spec/index.ts';
import { attach } from '../link/index.ts';
import { Counter, drive, ringWriter } from '../live-test-support.ts';
import { RingBuffer } from './index.ts';

function ringSpec(sizeBytes: number): MapSpec {
  return { name: 'ring', type: MapType.Ringbuf, keySizeBytes: 0, valueSizeBytes: 0, maxEntries: sizeBytes, flags: 0 };
}

/** Loads and attaches a program that writes to a ring, and gives both to `body`. */
function withRing(sizeBytes: number, spec: ProgramSpec, body: (ring: RingBuffer, counter: Counter) => void): void {
  using counter = new Counter(spec, [ringSpec(sizeBytes)]);
  using ring = new RingBuffer(counter.collection.maps.get('ring')!);
  using _link = attach(counter.program, { kind: 'rawTracepoint', event: 'sys_enter' });
  body(ring, counter);
}

/** First words of all records; checks that the other words of each are the same. */
function drainAll(ring: RingBuffer, words: number): number[] {
  const numbers: number[] = [];
  ring.drain((view, offset, length) => {
    assert.equal(length, words * 8);
    const first = view.u32[offset >> 2]!;
    for (let i = 0; i < words; i++) assert.equal(view.data.getBigUint64(offset + i * 8, true), BigInt(first));
    numbers.push(first);
  });
  return numbers;
}

test('each record comes once, in order, whole at the end of the ring too', () => {
  withRing(4096, ringWriter(5), (ring) => {
    const expected: number[] = [];
    const seen: number[] = [];
    for (let round = 0; round < 40; round++) {
      drive(37);
      for (let i = 0; i < 37; i++) expected.push(expected.length);
      seen.push(...drainAll(ring, 5));
    }
    assert.deepEqual(seen, expected);
    assert.equal(ring.pendingBytes, 0);
  });
});

test('when the ring overflows, written = read + lost', () => {
  withRing(4096, ringWriter(2), (ring, counter) => {
    drive(1000);
    assert.ok(ring.pendingBytes > 4000);
    const seen = drainAll(ring, 2);
    const [written, lost] = counter.read(2) as [number, number];
    assert.equal(written, 1000);
    assert.equal(seen.length + lost, written);
    assert.ok(lost > 0);
    assert.deepEqual(seen, Array.from(seen.keys()), 'the oldest records stay');
    drive(10);
    assert.equal(drainAll(ring, 2).length, 10);
  });
});

test('discarded records are passed over', () => {
  withRing(4096, ringWriter(1, 3), (ring) => {
    drive(30);
    assert.deepEqual(
      drainAll(ring, 1),
      Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 3 !== 0),
    );
  });
});

test('a callback can stop, and the rest comes next time', () => {
  withRing(4096, ringWriter(1), (ring) => {
    drive(5);
    const seen: number[] = [];
    const takeTwo = (view: { u32: Uint32Array }, offset: number): boolean =>
      seen.push(view.u32[offset >> 2]!) % 2 !== 0;
    assert.equal(ring.drain(takeTwo), 2);
    assert.equal(ring.drain(takeTwo), 2);
    assert.equal(ring.drain(takeTwo), 1);
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });
});

test('after an error in the callback the next record follows', () => {
  withRing(4096, ringWriter(1), (ring) => {
    drive(3);
    assert.throws(
      () =>
        ring.drain(() => {
          throw new Error('mine');
        }),
      /mine/,
    );
    assert.deepEqual(drainAll(ring, 1), [1, 2]);
  });
});

test('a closed ring reads as nothing, and what was kept of it is empty', () => {
  withRing(4096, ringWriter(1), (ring) => {
    drive(1);
    let kept: Uint8Array | undefined;
    ring.drain((view) => void (kept = view.u8));
    ring.close();
    assert.equal(kept!.length, 0);
    assert.equal(kept![0], undefined);
    assert.equal(ring.pendingBytes, 0);
    assert.throws(() => ring.drain(() => {}), /is closed/);
  });
});
