/** A sample of what `npm run test:passes` runs: suites of the language without any optimization. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCase, skipReason } from '../runtime/case.ts';
import { parseSuite } from '../runtime/suite.ts';
import { root } from '../sonde.ts';

process.env['SONDE_TEST_OPT'] = 'none';

for (const file of ['arithmetic.rt', 'control-flow.rt', 'histograms.rt', 'strings.rt', 'tuples.rt']) {
  describe(`--opt=none: ${file}`, () => {
    const path = join(root, 'test/runtime', file);
    for (const case_ of parseSuite(readFileSync(path, 'utf8'), path))
      test(case_.name, { skip: skipReason(case_) }, () => runCase(case_));
  });
}
