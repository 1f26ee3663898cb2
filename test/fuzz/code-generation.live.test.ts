/** Random programs do in the kernel what the interpreter of the intermediate representation says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BpfFlag, Errno, MapType, ProgramType } from '../../src/abi/index.ts';
import { disassemble, type Instruction } from '../../src/asm/index.ts';
import { VerifierError } from '../../src/base/index.ts';
import { KernelMap, KernelProgram } from '../../src/kernel/index.ts';
import { generateProgram } from '../../src/lang/codegen/index.ts';
import { clean, type IrFunction, printIr } from '../../src/lang/ir/index.ts';
import { interpret } from '../../src/lang/testing/interpret.ts';
import {
  ARGUMENTS,
  buildFunction,
  buildProgram,
  MAP_BYTES,
  plan,
  word,
} from '../../src/lang/testing/random-function.ts';

// The same programs each time, since one in some thousands keeps the verifier busy for ten seconds; to look for more:
// SONDE_FUZZ_RUNS=5000 SONDE_FUZZ_SEED=$RANDOM node --test test/fuzz/code-generation.live.test.ts
const RUNS = Number(process.env['SONDE_FUZZ_RUNS'] ?? 150);
const SEED = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

const data = {
  name: 'data',
  type: MapType.Array,
  keySizeBytes: 4,
  valueSizeBytes: MAP_BYTES,
  maxEntries: 1,
  flags: BpfFlag.BPF_F_MMAPABLE,
};

test('the kernel computes what the interpreter computes', () => {
  using map = KernelMap.create(data);
  const context = fc.array(word, { minLength: ARGUMENTS, maxLength: ARGUMENTS });
  fc.assert(
    fc.property(plan, context, (random, values) => check(map, [buildFunction(random)], BigInt64Array.from(values))),
    { numRuns: RUNS, seed: SEED },
  );
});

test('a function that a program calls computes what the interpreter computes', () => {
  using map = KernelMap.create(data);
  const context = fc.array(word, { minLength: ARGUMENTS, maxLength: ARGUMENTS });
  fc.assert(
    fc.property(plan, plan, context, (caller, called, values) =>
      check(map, buildProgram(caller, called), BigInt64Array.from(values)),
    ),
    { numRuns: Math.ceil(RUNS / 3), seed: SEED },
  );
});

function check(map: KernelMap, functions: readonly IrFunction[], values: BigInt64Array): void {
  const context = new Uint8Array(values.buffer);
  const before = functions.map(printIr).join('\n');
  const expected = interpreted(functions, context);
  for (const fn of functions) clean(fn);
  const text = `${before}\n${functions.map(printIr).join('\n')}`;
  assert.deepEqual(interpreted(functions, context), expected, text);
  const code = generateProgram(functions);
  if ('stackOverflow' in code) return;
  const listing = `${text}\n${disassemble(code.instructions)}`;
  const memory = new Uint8Array(map.memory()).subarray(0, MAP_BYTES);
  memory.fill(0);
  using program = load(map, code.instructions, listing);
  if (program === undefined) return;
  program.testRun({ context });
  assert.deepEqual(words(memory), expected, listing);
}

/** Undefined where the verifier gives up walking all ways through the program. */
function load(map: KernelMap, instructions: readonly Instruction[], listing: string): KernelProgram | undefined {
  const spec = { name: 'random', type: ProgramType.RawTracepoint, license: 'GPL', instructions };
  try {
    return KernelProgram.load(spec, { maps: new Map([['data', map]]) });
  } catch (error) {
    if (error instanceof VerifierError && error.errno === Errno.E2BIG) return undefined;
    throw new Error(`refused: ${String(error)}\n${listing}`, { cause: error });
  }
}

function interpreted(functions: readonly IrFunction[], context: Uint8Array): bigint[] {
  const memory = new Uint8Array(MAP_BYTES);
  const [first] = functions;
  const others = new Map(functions.map((fn) => [fn.name, fn]));
  const world = { context, maps: new Map([['data', memory]]), functions: others, call: () => 0n };
  assert.equal(interpret(first as IrFunction, world), 0n);
  return words(memory);
}

function words(bytes: Uint8Array): bigint[] {
  return [...new BigUint64Array(bytes.slice().buffer)];
}
