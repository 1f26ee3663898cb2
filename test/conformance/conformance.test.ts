import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../sonde.ts';
import { evidenceByItem, readGaps, readItems } from './items.ts';
import { examplesPath, formatExamples } from './examples.ts';
import { formatReport, readMutants, readOutcomes, reportPath } from './mutant-report.ts';
import { formatTable, readRows, tablePath } from './table.ts';

const known = new Set(readItems().map(({ id }) => id));

test('the tables of items and mutants and the page of examples are current (`npm run conformance` writes it)', () => {
  assert.equal(readFileSync(tablePath, 'utf8'), formatTable(readRows()));
  assert.equal(readFileSync(examplesPath, 'utf8'), formatExamples());
  assert.equal(readFileSync(reportPath, 'utf8'), formatReport(readOutcomes()));
});

test('what the tests name is in the reference', () => {
  const unknown = [...evidenceByItem()]
    .filter(([id]) => !known.has(id))
    .map(([id, [first]]) => `${id}: ${first!.file}`);
  assert.deepEqual(unknown, []);
});

test('each known gap is an item, with a reason', () => {
  for (const [id, { state, reason }] of Object.entries(readGaps())) {
    assert.ok(known.has(id), `${id} is no item`);
    assert.ok(['differs', 'not here'].includes(state) && reason.length > 10, `${id}: ${state}, ${reason}`);
  }
});

test('each mutant changes one place of a file, and names items', () => {
  for (const { ids, file, find, replace, what } of readMutants()) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.equal(text.split(find).length, 2, `${what}: the text to replace occurs once in ${file}: ${find}`);
    assert.notEqual(find, replace);
    assert.ok(ids.length > 0 && ids.every((id) => known.has(id)), `${what}: ${ids.join(' ')}`);
  }
});
