import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget, options, resolve, sampleBtf, type FakeMachine } from '../testing.ts';

function machine(more: FakeMachine = {}) {
  return fakeTarget({
    btf: sampleBtf(),
    features: ['kprobe', 'fentry', 'attach-cookie'],
    kernelFunctions: () => ({ source: 'tracefs', functions: [{ name: 'vfs_read' }, { name: 'vfs_write' }] }),
    ...more,
  });
}

const hookOf = (text: string, given = options(), target = machine()) =>
  resolve(text, target, given).variants[0]?.points[0]?.hook.kind;

test('P-10 a kprobe goes through fentry where nothing tells the difference', () => {
  const [variant] = resolve('kprobe:vfs_read', machine(), options({ uses: ['arg2', 'func', 'probe'] })).variants;
  assert.equal(variant?.provider, 'kprobe');
  assert.deepEqual(variant.points, [
    { hook: { kind: 'fentry', return: false, function: 'vfs_read' }, name: 'kprobe:vfs_read' },
  ]);
  const { context } = variant;
  assert.equal(context.probeType, 'kprobe');
  assert.deepEqual(context.probeName, { kind: 'fixed', name: 'kprobe:vfs_read' });
  assert.ok('error' in context.args);
  assert.deepEqual(context.argument?.(0), { kind: 'word', offset: 0, size: 8, signed: false, typed: true });
  assert.deepEqual(context.argument(2), { kind: 'word', offset: 16, size: 8, signed: false });
  assert.equal(context.returnValue, undefined);
  const returning = resolve('kretprobe:vfs_read', machine(), options({ uses: ['retval'] })).variants[0];
  assert.deepEqual(returning?.context.returnValue, {
    type: { kind: 'integer', size: 8, signed: false },
    access: { kind: 'word', offset: 24, size: 8, signed: false },
  });
  assert.equal(returning?.context.argument, undefined);
});

test('P-10 a kprobe stays one where the script could tell, or the kernel does not let it', () => {
  for (const name of ['reg', 'ctx', 'override', 'kstack', 'usermode', 'sarg0', 'arg3'])
    assert.equal(hookOf('kprobe:vfs_read', options({ uses: [name] })), 'kprobe', name);
  assert.equal(hookOf('kprobe:vfs_read+4'), 'kprobe');
  assert.equal(hookOf('kprobe:vfs_*'), 'kprobe');
  assert.equal(hookOf('kprobe:vfs_read', options(), machine({ features: ['kprobe', 'attach-cookie'] })), 'kprobe');
  assert.equal(hookOf('kprobe:vfs_read', options(), machine({ btf: undefined })), 'kprobe');
});

test('P-10 a setting has it as a kprobe in any case', () => {
  assert.equal(hookOf('kprobe:vfs_read', options({ config: { hookChoice: 'named' } })), 'kprobe');
});
