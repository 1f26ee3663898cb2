/** Against the BTF of the running kernel. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { Btf, encodeSubset, findMember, memberByPath, printC, printTypeName, sizeOf } from './index.ts';

const PATH = '/sys/kernel/btf/vmlinux';
const skip = existsSync(PATH) ? false : 'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)';
const bytes = skip === false ? readFileSync(PATH) : new Uint8Array();

test('opening a kernel and finding a type is fast', { skip }, () => {
  const started = performance.now();
  const btf = Btf.decode(bytes);
  assert.equal(btf.find('task_struct', 'struct')?.name, 'task_struct');
  assert.equal(btf.find('vfs_read', 'func')?.name, 'vfs_read');
  const elapsedMs = performance.now() - started;
  // A few milliseconds when nothing else runs; decoding every type takes far more than this.
  assert.ok(elapsedMs < 50, `${elapsedMs} ms`);
});

test('task_struct has the members that every kernel has', { skip }, () => {
  const btf = Btf.decode(bytes);
  const task = btf.find('task_struct', 'struct')!;
  const pid = findMember(btf, task.id, 'pid')!;
  const tgid = findMember(btf, task.id, 'tgid')!;
  assert.equal(tgid.bitOffset, pid.bitOffset + 32);
  assert.equal(printTypeName(btf, pid.typeId), 'pid_t');
  assert.equal(sizeOf(btf, findMember(btf, task.id, 'comm')!.typeId), 16);
  assert.equal(printTypeName(btf, findMember(btf, task.id, 'comm')!.typeId), 'char[16]');
  assert.equal(sizeOf(btf, memberByPath(btf, task.id, 'se.vruntime')!.typeId), 8);
  assert.match(printC(btf, task), /\n\tpid_t pid;\n\tpid_t tgid;\n/);
  assert.match(printC(btf, task), /\n\tstruct task_struct \*real_parent;\n/);
});

test('every type of the kernel can be decoded, measured and printed', { skip }, () => {
  const btf = Btf.decode(bytes);
  let structs = 0;
  for (const type of btf.types()) {
    if (type.kind !== 'struct' && type.kind !== 'union') continue;
    structs++;
    if (structs % 10 !== 0) continue;
    assert.ok(printC(btf, type).endsWith(';'));
    for (const member of type.members) assert.ok(member.bitOffset <= type.size * 8, type.name);
  }
  assert.ok(structs > 1000);
});

/** Prints a list of C statements as one program and gives back what a compiler thinks of sizes and offsets. */
test('a C compiler lays the printed definitions out as the kernel does', { skip: skip || !haveCompiler() }, () => {
  const btf = Btf.decode(bytes);
  const names = [
    'list_head',
    'hlist_node',
    'iphdr',
    'tcphdr',
    'desc_struct',
    'timespec64',
    'ethhdr',
    'iovec',
    'pollfd',
  ];
  const structs = names.flatMap((name) => btf.find(name, 'struct') ?? []);
  const checks = structs.map(
    (type) => `_Static_assert(sizeof(struct ${type.name}) == ${type.size}, "${type.name}");\n`,
  );
  const typedefs = [
    'u8',
    'u16',
    'u32',
    's64',
    '__u8',
    '__u16',
    '__u32',
    '__s64',
    '__be16',
    '__be32',
    '__sum16',
    'time64_t',
    '__kernel_size_t',
    '__kernel_ulong_t',
  ];
  const preamble = typedefs.flatMap((name) => btf.find(name, 'typedef') ?? []).sort((a, b) => a.id - b.id);
  const code = [...preamble, ...structs].map((type) => printC(btf, type)).join('\n');
  execFileSync('cc', ['-fsyntax-only', '-w', '-x', 'c', '-'], { input: `${code}\n${checks.join('')}` });
});

function haveCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a subset of a few roots is small and says the same', { skip }, () => {
  const btf = Btf.decode(bytes);
  const subset = encodeSubset(btf, [
    { name: 'file', kind: 'struct' },
    { name: 'path', kind: 'struct' },
    { name: 'vfs_read', kind: 'func' },
  ]);
  assert.ok(subset.length < 64 * 1024, `${subset.length} bytes`);
  const small = Btf.decode(subset);
  const [here, there] = [small.find('file', 'struct')!, btf.find('file', 'struct')!];
  assert.equal(printC(small, here), printC(btf, there));
  assert.equal(
    memberByPath(small, here.id, 'f_path.dentry')?.bitOffset,
    memberByPath(btf, there.id, 'f_path.dentry')?.bitOffset,
  );
  assert.equal(printC(small, small.find('vfs_read', 'func')!), printC(btf, btf.find('vfs_read', 'func')!));
});
