/** docs/kernels.md, made from the results of runs. */
import type { Cell } from './row.ts';
import { nameOf, shortRelease, type KernelResults } from './results.ts';

export interface TableInfo {
  readonly date: string;
  readonly commit: string;
}

const INTRODUCTION = `# Probe types by kernel

What each kind of probe does on the kernels that the tests run on. Each row is a script, a program that it looks at and
what it must have seen: values, counts, stacks (\`test/kernels/matrix\`). The last column tells whether it also holds
with every feature taken away that came after kernel 5.10, the oldest that Sonde runs on (\`--no-feature\`).
`;

export function kernelTable(results: readonly KernelResults[], info: TableInfo): string {
  const newestFirst = [...results].sort((a, b) => compareReleases(b.release, a.release));
  const notes = new Notes();
  const rows = [...new Map(newestFirst.flatMap(({ cells }) => cells).map((cell) => [rowName(cell), cell])).values()];
  const lines = rows.map((row) => {
    const own = newestFirst.map(({ cells }) => cells.find((cell) => rowName(cell) === rowName(row) && !cell.isForced));
    const forced = newestFirst.flatMap(({ cells }) =>
      cells.filter((cell) => rowName(cell) === rowName(row) && cell.isForced),
    );
    return tableRow([row.probe, row.form, ...own.map((cell) => notes.show(cell)), notes.show(best(forced))]);
  });
  return [
    INTRODUCTION,
    `Made by \`npm run test:kernels -- --all\` on ${info.date} at ${info.commit}.\n`,
    tableRow(['probe', 'form', ...newestFirst.map(({ release }) => shortRelease(release)), 'as 5.10']),
    tableRow(['---', '---', ...newestFirst.map(() => '---'), '---']),
    ...lines,
    '',
    ...notes.lines(),
    suites(newestFirst),
  ].join('\n');
}

const rowName = ({ probe, form }: Cell): string => nameOf({ probe, form });
const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A form that has a fallback has it wherever its probe type is there. */
function best(cells: readonly Cell[]): Cell | undefined {
  return cells.find(({ state }) => state === 'failed') ?? cells.find(({ state }) => state === 'yes') ?? cells[0];
}

class Notes {
  readonly #reasons: string[] = [];

  show(cell: Cell | undefined): string {
    if (cell === undefined) return '';
    if (cell.state === 'yes') return 'yes';
    const reason = cell.reason ?? '';
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    return `${cell.state} (${this.#reasons.indexOf(reason) + 1})`;
  }

  lines(): string[] {
    return this.#reasons.map((reason, index) => `${index + 1}. ${reason.replaceAll('\n', ' ')}`);
  }
}

function suites(results: readonly KernelResults[]): string {
  const rows = results
    .filter(({ tests }) => tests.length > 0)
    .map(({ release, tests }) => {
      const [failed, skipped] = [
        tests.filter((each) => each.failure !== undefined),
        tests.filter((each) => each.skipped !== undefined),
      ];
      return tableRow([
        release,
        ...[tests.length - failed.length - skipped.length, failed.length, skipped.length].map(String),
      ]);
    });
  if (rows.length === 0) return '';
  const reasons = results.flatMap(({ release, tests }) =>
    tests.flatMap(({ name, skipped, failure }) =>
      failure !== undefined
        ? [`- ${shortRelease(release)}, failed: ${name}`]
        : skipped === undefined
          ? []
          : [`- ${shortRelease(release)}, skipped: ${name}: ${skipped}`],
    ),
  );
  return [
    '\n## The suites there\n',
    tableRow(['kernel', 'passed', 'failed', 'skipped']),
    tableRow(['---', '---', '---', '---']),
    ...rows,
    '',
    ...reasons,
    '',
  ].join('\n');
}

function compareReleases(a: string, b: string): number {
  const [[major, minor], [otherMajor, otherMinor]] = [a, b].map((each) =>
    shortRelease(each).split('.').map(Number),
  ) as [[number, number], [number, number]];
  return major - otherMajor || minor - otherMinor;
}
