import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttachType } from '../abi/index.ts';
import { disassemble } from '../asm/index.ts';
import { compile } from './compile.ts';
import type { TargetFeature } from './target.ts';
import { sampleTarget } from './testing/target.ts';

const functions = ['vfs_read', 'vfs_write', 'ksys_read', 'ksys_write'].map((name) => ({ name }));

/** The kernel function by which a program asks where it runs is in these kernel's types. */
function compileFor(text: string, without: readonly TargetFeature[] = [], hasFunction = true) {
  const real = sampleTarget();
  const btf = Object.create(real.btf!) as NonNullable<typeof real.btf>;
  const find = (name: string, kind: string) =>
    name === 'bpf_session_is_return' ? (hasFunction ? {} : undefined) : real.btf!.find(name, kind as 'func');
  Object.defineProperty(btf, 'find', { value: find });
  const target = Object.create(real, {
    btf: { value: btf },
    kernelFunctions: { value: () => ({ source: 'tracefs', functions }) },
    have: { value: (feature: TargetFeature) => !['fentry', ...without].includes(feature) },
  }) as typeof real;
  const options = { positional: [], unsafe: false, environment: {}, bootTimeNs: 0n };
  const { compiled } = compile({ name: 'stdin', text }, target, options);
  assert.ok(compiled !== undefined);
  return compiled;
}

const types = (text: string, without: readonly TargetFeature[] = [], hasFunction = true): (number | undefined)[] =>
  compileFor(text, without, hasFunction).collection.programs.map((program) => program.expectedAttachType);

const { TraceKprobeMulti: MULTI, TraceKprobeSession: SESSION } = AttachType;

test('P-34 entry and return of the same functions become one program, which asks first where it runs', () => {
  const { collection, plan } = compileFor('kprobe:vfs_* { @a = count(); } kretprobe:vfs_* { @b[retval] = count(); }');
  assert.deepEqual(
    collection.programs.map((program) => program.expectedAttachType),
    [SESSION],
  );
  const [probe, ...others] = plan.probes;
  assert.deepEqual(others, []);
  assert.equal(probe?.pointCount, 4);
  assert.equal(probe?.title, 'kprobe:vfs_*,kretprobe:vfs_*');
  assert.deepEqual(
    probe?.points.map(({ name }) => name),
    ['kprobe:vfs_read', 'kprobe:vfs_write'],
  );
  const lines = disassemble(collection.programs[0]!.instructions).split('\n');
  assert.match(lines.slice(0, 4).join('\n'), /r6 = r1\n.*bpf_session_is_return.*\n.*r1 = r6\n.*if r0 != 0/);
  // On return it goes on behind the end of the entry's half.
  const end = lines.find((line) => line.endsWith(') exit'))!;
  const distance = Number(/pc\+(\d+)$/.exec(lines[3]!)?.[1]);
  assert.equal(4 + distance, Number.parseInt(end, 10) + 1);
});

test('P-34 each name asks the same cookie; another pattern, a named hook and older kernels have two links', () => {
  const both = 'kprobe:vfs_* { @[probe] = count(); } kretprobe:vfs_* { @[probe] = count(); }';
  assert.deepEqual(types(both), [SESSION]);
  assert.deepEqual(
    compileFor(both).plan.probes[0]?.points.map(({ cookie }) => cookie),
    [0n, 1n],
  );
  assert.deepEqual(types(both, ['kprobe-session']), [MULTI, MULTI]);
  assert.deepEqual(types(both, [], false), [MULTI, MULTI]);
  assert.deepEqual(types(`config = { hook_choice = named } ${both}`), [undefined, undefined]);
  assert.deepEqual(types('kprobe:vfs_* { @ = count(); } kretprobe:vfs_r* { @ = count(); }'), [MULTI, undefined]);
  assert.deepEqual(types('kprobe:vfs_* { @ = count(); } kretprobe:ksys_* { @ = count(); }'), [MULTI, MULTI]);
  assert.deepEqual(
    types('kprobe:vfs_* { @ = count(); } kprobe:vfs_* { @ = count(); } kretprobe:vfs_* { @ = count(); }'),
    [SESSION, MULTI],
  );
});

test('P-34 an entry whose value would keep the kernel from the return stays apart', () => {
  assert.deepEqual(types('kprobe:vfs_* { return 1; } kretprobe:vfs_* { @ = count(); }'), [MULTI, MULTI]);
  assert.deepEqual(types('kprobe:vfs_* { @ = count(); } kretprobe:vfs_* { return 1; }'), [SESSION]);
});
