import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FormatError } from '../base/index.ts';
import { Btf } from '../btf/index.ts';
import { kernelBtf, kernelBtfPaths, modulesWithBtf, readBtfFile } from './index.ts';
import { nodeFlags } from './live-test-support.ts';

test("the kernel's own BTF is found", () => {
  assert.ok(kernelBtf()?.find('task_struct', 'struct') !== undefined);
  assert.ok(Array.isArray(modulesWithBtf()));
});

test('K-33 the places to search for types, in order', () => {
  const paths = [
    '/sys/kernel/btf/vmlinux',
    '/boot/vmlinux-6.1',
    '/lib/modules/6.1/vmlinux-6.1',
    '/lib/modules/6.1/build/vmlinux',
    '/usr/lib/modules/6.1/kernel/vmlinux',
    '/usr/lib/debug/boot/vmlinux-6.1',
    '/usr/lib/debug/boot/vmlinux-6.1.debug',
    '/usr/lib/debug/lib/modules/6.1/vmlinux',
  ];
  assert.deepEqual(kernelBtfPaths({}, '6.1'), paths);
  assert.deepEqual(kernelBtfPaths({ BPFTRACE_BTF: '' }, '6.1'), paths);
});

test('the places to search, and the one that overrides them', () => {
  assert.deepEqual(kernelBtfPaths({}, '6.1').slice(0, 3), [
    '/sys/kernel/btf/vmlinux',
    '/boot/vmlinux-6.1',
    '/lib/modules/6.1/vmlinux-6.1',
  ]);
  assert.deepEqual(kernelBtfPaths({ BPFTRACE_BTF: '/tmp/x.btf' }, '6.1'), ['/tmp/x.btf']);
});

test('a BPFTRACE_BTF that is not there is an error, not another BTF', () => {
  const script = `import { kernelBtf } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
    try { kernelBtf(); } catch (error) { console.log(error.name + ': ' + error.message); }`;
  const output = execFileSync(process.execPath, [...nodeFlags, '--input-type=module-typescript', '-e', script], {
    env: { ...process.env, BPFTRACE_BTF: '/no/such.btf' },
    encoding: 'utf8',
  });
  assert.equal(output, "UnsupportedFeatureError: BPFTRACE_BTF names /no/such.btf, which can't be opened\n");
});

test('a BTF file elsewhere is read; other files are refused', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-'));
  try {
    const path = join(directory, 'vmlinux');
    copyFileSync('/sys/kernel/btf/vmlinux', path);
    assert.ok(Btf.decode(readBtfFile(path)!).find('task_struct', 'struct'));
    assert.equal(readBtfFile(join(directory, 'missing')), undefined);
    assert.throws(() => readBtfFile(process.execPath), FormatError);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
