import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf, BtfBuilder } from '../../../btf/index.ts';
import { printType } from '../../types/index.ts';
import { complaints, fakeTarget, options, pointNames, resolve, type FakeMachine } from '../testing.ts';
import { lsm } from './lsm.ts';

function hooks(): Btf {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const file = b.pointer(b.struct('file', 8, [['f_flags', int, 0]]));
  b.func('bpf_lsm_file_open', int, [['file', file]]);
  b.func('bpf_lsm_file_permission', int, [
    ['file', file],
    ['mask', int],
  ]);
  b.func('bpf_lsm_task_free', 0, [['', file]]);
  b.func('file_free', 0, []);
  return Btf.decode(b.encode());
}

const machine = (more: FakeMachine = {}) => fakeTarget({ btf: hooks(), features: ['fentry'], ...more });

test('P-101 a hook: its arguments, what was answered before, and an answer that allows', () => {
  const [variant] = resolve('lsm:file_permission', machine(), options({ pid: 7 })).variants;
  assert.deepEqual(variant?.points, [{ hook: { kind: 'lsm', name: 'file_permission' }, name: 'lsm:file_permission' }]);
  assert.deepEqual(variant.attachTo, { kind: 'function', name: 'bpf_lsm_file_permission' });
  assert.equal(variant.verdict, 0);
  assert.equal(variant.filterByPid, true);
  const { args, returnValue } = variant.context;
  assert.ok(!('error' in args));
  assert.deepEqual(
    args.map(({ name, type, access }) => [name, printType(type), 'offset' in access && access.offset]),
    [
      ['file', 'struct file *', 0],
      ['mask', 'int32', 8],
    ],
  );
  assert.deepEqual(returnValue?.access, { kind: 'word', offset: 16, size: 4, signed: true });
  assert.equal(resolve('lsm:task_free', machine()).variants[0]?.context.returnValue, undefined);
});

test('P-101 wildcards and listings are of hooks only', () => {
  assert.deepEqual(pointNames(resolve('lsm:*file*', machine())), ['lsm:file_open', 'lsm:file_permission']);
  assert.deepEqual(lsm.list(['*f*'], machine(), { verbose: true, pid: undefined }).lines, [
    'lsm:file_open',
    '    struct file * file',
    'lsm:file_permission',
    '    struct file * file',
    '    int mask',
    'lsm:task_free',
    '    struct file * arg0',
  ]);
});

test('P-101 a hook that is not there, and kernels that have none', () => {
  assert.equal(
    complaints(resolve('lsm:file_opn', machine())),
    'error: No matches for lsm:file_opn.\nhint: Did you mean lsm:file_open?',
  );
  assert.equal(
    complaints(resolve('lsm:file_open', machine({ features: [] }))),
    "error: lsm can't be attached: this kernel doesn't let programs hook into its functions.",
  );
  assert.match(complaints(resolve('lsm:file_open', machine({ btf: undefined }))), /need BTF, which this kernel lacks/);
});
