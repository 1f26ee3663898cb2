import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { MapType } from '../../abi/index.ts';
import { attach } from '../link/index.ts';
import { Counter, drive, nodeFlags, ringWriter } from '../live-test-support.ts';
import { KernelMap } from '../map/index.ts';
import { RingSleeper } from './index.ts';

const ring = { name: 'ring', type: MapType.Ringbuf, keySizeBytes: 0, valueSizeBytes: 0, maxEntries: 4096, flags: 0 };
/** Far less than the longest sleep, far more than a wake-up takes on a busy machine. */
const SOON_MS = 5_000;
const LONG_MS = 60_000;

async function msOf(sleep: Promise<void>): Promise<number> {
  const began = performance.now();
  await sleep;
  return performance.now() - began;
}

test('a sleep ends when it is ended, again and again, and when its time is over', async () => {
  using map = KernelMap.create(ring);
  using sleeper = new RingSleeper(map.fd, 0);
  for (let i = 0; i < 3; i++) {
    setTimeout(() => sleeper.wake(), 20);
    const ms = await msOf(sleeper.sleep(LONG_MS));
    assert.ok(ms > 10 && ms < SOON_MS, String(ms));
  }
  const ms = await msOf(sleeper.sleep(30));
  assert.ok(ms > 20 && ms < SOON_MS, String(ms));
});

test('records that are there end it at once, though nobody gave a wake-up', async () => {
  using counter = new Counter(ringWriter(2), [ring]);
  using sleeper = new RingSleeper(counter.collection.maps.get('ring')!.fd, 0);
  using _link = attach(counter.program, { kind: 'rawTracepoint', event: 'sys_enter' });
  drive(1);
  assert.ok((await msOf(sleeper.sleep(LONG_MS))) < SOON_MS);
});

test('a process that ends does not wait for it', () => {
  const program = `
    import { KernelMap } from ${JSON.stringify(import.meta.resolve('../map/index.ts'))};
    import { RingSleeper } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
    const sleeper = new RingSleeper(KernelMap.create(${JSON.stringify(ring)}).fd, 0);
    void sleeper.sleep(${LONG_MS});
    setTimeout(() => process.exit(7), 50);`;
  const { status, signal } = spawnSync(process.execPath, [...nodeFlags, '--input-type=module', '-e', program], {
    timeout: LONG_MS / 2,
  });
  assert.deepEqual([status, signal], [7, null]);
});
