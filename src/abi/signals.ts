import { signalRows } from './generated/signals.ts';

const byName = new Map<string, number>(signalRows.map(([number, name]) => [name.slice(3), number]));
byName.set('IOT', 6).set('POLL', 29).set('CLD', 17);
const rowsByNumber = new Map(signalRows.map((row) => [row[0], row]));

/** Real-time signals that the C library leaves to programs: SIGRTMIN … SIGRTMAX. */
const FIRST_REAL_TIME = 34;
export const MAX_SIGNAL = 64;

/** `KILL`, `SIGKILL`, in any case -> 9; undefined when there is no such signal. */
export function signalNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return byName.get(upper.startsWith('SIG') ? upper.slice(3) : upper);
}

/** `SIGKILL` for 9; undefined outside 1 … 31. */
export function signalName(number: number): string | undefined {
  return rowsByNumber.get(number)?.[1];
}

/** The text of strsignal(3): `Killed` for 9, `Real-time signal 1` for 35. */
export function signalDescription(number: number): string {
  const known = rowsByNumber.get(number)?.[2];
  if (known !== undefined) return known;
  if (number >= FIRST_REAL_TIME && number <= MAX_SIGNAL) return `Real-time signal ${number - FIRST_REAL_TIME}`;
  return `Unknown signal ${number}`;
}
