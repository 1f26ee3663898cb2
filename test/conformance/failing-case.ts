/** Runs the cases of the suites that the arguments name, in their order; prints the first that fails and ends with 1. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCase, skipReason } from '../runtime/case.ts';
import { parseSuite } from '../runtime/suite.ts';
import { root } from '../sonde.ts';

const cases = globSync('test/runtime/**/*.rt', { cwd: root }).flatMap((file) =>
  parseSuite(readFileSync(join(root, file), 'utf8'), file),
);
for (const name of process.argv.slice(2)) {
  const named = cases.filter((each) => each.name === name);
  if (named.length === 0) throw new Error(`there is no case: ${name}`);
  for (const case_ of named.filter((each) => skipReason(each) === false)) {
    try {
      await runCase(case_);
    } catch {
      console.log(name);
      process.exit(1);
    }
  }
}
