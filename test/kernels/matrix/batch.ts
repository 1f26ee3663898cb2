/** Many rows in one process of Sonde, for starting one takes seconds in an emulated machine. */
import type { Row } from './row.ts';

/** The text of each row's script with maps that are its own, in one script. */
export function joinScripts(rows: readonly Row[], workload: string): string {
  return rows.map(({ script }, index) => withOwnMaps(script, index).replaceAll('WORKLOAD', workload)).join('\n\n');
}

/** `@` and `@x` of row 3 become `@row3` and `@row3_x`. */
function withOwnMaps(script: string, index: number): string {
  return script.replace(/@(\w*)/g, (_, name: string) => (name === '' ? `@row${index}` : `@row${index}_${name}`));
}

/** What each row's maps printed, with the names that the row gave them. Maps are separated by empty lines, which are left out. */
export function splitOutput(stdout: string, rows: readonly Row[], workload: string): readonly string[] {
  const texts = rows.map((): string[] => []);
  let current: string[] = [];
  for (const line of stdout.split('\n')) {
    const named = /^@row(\d+)(?:_(\w+))?(.*)$/.exec(line);
    if (named !== null) current = texts[Number(named[1])] ?? [];
    const text = named === null ? line : `@${named[2] ?? ''}${named[3]}`;
    if (text !== '') current.push(text.replaceAll(workload, 'WORKLOAD'));
  }
  return texts.map((lines) => lines.join('\n'));
}

/** How what was seen differs from what the row expects; undefined: it doesn't. */
export function difference(row: Row, seen: string): string | undefined {
  const expected = Array.isArray(row.expect) ? row.expect : [row.expect];
  const missed = expected.find((each: string | RegExp) =>
    typeof each === 'string' ? each !== seen : !each.test(seen),
  );
  if (missed === undefined) return undefined;
  return `expected ${typeof missed === 'string' ? `\n${missed}\n` : `${String(missed)}, `}saw ${seen === '' ? 'nothing' : `\n${seen}`}`;
}
