/** Entry and exit of kernel functions with their types, which the host that runs these tests refuses. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sonde } from '../../sonde.ts';

const slow = { timeoutMs: 90_000 };
const file = '/root/sixty-bytes';
const name = 'sixty-bytes';
writeFileSync(file, 'x'.repeat(60));

test('P-40 P-42 P-43 P-44 arguments, results and memory behind them have the values that the caller gave', async () => {
  // One process, many checks: each line says what it is about.
  const script = `
    fentry:vfs_read /pid == cpid && str(args.file.f_path.dentry.d_name.name) == "${name}"/ {
      printf("entry %s %s %d\\n", func, probe, args.count);
      printf("inode %d size %d\\n", args.file->f_inode->i_ino, args.file.f_inode.i_size);
      printf("half %d equal %d\\n", (uint64)args.file >> 63, args.file == args.file);
      @by_file[args.file] = count();
      @caller = kstack(2);
      @has_user_stack = ustack(1);
    }
    fexit:vmlinux:vfs_read /pid == cpid && str(args.file.f_path.dentry.d_name.name) == "${name}"/ {
      printf("exit %s %d of %d\\n", probe, retval, args.count);
    }
    fexit:vfs_read, fentry:vfs_open /pid == cpid/ { @[probetype, func] = count(); }
    end { print(len(@by_file)); clear(@by_file); }`;
  const { status, stdout, stderr } = await sonde(['-q', '-e', script, '-c', `dd if=${file} bs=100 of=/dev/null`], slow);
  assert.equal(status, 0, stderr);
  const { ino } = statSync(file);
  assert.deepEqual(stdout.split('\n').slice(0, 8), [
    'entry vfs_read fentry:vmlinux:vfs_read 100',
    `inode ${ino} size 60`,
    'half 1 equal 1',
    'exit fexit:vmlinux:vfs_read 60 of 100',
    'entry vfs_read fentry:vmlinux:vfs_read 100',
    `inode ${ino} size 60`,
    'half 1 equal 1',
    'exit fexit:vmlinux:vfs_read 0 of 100',
  ]);
  assert.match(stdout, /^1$/m, 'one file');
  assert.match(stdout, /^@caller: \n {8}vfs_read\+\d+\n {8}ksys_read\+\d+$/m);
  assert.match(stdout, /^@\[fexit, vfs_read\]: [1-9]/m);
  assert.match(stdout, /^@\[fentry, vfs_open\]: [1-9]/m);
});

test('P-40 P-41 P-42 P-43 a module, wildcards, all arguments at once, a result that is a pointer, -p', async () => {
  const script = `
    fentry:9p:v9fs_file_open { @module[probe, args.file->f_mode > 0] = count(); }
    fentry:vfs_re*link*, fexit:vfs_stat* { @wild[probe] = count(); }
    fexit:fget /retval/ { @result[retval->f_inode == 0] = count(); }
    fexit:vfs_read /pid == cpid && args.count > 4096/ { print(args); exit(); }`;
  const { status, stdout, stderr } = await sonde(['-q', '-e', script, '-c', `cat ${file} /etc/passwd`], slow);
  assert.equal(status, 0, stderr);
  const [kernelAddress, userAddress] = ['0xffff[0-9a-f]{12}', '0x[0-9a-f]{6,12}'];
  const all = `{ \\.file = ${kernelAddress}, \\.buf = ${userAddress}, \\.count = \\d+, \\.pos = ${kernelAddress} }`;
  assert.match(stdout, new RegExp(`^${all}$`, 'm'));
  assert.match(stdout, /^@module\[fentry:9p:v9fs_file_open, true\]: [1-9]/m);
  assert.match(stdout, /^@result\[false\]: [1-9]/m);
});

test('P-40 P-44 E-51 what is refused says why, and nothing is attached', async () => {
  const places = 'fentry:_printk { } fentry:vfs_raed { } fexit:nosuch:vfs_read { } fentry:* { }';
  const bodies = `fentry:vfs_read { print(arg0); print(reg("ax")); print(retval); print(ctx); }
    fexit:vfs_read { print(args.nosuch); }`;
  const refusals: readonly [script: string, reasons: readonly RegExp[]][] = [
    [
      places,
      [
        /fentry can't be attached to _printk: it takes a variable number of arguments\./,
        /No matches for fentry vfs_raed\.[^]*Did you mean fentry:vfs_read\?/,
        /Kernel module 'nosuch' is not loaded/,
        /fentry \* matches \d{5}: write more of the name/,
      ],
    ],
    [
      bodies,
      [
        /The arg0 builtin can only be used with[^]*args\.NAME/,
        /The reg function can not be used with fentry probes/,
        /The retval builtin can only be used with/,
        /The ctx builtin can not be used with fentry probes/,
        /fexit:vmlinux:vfs_read has: file, buf, count, pos\./,
      ],
    ],
  ];
  for (const [script, reasons] of refusals) {
    const { status, stdout, stderr } = await sonde(['-e', script], slow);
    assert.equal(status, 1, script);
    assert.equal(stdout, '', script);
    for (const reason of reasons) assert.match(stderr, reason);
  }
  const { status, stderr } = await sonde(['-e', 'fentry:exc_page_fault { }'], slow);
  assert.equal(status, 255);
  assert.match(stderr, /Unable to attach probe: fentry:vmlinux:exc_page_fault[^]*must not be probed/);
});

test('F-56 F-58 P-42 paths and cookies at typed functions; a function at which the kernel tells no path', async () => {
  const script = `
    fexit:security_file_open /pid == cpid && str(args.file.f_path.dentry.d_name.name) == "${name}"/ {
      printf("%s|%s %d\\n", path(args.file.f_path), path(args.file.f_path, 32), retval);
    }
    fentry:inet_release /pid == cpid/ { @[socket_cookie(args.sock.sk) > 0] = count(); }`;
  const { status, stdout, stderr } = await sonde(['-q', '-e', script, '-c', `wc -c ${file}`], slow);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\/root\/sixty-bytes\|\/root\/sixty-bytes 0$/m);
  const refused = await sonde(['-e', 'fentry:vfs_read { print(path(args.file.f_path)); }'], slow);
  assert.equal(refused.status, 255);
  assert.match(refused.stderr, /tells paths \(bpf_d_path\) at a few functions only: filp_close/);
});
