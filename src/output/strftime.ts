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
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
];
const SECOND_NS = 1_000_000_000n;
const DAY_MS = 86_400_000;

/**
 * strftime(3) in the C locale for a time in ns since the Unix epoch. Beside the C conversions: `%f` microseconds,
 * `%l` milliseconds, `%k` nanoseconds within the second.
 */
export function formatTime(
  format: string,
  unixNs: bigint,
  zones: { timeZone(unixSeconds: number): TimeZone },
): string {
  return expand(format, breakDown(unixNs, zones));
}

/** The zone of this process at a moment, from the runtime's own tables. */
export function localTimeZone(unixSeconds: number): TimeZone {
  const date = new Date(unixSeconds * 1000);
  const name = /GMT|UTC/.test(date.toTimeString()) && date.getTimezoneOffset() === 0 ? 'UTC' : shortZoneName(date);
  return { offsetMinutes: -date.getTimezoneOffset(), name };
}

function shortZoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

function breakDown(unixNs: bigint, zones: { timeZone(unixSeconds: number): TimeZone }): BrokenTime {
  const nanosecond = ((unixNs % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const unixSeconds = (unixNs - nanosecond) / SECOND_NS;
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
    nanosecond: Number(nanosecond),
    unixSeconds,
    zone,
  };
}

function expand(format: string, time: BrokenTime): string {
  return format.replace(/%([-_0^#]*)(\d*)[EO]?([A-Za-z%+])/g, (whole, flags: string, width: string, letter: string) => {
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

/** A flat table of the conversions; undefined for a letter that is none. */
function convert(letter: string, time: BrokenTime): NumberField | string | undefined {
  switch (letter) {
    case 'a': return (WEEKDAYS[time.weekday] as string).slice(0, 3);
    case 'A': return WEEKDAYS[time.weekday];
    case 'b': case 'h': return (MONTHS[time.month] as string).slice(0, 3);
    case 'B': return MONTHS[time.month];
    case 'c': return expand('%a %b %e %H:%M:%S %Y', time);
    case 'C': return zero(Math.floor(time.year / 100));
    case 'd': return zero(time.day);
    case 'D': case 'x': return expand('%m/%d/%y', time);
    case 'e': return blank(time.day);
    case 'f': return zero(Math.floor(time.nanosecond / 1000), 6);
    case 'F': return expand('%Y-%m-%d', time);
    case 'g': return zero(isoWeek(time).year % 100);
    case 'G': return zero(isoWeek(time).year, 1);
    case 'H': return zero(time.hour);
    case 'I': return zero(twelveHour(time));
    case 'j': return zero(time.dayOfYear + 1, 3);
    case 'k': return zero(time.nanosecond, 9);
    case 'l': return zero(Math.floor(time.nanosecond / 1_000_000), 3);
    case 'm': return zero(time.month + 1);
    case 'M': return zero(time.minute);
    case 'n': return '\n';
    case 'p': return time.hour < 12 ? 'AM' : 'PM';
    case 'P': return time.hour < 12 ? 'am' : 'pm';
    case 'r': return expand('%I:%M:%S %p', time);
    case 'R': return expand('%H:%M', time);
    case 's': return time.unixSeconds.toString();
    case 'S': return zero(time.second);
    case 't': return '\t';
    case 'T': case 'X': return expand('%H:%M:%S', time);
    case 'u': return zero(time.weekday === 0 ? 7 : time.weekday, 1);
    case 'U': return zero(Math.floor((time.dayOfYear + 7 - time.weekday) / 7));
    case 'V': return zero(isoWeek(time).week);
    case 'w': return zero(time.weekday, 1);
    case 'W': return zero(Math.floor((time.dayOfYear + 7 - ((time.weekday + 6) % 7)) / 7));
    case 'y': return zero(time.year % 100);
    case 'Y': return zero(time.year, 1);
    case 'z': return formatOffset(time.zone.offsetMinutes);
    case 'Z': return time.zone.name;
    case '+': return expand('%a %b %e %H:%M:%S %Z %Y', time);
    case '%': return '%';
    default: return undefined;
  }
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

function twelveHour(time: BrokenTime): number {
  return time.hour % 12 === 0 ? 12 : time.hour % 12;
}

/** ISO 8601: a week belongs to the year that its Thursday is in. */
function isoWeek(time: BrokenTime): { year: number; week: number } {
  const thursday = new Date(Date.UTC(time.year, time.month, time.day + 3 - ((time.weekday + 6) % 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) };
}
