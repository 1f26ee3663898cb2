import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from './compile.ts';
import { renderDiagnostics } from './diagnostic/index.ts';
import type { Target, TargetFeature } from './target.ts';
import { sampleTarget } from './testing/target.ts';

function compileWithout(text: string, ...missing: readonly TargetFeature[]): { calls: number; rendered: string } {
  const real = sampleTarget();
  const target = Object.create(real, {
    have: { value: (feature: TargetFeature) => !missing.includes(feature) },
  }) as typeof real;
  const source = { name: 'stdin', text };
  const { compiled, diagnostics } = compile(source, target, {
    positional: [],
    unsafe: false,
    environment: {},
    bootTimeNs: 0n,
  });
  const instructions = compiled?.collection.programs.flatMap((program) => program.instructions) ?? [];
  const LOOP_HELPERS = [164, 181];
  return {
    calls: instructions.filter(({ opcode, imm, src }) => opcode === 0x85 && src === 0 && LOOP_HELPERS.includes(imm))
      .length,
    rendered: renderDiagnostics(source, diagnostics, { colour: false }),
  };
}

test('G-26 before bpf_loop, constant ranges are plain loops', () => {
  const script = 'begin { for $i : 0..300 { @ = sum($i); } }';
  assert.deepEqual(compileWithout(script, 'loop'), { calls: 0, rendered: '' });
  assert.deepEqual(compileWithout(script), { calls: 1, rendered: '' });
});

test('G-26 other ranges are refused there, with what is missing', () => {
  assert.deepEqual(compileWithout('begin { $n = pid; for $i : 0..$n { } }', 'loop'), {
    calls: 0,
    rendered: `\
stdin:1:19-37: ERROR: A loop over a range needs the helper bpf_loop, which this kernel lacks
begin { $n = pid; for $i : 0..$n { } }
                  ~~~~~~~~~~~~~~~~~~
HINT: it came with kernel 5.17
`,
  });
  assert.match(compileWithout('begin { for $i : 0..1000 { } }', 'loop').rendered, /needs the helper bpf_loop/);
});

test('G-27 F-23 loops over maps and len() need a helper too', () => {
  const script = 'begin { @m[1] = 1; for $kv : @m { } print(len(@m)); }';
  assert.deepEqual(compileWithout(script, 'for-each-map-elem'), {
    calls: 0,
    rendered: `\
stdin:1:20-36: ERROR: A loop over a map needs the helper bpf_for_each_map_elem, which this kernel lacks
${script}
                   ~~~~~~~~~~~~~~~~
HINT: it came with kernel 5.13
stdin:1:43-50: ERROR: len() of a map needs the helper bpf_for_each_map_elem, which this kernel lacks
${script}
                                          ~~~~~~~
HINT: it came with kernel 5.13
`,
  });
});

test('G-27 so does the sum over all CPUs', () => {
  const { rendered } = compileWithout(
    'begin { @c[1] = count(); for $kv : @c { print($kv.1); } }',
    'lookup-percpu-elem',
  );
  assert.match(
    rendered,
    /^stdin:1:26-56: ERROR: Reading @c in the program needs the helper bpf_map_lookup_percpu_elem/,
  );
  assert.equal(
    compileWithout('begin { @c[1] = count(); for $kv : @c { print($kv.0); } }', 'lookup-percpu-elem').rendered,
    '',
  );
});

test('M-45 eight loops and functions at most are active at once', () => {
  const chain = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `fn f${n}() : void { f${n + 1}(); }`).join(' ');
  const { rendered } = compileWithout(`${chain} fn f9() : void { } begin { f1(); }`);
  assert.match(rendered, /ERROR: This probe nests 10 loops and functions; an eBPF program can have 8 active at once/);
  assert.equal(compileWithout(`${chain} fn f9() : void { } begin { f4(); }`).rendered, '');
});

test('M-45 functions that only dead code calls are left out', () => {
  const { calls } = compileWithout(
    'fn f() : bool { for $i : 0..50 { @ = $i; } return true; } begin { if (0 && f()) { for $i : 0..50 { } } }',
  );
  assert.equal(calls, 0);
});

test('before 6.4, the kernel leaves what stands behind the name of a process as it was', () => {
  const zeros = (kernelRelease: string): number => {
    const target = Object.create(sampleTarget(), { kernelRelease: { value: kernelRelease } }) as Target;
    const source = { name: 'stdin', text: 'begin { @[comm] = 1; }' };
    const { compiled } = compile(source, target, { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n });
    const stores = compiled?.collection.programs[0]?.instructions.filter(
      ({ opcode, imm }) => opcode === 0x7a && imm === 0,
    );
    return stores?.length ?? -1;
  };
  assert.deepEqual(['5.10.0', '6.3.9', '6.4.0-rc1', '6.12.0', '7.0'].map(zeros), [2, 2, 0, 0, 0]);
});
