/** Rates of profile and interval (spec P-75): `hz:99`, `ms:10`, or in two parts `1s`, `100000` (nanoseconds). */
import { readOutsideInteger, type AttachPointText } from '../../syntax/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Resolution } from '../provider.ts';
import { didYouMean, pointError, refused, wrongCount } from '../messages.ts';

export interface Rate {
  /** As in the probe's name: `hz:99`. */
  readonly name: string;
  /** What the perf event is opened with. */
  readonly sampling: { readonly period: bigint } | { readonly frequencyHz: number };
}

/** Nanoseconds. */
const UNITS: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n };
export const UNIT_NAMES: readonly string[] = ['hz', 'ms', 's', 'us'];
const SHORTEST_NS = 1000n;
const LONGEST_NS = (1n << 63n) - 1n;

export function parseRate(provider: string, point: AttachPointText): Rate | Resolution {
  const [, first, second, ...more] = point.components.map((component) => component.text);
  if (first === undefined || more.length > 0)
    return wrongCount(point, provider, '2', `${provider}:ms:10 or ${provider}:10ms`);
  return second === undefined ? parseDuration(provider, point, first) : parseUnit(provider, point, first, second);
}

function parseDuration(provider: string, point: AttachPointText, text: string): Rate | Resolution {
  if (Object.hasOwn(UNITS, text) || text === 'hz') return wrongCount(point, provider, '2', `${provider}:${text}:10`);
  const ns = readOutsideInteger(text);
  if (ns === undefined || ns < 0n) {
    return refused(
      pointError(point, 'rate', `Invalid rate of ${provider} probe: '${text}' is not a duration`, [
        `Write it as ${provider}:ms:10 or ${provider}:10ms.`,
      ]),
    );
  }
  const name = ns % 1000n === 0n ? `us:${ns / 1000n}` : `ns:${ns}`;
  return checkPeriod(provider, point, ns, name);
}

function parseUnit(provider: string, point: AttachPointText, unit: string, text: string): Rate | Resolution {
  const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (scale === undefined && unit !== 'hz') {
    const hint = didYouMean(nearest(unit, UNIT_NAMES)) ?? `Units are ${UNIT_NAMES.join(', ')}.`;
    return refused(pointError(point, 'rate', `${unit} is not an accepted unit of time`, [hint]));
  }
  const count = readOutsideInteger(text);
  if (count === undefined || count < 0n)
    return refused(pointError(point, 'rate', `Invalid rate of ${provider} probe: '${text}' is not a positive integer`));
  return scale === undefined
    ? checkFrequency(provider, point, count)
    : checkPeriod(provider, point, count * scale, `${unit}:${count}`);
}

function checkPeriod(provider: string, point: AttachPointText, ns: bigint, name: string): Rate | Resolution {
  if (ns < SHORTEST_NS)
    return refused(
      pointError(
        point,
        'rate',
        `Invalid rate of ${provider} probe. Minimum is 1000 or 1us. Found: ${ns} nanoseconds`,
        point.components.length === 2 ? [unitHint(provider, point.components[1]!.text)] : [],
      ),
    );
  if (ns > LONGEST_NS)
    return refused(
      pointError(
        point,
        'rate',
        `Invalid rate of ${provider} probe. Maximum is ${LONGEST_NS} nanoseconds. Found: ${ns} nanoseconds`,
      ),
    );
  return { name, sampling: { period: ns } };
}

/** A number without a unit: of a sampling probe one means samples per second. */
function unitHint(provider: string, text: string): string {
  return `A number alone is nanoseconds. Write it as ${provider}:${provider === 'profile' ? 'hz' : 's'}:${text}.`;
}

function checkFrequency(provider: string, point: AttachPointText, hz: bigint): Rate | Resolution {
  if (hz < 1n)
    return refused(pointError(point, 'rate', `Invalid rate of ${provider} probe. Minimum is 1 hz. Found: ${hz} hz`));
  if (hz > 1_000_000_000n)
    return refused(
      pointError(point, 'rate', `Invalid rate of ${provider} probe. Maximum is 1000000000 hz. Found: ${hz} hz`),
    );
  return { name: `hz:${hz}`, sampling: { frequencyHz: Number(hz) } };
}
