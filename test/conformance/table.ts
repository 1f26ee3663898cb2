/**
 * The table of the language's items: `test/conformance/language.md`. `node test/conformance/table.ts` writes it,
 * the page of examples and the table of mutants; with `--open` it prints the items that lack tests instead.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../sonde.ts';
import { examplesPath, formatExamples } from './examples.ts';
import { formatReport, readOutcomes, reportPath } from './mutant-report.ts';
import { type Evidence, evidenceByItem, type Item, type KnownGap, readGaps, readItems } from './items.ts';

export const tablePath = join(root, 'test/conformance/language.md');

/** A test for what the reference says and one for a variation of it. The worked examples are exact as they stand. */
const casesWanted = (id: string): number => (id.startsWith('A-') ? 1 : 2);

interface Row {
  readonly item: Item;
  readonly evidence: readonly Evidence[];
  readonly gap: KnownGap | undefined;
  readonly state: 'holds' | 'differs' | 'not here' | 'untested';
}

export function readRows(): Row[] {
  const gaps = readGaps();
  return readItems().map((item) => {
    const evidence = evidenceByItem().get(item.id) ?? [];
    const gap = gaps[item.id];
    return {
      item,
      evidence,
      gap,
      state: gap?.state ?? (evidence.length < casesWanted(item.id) ? 'untested' : 'holds'),
    };
  });
}

export function formatTable(rows: readonly Row[]): string {
  const count = (state: Row['state']): number => rows.filter((row) => row.state === state).length;
  // Probe types are counted where they are built.
  const counted = rows.filter(({ item }) => !item.id.startsWith('P-'));
  const holding = counted.filter(({ state }) => state === 'holds').length;
  const share = ((100 * holding) / Math.max(1, counted.length)).toFixed(1);
  return [
    '# The language, item by item',
    '',
    'Generated from the tests by `npm run conformance`; the texts are in `docs/language`.',
    'An item holds when tests show what its text says and a variation of that.',
    '',
    `**${holding} of ${counted.length} hold (${share} %)**, probe items not counted; of all ${rows.length}: ${count('holds')} hold, ` +
      `${count('differs')} differ, ${count('not here')} are not here, ${count('untested')} lack tests.`,
    '',
    '| item | | state | tests |',
    '|---|---|---|---|',
    ...rows.map(formatRow),
    '',
  ].join('\n');
}

function formatRow({ item, evidence, gap, state }: Row): string {
  const files = new Map<string, number>();
  for (const { file } of evidence) files.set(file, (files.get(file) ?? 0) + 1);
  const where = [...files].map(
    ([file, times]) => `${file.replace(/^test\/runtime\//, '')}${times > 1 ? ` ×${times}` : ''}`,
  );
  const what = gap === undefined ? state : `${state}: ${gap.reason}`;
  return `| ${item.id} | ${item.title} | ${what} | ${where.join(', ')} |`;
}

if (import.meta.main) {
  const rows = readRows();
  if (process.argv.includes('--open')) {
    for (const { item, evidence } of rows.filter(({ state }) => state === 'untested'))
      console.log(`${item.id} (${evidence.length}) ${item.title}`);
  } else {
    writeFileSync(tablePath, formatTable(rows));
    writeFileSync(examplesPath, formatExamples());
    writeFileSync(reportPath, formatReport(readOutcomes()));
  }
}
