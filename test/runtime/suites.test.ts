/**
 * Every case of every `.rt` suite in and under this folder, each as a test of its own. A guest, where all is slow, runs those
 * that want more of the kernel than any has.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCase, skipReason } from './case.ts';
import { parseSuite, type Case } from './suite.ts';

const folder = import.meta.dirname;
const inGuest = process.env['SONDE_GUEST'] !== undefined;
/** What the host lacks, where only that is wanted. */
const hostLacks = process.env['SONDE_HOST_LACKS']?.split(',');

function isForGuest({ directives }: Case): boolean {
  return directives.some(({ name, value }) =>
    name === 'REQUIRES_FEATURE'
      ? (hostLacks?.includes(value) ?? true)
      : name === 'MIN_KERNEL' && hostLacks === undefined,
  );
}

/** Only these, where test/passes asks for some. */
const chosen = process.env['SONDE_TEST_SUITES']?.split(',');

for (const file of chosen ?? globSync('**/*.rt', { cwd: folder }).sort()) {
  describe(file, () => {
    for (const case_ of parseSuite(readFileSync(join(folder, file), 'utf8'), file)) {
      if (inGuest && !isForGuest(case_)) continue;
      test(case_.name, { skip: skipReason(case_) }, () => runCase(case_));
    }
  });
}
