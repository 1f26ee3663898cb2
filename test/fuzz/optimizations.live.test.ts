/** Random scripts print in the kernel the same with each optimization switched off, and with all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, type Off, optimizations, renderDiagnostics } from '../../src/lang/index.ts';
import { randomScript } from '../../src/lang/testing/random-script.ts';
import { KernelBackend, openTarget, systemClock } from '../../src/runtime/index.ts';
import { Session } from '../../src/session/index.ts';
import { isRoot } from '../sonde.ts';

// To look for more: SONDE_FUZZ_RUNS=500 SONDE_FUZZ_SEED=$RANDOM node --test test/fuzz/optimizations.live.test.ts
const RUNS = Number(process.env['SONDE_FUZZ_RUNS'] ?? 12);
const SEED = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

const target = openTarget();
const names = optimizations.map(({ name }) => name);
const configurations: readonly Off[] = [new Set(names), ...names.map((name) => new Set([name]))];

/** What the script prints and shows, or why it can't be compiled. */
async function outputOf(text: string, off: Off): Promise<{ refused?: string; output: string }> {
  const source = { name: 'random', text };
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n, off };
  const { compiled, diagnostics } = compile(source, target, options);
  if (compiled === undefined) return { refused: renderDiagnostics(source, diagnostics, { colour: false }), output: '' };
  let output = '';
  const session = new Session({
    ...compiled,
    backend: new KernelBackend({ config: compiled.plan.config }),
    clock: systemClock,
    output: {
      write: (bytes: Uint8Array) => {
        output += Buffer.from(bytes).toString('latin1');
        return true;
      },
      drained: () => Promise.resolve(),
    },
    messages: { write: (line: string) => void (output += line) },
    quiet: true,
  });
  await session.run();
  return { output };
}

test('random scripts do the same without each optimization', { skip: !isRoot && 'needs root' }, async () => {
  let run = 0;
  for (let seed = SEED * 10_000; run < RUNS && seed < SEED * 10_000 + 2 * RUNS; seed++) {
    const text = randomScript(seed);
    const { refused, output } = await outputOf(text, new Set());
    // A division by a zero that the checker sees, for example.
    if (refused !== undefined) continue;
    run++;
    for (const off of configurations) {
      const without = await outputOf(text, off).catch((error: unknown) => {
        throw new Error(`seed ${seed} without ${[...off].join(', ')}:\n${text}`, { cause: error });
      });
      assert.equal(without.refused ?? without.output, output, `seed ${seed} without ${[...off].join(', ')}:\n${text}`);
    }
  }
  assert.equal(run, RUNS);
});
