/** Random scripts print in the kernel the same with each optimization switched off, and with all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { KernelCollection, type KernelMap } from '../../src/kernel/index.ts';
import { compile, type Off, optimizations, renderDiagnostics } from '../../src/lang/index.ts';
import { random } from '../../src/lang/testing/random.ts';
import { randomScript, randomTracepoint } from '../../src/lang/testing/random-script.ts';
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

/** Words as drivers would pass them: small, negative, large. */
function contextOf(seed: number): Uint8Array {
  const next = random(seed);
  const words = Array.from(
    { length: 4 },
    () => [BigInt(next(10)), -BigInt(next(1000)), BigInt(next(2 ** 31)) << 31n][next(3)]!,
  );
  return new Uint8Array(BigInt64Array.from(words).buffer);
}

/** What the script's maps hold after runs of its program with four contexts, on one CPU. */
function mapsAfter(text: string, seed: number, off: Off): readonly string[] | undefined {
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n, off };
  const { compiled } = compile({ name: 'random', text }, target, options);
  if (compiled === undefined) return undefined;
  const { plan } = compiled;
  using collection = KernelCollection.load(compiled.collection);
  for (const { program, phase } of plan.probes) {
    const contexts = phase === 'begin' ? [undefined] : [1, 2, 3, 4].map((n) => contextOf(seed * 4 + n));
    for (const context of contexts) collection.programs.get(program)!.testRun(context === undefined ? {} : { context });
  }
  const data = plan.data === undefined ? Buffer.alloc(0) : Buffer.from(collection.maps.get(plan.data.map)!.memory());
  const hex = (offset: number, sizeBytes: number): string => data.subarray(offset, offset + sizeBytes).toString('hex');
  return plan.maps.map(({ name, storage }) => {
    switch (storage.kind) {
      case 'shared':
        return `${name}: ${hex(storage.valueOffset, 8)} ${hex(storage.isSetOffset, 8)}`;
      case 'perCpu':
        return `${name}: ${hex((plan.data?.perCpuOffset ?? 0) + storage.offset, storage.sizeBytes)}`;
      case 'map':
        return `${name}: ${entriesOf(collection.maps.get(storage.map)!)}`;
    }
  });
}

const entriesOf = (map: KernelMap): string =>
  [...map.entries()]
    .map(([key, value]) => `${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')}`)
    .sort()
    .join(' ');

test('and so do programs with arguments', { skip: !isRoot && 'needs root' }, () => {
  // All runs in one CPU's parts of the maps. (The kernel can run a program on a CPU of one's choice, but does so from an
  // interrupt, where large elements of maps can't always be had.)
  execFileSync('taskset', ['-pc', '0', String(process.pid)]);
  let run = 0;
  for (let seed = SEED * 10_000; run < RUNS && seed < SEED * 10_000 + 2 * RUNS; seed++) {
    const text = randomTracepoint(seed);
    const expected = mapsAfter(text, seed, new Set());
    if (expected === undefined) continue;
    run++;
    for (const off of configurations)
      assert.deepEqual(mapsAfter(text, seed, off), expected, `seed ${seed} without ${[...off].join(', ')}:\n${text}`);
  }
  assert.equal(run, RUNS);
});
