/**
 * Do the tests of an item notice when what it promises breaks? Each mutant replaces one rule, built-in or pass of the
 * sources by an identity or a constant; of each of its items some test has to fail then, which passes otherwise.
 *
 *   npm run conformance:mutants                        all
 *   npm run conformance:mutants -- cli.json            a file of them
 *   npm run conformance:mutants -- L-01 'first -e'     those of an item, those described so
 *   npm run conformance:mutants -- --open              those that survived, and those not run since they were written
 *   npm run conformance:mutants -- --list              which there are, without a run
 *   npm run conformance:mutants -- --without           items that hold and have none
 *
 * What came of each is kept in mutant-results.json, of which mutants.md is the table.
 */
import { basename } from 'node:path';
import {
  keyOf,
  type Mutant,
  mutantFiles,
  readMutantFile,
  readMutants,
  readOutcomes,
  writeOutcomes,
} from './mutant-report.ts';
import { judge, openTree, type Verdict } from './mutant-trees.ts';
import { readRows } from './table.ts';

interface Result {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

const describe = ({ ids, what }: Mutant): string => `${ids.join(' ')}: ${what}`;

const outcomeOf = ({ state, ids }: Verdict): string => (state === 'killed' ? state : `${state} ${ids.join(' ')}`);

/** Two at a time: more would only disturb the tests that look at times. */
async function run(mutants: readonly Mutant[]): Promise<Result[]> {
  const results: Result[] = [];
  const queue = mutants.values();
  using pristine = openTree();
  await pristine.build();
  const worker = async (): Promise<void> => {
    using tree = openTree();
    for (const mutant of queue) {
      const start = performance.now();
      const verdict = await judge(mutant, tree, pristine);
      results.push({ mutant, verdict });
      const alive = verdict.state === 'killed' ? '' : ` ${verdict.ids.join(' ')}`;
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(
        `${verdict.state.padEnd(13)} ${seconds.padStart(5)} s  ${describe(mutant)}${alive} [${verdict.by?.join('; ') ?? ''}]`,
      );
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

function printSummary(results: readonly Result[]): void {
  const killed = results.filter(({ verdict }) => verdict.state === 'killed').length;
  const alive = results.filter(({ verdict }) => verdict.state !== 'killed');
  console.log(`\nkilled ${killed} of ${results.length}${alive.length > 0 ? '; not:' : ''}`);
  for (const { mutant, verdict } of alive)
    console.log(`  ${verdict.state} ${verdict.ids.join(' ')}: ${mutant.what} (${mutant.file})`);
}

function printItemsWithout(): void {
  const have = new Set(readMutants().flatMap(({ ids }) => ids));
  for (const { item, state } of readRows())
    if (state === 'holds' && !have.has(item.id)) console.log(`${item.id} ${item.title}`);
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--without')) return printItemsWithout();
  const mutants = readMutants().filter(selection(args.filter((word) => word !== '--list')));
  if (args.includes('--list')) return mutants.forEach((mutant) => console.log(describe(mutant)));
  const results = await run(mutants);
  writeOutcomes(results.map(({ mutant, verdict }) => [mutant, outcomeOf(verdict)]));
  printSummary(results);
  process.exitCode = results.every(({ verdict }) => verdict.state === 'killed') ? 0 : 1;
}

/** Those that are wanted: all, where nothing is said. */
function selection(wanted: readonly string[]): (mutant: Mutant) => boolean {
  if (wanted.length === 0) return () => true;
  const files = mutantFiles().filter((path) => wanted.includes(basename(path)));
  const keys = new Set(files.flatMap((path) => readMutantFile(path).map(keyOf)));
  const outcomes = readOutcomes();
  return (mutant) =>
    keys.has(keyOf(mutant)) ||
    (wanted.includes('--open') && outcomes[keyOf(mutant)] !== 'killed') ||
    wanted.some((word) => mutant.ids.includes(word) || (word.includes(' ') && mutant.what.includes(word)));
}

if (import.meta.main) await main(process.argv.slice(2));
