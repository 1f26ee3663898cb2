import { Attr } from './attr.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

const CLOCK_REALTIME = 0;
const CLOCK_BOOTTIME = 7;
const CLOCK_TAI = 11;

/** For measuring how long something takes. (Node loads eight modules of its own, some 2 ms, for performance.now().) */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Nanoseconds since boot, time asleep included: the clock of bpf_ktime_get_boot_ns(). */
export function bootTimeNs(): bigint {
  return readClock(CLOCK_BOOTTIME);
}

/** What to add to CLOCK_BOOTTIME to get nanoseconds since the Unix epoch, as of now. */
export function bootTimeOffsetNs(): bigint {
  return offsetFromBootTimeNs(CLOCK_REALTIME);
}

/** What to add to CLOCK_BOOTTIME to get CLOCK_TAI, as of now. */
export function taiOffsetNs(): bigint {
  return offsetFromBootTimeNs(CLOCK_TAI);
}

/** Between two looks at one clock the other is read: half-way is the best guess. */
function offsetFromBootTimeNs(clock: number): bigint {
  const before = readClock(CLOCK_BOOTTIME);
  const other = readClock(clock);
  const after = readClock(CLOCK_BOOTTIME);
  return other - (before + after) / 2n;
}

function readClock(clock: number): bigint {
  const time = new Attr(16);
  checked('clock_gettime', syscalls().call('clock_gettime', clock, time.bytes));
  return time.getU64(0) * 1_000_000_000n + time.getU64(8);
}
