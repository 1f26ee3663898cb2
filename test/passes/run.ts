/**
 * The end-to-end suites with optimizations switched off: all on, all off, and each alone off. Arguments choose among
 * these (`all`, `none`, names of optimizations) and among the suites (parts of their paths):
 *
 *   npm run test:passes -- none fold maps.rt strings.rt
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { optimizations } from '../../src/lang/index.ts';
import { root } from '../sonde.ts';

interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  readonly failed: readonly string[];
}

const folder = join(root, 'test/runtime');
const names = ['all', 'none', ...optimizations.map(({ name }) => name)];
const given = process.argv.slice(2);
const configurations = given.some((each) => names.includes(each))
  ? names.filter((each) => given.includes(each))
  : names;
const parts = given.filter((each) => !names.includes(each));
const suites = globSync('**/*.rt', { cwd: folder })
  .sort()
  .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)));
const unmatched = parts.filter((part) => !suites.some((path) => path.includes(part)));
if (unmatched.length > 0) {
  process.stderr.write(`Neither a suite nor an optimization: ${unmatched.join(', ')}\n`);
  process.exit(2);
}

let failures = 0;
process.stdout.write(`${suites.length} suites\n\n${'--opt'.padEnd(18)}  passed  skipped  failed\n`);
for (const name of configurations) {
  const option = name === 'all' || name === 'none' ? name : `-${name}`;
  const { passed, skipped, failed } = await runSuites(option);
  const numbers = [String(passed).padStart(6), String(skipped).padStart(7), String(failed.length).padStart(6)];
  process.stdout.write(`${option.padEnd(18)}  ${numbers.join('  ')}\n`);
  for (const each of failed) process.stdout.write(`    ${each}\n`);
  failures += failed.length;
}
process.exitCode = failures === 0 ? 0 : 1;

function runSuites(option: string): Promise<Outcome> {
  const args = ['--test', '--test-reporter=tap', '--test-timeout=600000', join(folder, 'suites.test.ts')];
  const env = { ...process.env, SONDE_TEST_OPT: option, SONDE_TEST_SUITES: suites.join(',') };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(outcomeOf(text)));
  });
}

/** Cases are tests within their suite's. */
function outcomeOf(tap: string): Outcome {
  const cases = [...tap.matchAll(/^ {4}(not )?ok \d+ - (.*)$/gm)].map(([, not, title]) => ({
    failed: not !== undefined,
    skipped: / # SKIP/.test(title!),
    title: title!,
  }));
  const failed = cases.filter((each) => each.failed).map(({ title }) => title);
  const skipped = cases.filter((each) => each.skipped).length;
  return { passed: cases.length - failed.length - skipped, skipped, failed };
}
