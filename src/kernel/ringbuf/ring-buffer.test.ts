import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapType } from '../../abi/index.ts';
import { BugError } from '../../base/index.ts';
import { KernelMap } from '../map/index.ts';
import { FakeSyscalls } from '../sys/fake.ts';
import { pageSizeBytes } from '../sys/index.ts';
import { RingBuffer } from './index.ts';

const SIZE = 1 << 20;
const BUSY = 0x80000000;
const DISCARD = 0x40000000;

/** A ring whose kernel side the test plays: memory of the consumer, and of the producer with the doubled data. */
class FakeRing extends FakeSyscalls {
  readonly consumer = new ArrayBuffer(pageSizeBytes());
  readonly producer = new ArrayBuffer(pageSizeBytes() + 2 * SIZE);
  readonly #positions = new DataView(this.producer);
  #end: bigint;

  constructor(start: bigint) {
    super({ bpf: () => 5, mmap: () => 0x1000, munmap: () => 0, close: () => 0 });
    this.#end = start;
    new BigUint64Array(this.consumer)[0] = start;
    this.#positions.setBigUint64(0, start, true);
  }
  override view(_address: number, sizeBytes: number): ArrayBuffer {
    return sizeBytes === this.consumer.byteLength ? this.consumer : this.producer;
  }
  /** Writes a record of one u64 in both copies. Returns where. */
  write(value: bigint, flags = 0, length = 8): number {
    const at = Number(this.#end % BigInt(SIZE));
    for (const copy of [at, at + SIZE]) {
      if (copy + 16 > 2 * SIZE) continue;
      this.#positions.setUint32(pageSizeBytes() + copy, (length | flags) >>> 0, true);
      this.#positions.setBigUint64(pageSizeBytes() + copy + 8, value, true);
    }
    this.#end += BigInt((length + 15) & ~7);
    this.#positions.setBigUint64(0, this.#end, true);
    return at;
  }
  setHeader(at: number, header: number): void {
    for (const copy of [at, at + SIZE]) this.#positions.setUint32(pageSizeBytes() + copy, header, true);
  }
  get consumed(): bigint {
    return new BigUint64Array(this.consumer)[0]!;
  }
  get end(): bigint {
    return this.#end;
  }
}

function open(fake: FakeRing, body: (ring: RingBuffer) => void): void {
  using _ = fake.install();
  using map = KernelMap.create({
    name: 'ring',
    type: MapType.Ringbuf,
    keySizeBytes: 0,
    valueSizeBytes: 0,
    maxEntries: SIZE,
    flags: 0,
  });
  using ring = new RingBuffer(map);
  body(ring);
}
function values(ring: RingBuffer): bigint[] {
  const seen: bigint[] = [];
  ring.drain((view, offset) => void seen.push(view.data.getBigUint64(offset, true)));
  return seen;
}

test('a record that is still being written holds back those behind it', () => {
  const fake = new FakeRing(0n);
  open(fake, (ring) => {
    fake.write(1n);
    const busy = fake.write(2n, BUSY);
    fake.write(3n);
    assert.deepEqual(values(ring), [1n]);
    assert.equal(fake.consumed, 16n);
    assert.deepEqual(values(ring), []);
    fake.setHeader(busy, 8);
    assert.deepEqual(values(ring), [2n, 3n]);
    assert.equal(fake.consumed, fake.end);
  });
});

test('positions beyond 2^31 and 2^32 count on', () => {
  for (const start of [2n ** 31n - 32n, 2n ** 32n - 32n, 2n ** 45n - 32n]) {
    const fake = new FakeRing(start);
    open(fake, (ring) => {
      for (let i = 0n; i < 6n; i++) fake.write(i, i === 3n ? DISCARD : 0);
      assert.equal(ring.pendingBytes, 96);
      assert.deepEqual(values(ring), [0n, 1n, 2n, 4n, 5n]);
      assert.equal(fake.consumed, start + 96n);
      assert.equal(ring.pendingBytes, 0);
    });
  }
});

test('the program gets room back while a long drain goes on', () => {
  const fake = new FakeRing(0n);
  open(fake, (ring) => {
    for (let i = 0n; i < 20_000n; i++) fake.write(i);
    const published = new Set<bigint>();
    ring.drain(() => void published.add(fake.consumed));
    assert.deepEqual([...published], [0n, 65_536n, 131_072n, 196_608n, 262_144n]);
    assert.equal(fake.consumed, 320_000n);
  });
});

test('rings over 1 GiB are ours to refuse', () => {
  const fake = new FakeRing(0n);
  using _ = fake.install();
  using map = KernelMap.create({
    name: 'ring',
    type: MapType.Ringbuf,
    keySizeBytes: 0,
    valueSizeBytes: 0,
    maxEntries: 2 ** 31,
    flags: 0,
  });
  assert.throws(() => new RingBuffer(map), BugError);
});
