import type { TimeZone } from './resolver.ts';

/** The fields of a moment in the local zone, as struct tm has them. */
interface BrokenTime {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** 0 … 11. */
  readonly month: number;
  readonly year: number;
  /** 0: Sunday. */
  readonly weekday: number;
  /** 0 … 365. */
  readonly dayOfYear: number;
  readonly nanosecond: number;
  readonly unixSeconds: bigint;
  readonly zone: TimeZone;
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const SECOND_NS = 1_000_000_000n;
const DAY_MS = 86_400_000;

const CONVERSION = /%([-_0^#]*)(\d*)[EO]?([A-Za-z%+])/g;

interface Zones {
  timeZone(unixSeconds: number): TimeZone;
}

/**
 * strftime(3) in the C locale for a time in ns since the Unix epoch. Beside the C conversions: `%f` microseconds,
 * `%l` milliseconds, `%k` nanoseconds within the second.
 */
export function formatTime(format: string, unixNs: bigint, zones: Zones): string {
  return new TimeFormatter(format, zones).format(unixNs);
}

/** formatTime for one format again and again: most of the text is made once a second. */
export class TimeFormatter {
  readonly #zones: Zones;
  /** Pieces of the format; every second one is a conversion of the time within the second. */
  readonly #pieces: readonly string[];
  #second: bigint | undefined;
  #time: BrokenTime | undefined;
  #texts: readonly string[] = [];

  constructor(format: string, zones: Zones) {
    this.#zones = zones;
    this.#pieces = splitWithinSecond(format);
  }

  format(unixNs: bigint): string {
    const nanosecond = ((unixNs % SECOND_NS) + SECOND_NS) % SECOND_NS;
    const second = (unixNs - nanosecond) / SECOND_NS;
    if (second !== this.#second || this.#time === undefined) {
      const time = breakDown(second, this.#zones);
      this.#texts = this.#pieces.map((piece, index) => (index % 2 === 0 ? expand(piece, time) : piece));
      this.#time = time;
      this.#second = second;
    }
    if (this.#texts.length === 1) return this.#texts[0] as string;
    const now = { ...this.#time, nanosecond: Number(nanosecond) };
    return this.#texts.map((text, index) => (index % 2 === 0 ? text : expand(text, now))).join('');
  }
}

function splitWithinSecond(format: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (const match of format.matchAll(CONVERSION)) {
    if (!'fkl'.includes(match[3] as string)) continue;
    pieces.push(format.slice(start, match.index), match[0]);
    start = match.index + match[0].length;
  }
  return [...pieces, format.slice(start)];
}

/** The zone of this process at a moment, from the runtime's own tables. The name, dear to find, is looked up when asked for. */
export function localTimeZone(unixSeconds: number): TimeZone {
  const date = new Date(unixSeconds * 1000);
  return {
    offsetMinutes: -date.getTimezoneOffset(),
    get name() {
      return zoneName(date);
    },
  };
}

/** Each locale abbreviates the zones of its own part of the world and writes `GMT+5` for the others. */
function zoneName(date: Date): string {
  const names = ['en-US', 'en-GB', 'en-AU', 'en-IN'].map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => /^[A-Z]{3,5}$/.test(name)) ?? (names[0] as string);
}

function breakDown(unixSeconds: bigint, zones: Zones): BrokenTime {
  const zone = zones.timeZone(Number(unixSeconds));
  const local = new Date(Number(unixSeconds) * 1000 + zone.offsetMinutes * 60_000);
  const year = local.getUTCFullYear();
  return {
    second: local.getUTCSeconds(),
    minute: local.getUTCMinutes(),
    hour: local.getUTCHours(),
    day: local.getUTCDate(),
    month: local.getUTCMonth(),
    year,
    weekday: local.getUTCDay(),
    dayOfYear: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / DAY_MS),
    nanosecond: 0,
    unixSeconds,
    zone,
  };
}

function expand(format: string, time: BrokenTime): string {
  return format.replace(CONVERSION, (whole, flags: string, width: string, letter: string) => {
    const field = convert(letter, time);
    if (field === undefined) return whole;
    return typeof field === 'string' ? formatText(field, flags, width) : formatNumber(field, flags, width);
  });
}

interface NumberField {
  readonly value: number;
  readonly width: number;
  readonly fill: string;
}

const zero = (value: number, width = 2): NumberField => ({ value, width, fill: '0' });
const blank = (value: number, width = 2): NumberField => ({ value, width, fill: ' ' });

type Field = NumberField | string;

/** By letter. Some are short for others: those are in COMPOSED. */
const FIELDS: Readonly<Record<string, (time: BrokenTime) => Field>> = {
  a: (time) => (WEEKDAYS[time.weekday] as string).slice(0, 3),
  A: (time) => WEEKDAYS[time.weekday] as string,
  b: (time) => (MONTHS[time.month] as string).slice(0, 3),
  B: (time) => MONTHS[time.month] as string,
  C: (time) => zero(Math.floor(time.year / 100)),
  d: (time) => zero(time.day),
  e: (time) => blank(time.day),
  f: (time) => zero(Math.floor(time.nanosecond / 1000), 6),
  g: (time) => zero(isoWeek(time).year % 100),
  G: (time) => zero(isoWeek(time).year, 1),
  H: (time) => zero(time.hour),
  I: (time) => zero(time.hour % 12 === 0 ? 12 : time.hour % 12),
  j: (time) => zero(time.dayOfYear + 1, 3),
  k: (time) => zero(time.nanosecond, 9),
  l: (time) => zero(Math.floor(time.nanosecond / 1_000_000), 3),
  m: (time) => zero(time.month + 1),
  M: (time) => zero(time.minute),
  n: () => '\n',
  p: (time) => (time.hour < 12 ? 'AM' : 'PM'),
  P: (time) => (time.hour < 12 ? 'am' : 'pm'),
  s: (time) => time.unixSeconds.toString(),
  S: (time) => zero(time.second),
  t: () => '\t',
  u: (time) => zero(time.weekday === 0 ? 7 : time.weekday, 1),
  U: (time) => zero(Math.floor((time.dayOfYear + 7 - time.weekday) / 7)),
  V: (time) => zero(isoWeek(time).week),
  w: (time) => zero(time.weekday, 1),
  W: (time) => zero(Math.floor((time.dayOfYear + 7 - ((time.weekday + 6) % 7)) / 7)),
  y: (time) => zero(time.year % 100),
  Y: (time) => zero(time.year, 1),
  z: (time) => formatOffset(time.zone.offsetMinutes),
  Z: (time) => time.zone.name,
  '%': () => '%',
};

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  '+': '%a %b %e %H:%M:%S %Z %Y',
};

/** Undefined for a letter that is no conversion. */
function convert(letter: string, time: BrokenTime): Field | undefined {
  const composed = COMPOSED[letter];
  return composed === undefined ? FIELDS[letter]?.(time) : expand(composed, time);
}

function formatNumber(field: NumberField, flags: string, width: string): string {
  const fill = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : field.fill;
  if (flags.includes('-') && width === '') return field.value.toString();
  return field.value.toString().padStart(width === '' ? field.width : Number(width), fill);
}

function formatText(text: string, flags: string, width: string): string {
  const shown = flags.includes('^') ? text.toUpperCase() : text;
  return width === '' ? shown : shown.padStart(Number(width), flags.includes('0') ? '0' : ' ');
}

function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const digits = (value: number): string => value.toString().padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}${digits(size % 60)}`;
}

/** ISO 8601: a week belongs to the year that its Thursday is in. */
function isoWeek(time: BrokenTime): { year: number; week: number } {
  const thursday = new Date(Date.UTC(time.year, time.month, time.day + 3 - ((time.weekday + 6) % 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) };
}
