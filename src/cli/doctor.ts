/** `sonde doctor`: line by line what this machine allows, and what to change. */
import { type Check, type CheckState, examine } from '../runtime/index.ts';
import type { Arguments } from './arguments.ts';
import type { Messages } from './messages.ts';
import { isTerminal } from './terminal.ts';
import { print } from './write-fully.ts';

const MARKS: Readonly<Record<CheckState, string>> = { ok: 'ok', limited: '--', missing: 'NO' };
const COLOURS: Readonly<Record<CheckState, number>> = { ok: 32, limited: 33, missing: 31 };

/** Status 1 where Sonde can't trace at all. */
export function doctor(args: Arguments, messages: Messages): number {
  const checks = examine();
  const colour = messages.colour && isTerminal(1);
  const missing = checks.filter(({ state }) => state === 'missing').length;
  const limited = checks.filter(({ state }) => state === 'limited').length;
  if (args.format === 'json') print(`${JSON.stringify({ canTrace: missing === 0, checks })}\n`);
  else {
    for (const [area, lines] of Map.groupBy(checks, (check) => check.area))
      print(`${area}\n${lines.map((check) => lineOf(check, colour)).join('')}\n`);
    const summary =
      missing > 0
        ? `Sonde can't trace here: see the lines with NO.`
        : `Sonde can trace here; ${limited === 0 ? 'nothing is missing' : `${limited} things are not to be had (--)`}.`;
    print(`${summary}\n`);
  }
  return missing > 0 ? 1 : 0;
}

function lineOf({ name, state, found, advice }: Check, colour: boolean): string {
  const mark = colour ? `\u001b[${COLOURS[state]}m${MARKS[state]}\u001b[0m` : MARKS[state];
  const line = `  ${mark}  ${name}: ${found}\n`;
  return advice === undefined ? line : `${line}      ${advice}\n`;
}
