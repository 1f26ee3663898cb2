/** The scripts that a user of this kind of tool types first, as written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { run, sonde } from '../sonde.ts';
import { entries, folder, live, trace, Tracer, workload } from './support.ts';

const haveKprobes = existsSync('/sys/bus/event_source/devices/kprobe/type');
const withoutKprobes = { skip: haveKprobes && 'this kernel has kprobes' };
const events = ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'].find((path) => existsSync(path));

const vfsRead = `#!/usr/bin/env sonde
// Latency of reads
kprobe:vfs_read
{
	@start[tid] = nsecs;
}

kretprobe:vfs_read
/@start[tid]/
{
	$duration_us = (nsecs - @start[tid]) / 1000;
	@us = hist($duration_us);
	delete(@start[tid]);
}
`;

describe('scripts as users type them', live, () => {
  test("-l 'tracepoint:syscalls:sys_enter_*'", async () => {
    const { status, stdout, stderr } = await sonde(['-l', 'tracepoint:syscalls:sys_enter_*']);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(lines, [...new Set(lines)].sort());
    assert.ok(lines.includes('tracepoint:syscalls:sys_enter_openat'));
    if (events !== undefined) {
      const there = readdirSync(join(events, 'syscalls')).filter((name) => name.startsWith('sys_enter_'));
      assert.deepEqual(lines, there.map((name) => `tracepoint:syscalls:${name}`).sort());
    }
  });

  test("-l '*kprobe*'", withoutKprobes, async () => {
    const { status, stdout, stderr } = await sonde(['-l', '*kprobe*']);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(status, 0);
    assert.ok(lines.some((line) => /^kprobe:\w*kprobe\w*$/.test(line)));
    assert.ok(
      lines.every((line) => /:.*kprobe/.test(line)),
      'only what has kprobe in its name',
    );
    assert.match(stderr, /^[^\n]*can't be attached[^\n]*CONFIG_KPROBES[^\n]*\n$/);
  });

  test('who makes system calls', async () => {
    using tracer = new Tracer(['-e', 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }']);
    await tracer.attached;
    await run(workload('calls'), ['2', '3000', 'acc_who']);
    tracer.signal('SIGINT');
    const { status, stdout, stderr } = await tracer.ended;
    assert.deepEqual([status, stderr], [0, 'Attached 1 probe\n']);
    assert.ok(stdout.startsWith('\n\n@['));
    assert.ok(Number(entries(stdout, '@')['acc_who']) >= 6000);
    const values = Object.values(entries(stdout, '@')).map(Number);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
  });

  test('which system calls are made', async () => {
    using tracer = new Tracer(['-e', 'tracepoint:syscalls:sys_enter_* { @[probe] = count(); }']);
    await tracer.attached;
    await run(workload('calls'), ['2', '3000']);
    tracer.signal('SIGINT');
    const { status, stdout, stderr } = await tracer.ended;
    assert.equal(status, 0);
    const attached = Number(/^Attached (\d+) probes\n$/.exec(stderr)?.[1]);
    assert.ok(attached > 300, stderr);
    const counts = entries(stdout, '@');
    assert.ok(Number(counts['tracepoint:syscalls:sys_enter_sched_get_priority_max']) >= 6000);
    assert.ok(Number(counts['tracepoint:syscalls:sys_enter_execve']) >= 1);
    assert.ok(Object.keys(counts).every((key) => /^tracepoint:syscalls:sys_enter_\w+$/.test(key)));
  });

  for (const [script, tracepoint] of [
    ['kprobe:do_sys_open { printf("%s: %s\\n", comm, str(arg1)) }', 'tracepoint:syscalls:sys_enter_openat'],
    ['kprobe:vfs_read { @ = count(); }', 'tracepoint:syscalls:sys_enter_read'],
  ] as const) {
    test(`no kprobes here: ${script}`, withoutKprobes, async () => {
      const { status, stdout, stderr } = await sonde(['-e', script]);
      assert.deepEqual([status, stdout], [1, '']);
      const lines = stderr.trimEnd().split('\n');
      assert.match(lines[0]!, /^stdin:1:1-\d+: ERROR: [^.]*CONFIG_KPROBES[^.]*\.$/);
      assert.equal(lines[1], script);
      assert.match(lines[2]!, /^~+$/);
      assert.match(lines[3]!, new RegExp(`^HINT: .*${tracepoint}\\b`));
      assert.equal(lines.length, 4);
    });
  }

  test('no kprobes here: the file that measures reads', withoutKprobes, async () => {
    const path = join(folder, 'reads.bt');
    writeFileSync(path, vfsRead, { mode: 0o755 });
    const { status, stdout, stderr } = await run(path, []);
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(stderr.match(/CONFIG_KPROBES/g)?.length, 1, stderr);
    assert.match(stderr, /^\S*reads\.bt:3:1-16: ERROR: /);
    assert.match(stderr, /tracepoint:syscalls:sys_enter_read\b/);
  });

  test('a file runs by its first line, with parameters', async () => {
    const path = join(folder, 'by-name');
    const script = '#!/usr/bin/env sonde\n// a comment\nbegin { printf("%d %s %d\\n", $1, str($2), $#); }\n';
    writeFileSync(path, script);
    chmodSync(path, 0o755);
    const { status, stdout, stderr } = await run(path, ['7', 'a b']);
    assert.deepEqual([status, stdout, stderr], [0, '7 a b 2\n\n\n', 'Attached 1 probe\n']);
  });

  test('block sizes', async () => {
    const { status, stdout, stderr } = await trace(
      'tracepoint:block:block_rq_issue { @kb = hist(args->bytes / 1024); }',
      ['-c', `dd if=/dev/zero of=${join(folder, 'block')} bs=64k count=4 oflag=sync status=none`],
    );
    assert.deepEqual([status, stderr], [0, 'Attached 1 probe\n']);
    assert.match(stdout, /^\n\n(@kb:\n(\[\S+(, \S+)?[\])] +\d+ \|[@ ]{52}\|\n)+\n)?$/);
  });

  test('what is typed into bash', async () => {
    const bash = join(folder, 'own-bash');
    copyFileSync('/bin/bash', bash);
    using tracer = new Tracer(['-e', `ur:${bash}:readline { printf("%s\\n", str(retval)); }`]);
    await tracer.attached;
    await typeInto(bash, 'echo one two\n:\nexit\n');
    tracer.signal('SIGINT');
    const { status, stdout, stderr } = await tracer.ended;
    assert.deepEqual([status, stdout, stderr], [0, 'echo one two\n:\nexit\n\n\n', 'Attached 1 probe\n']);
  });
});

/** An interactive shell on a terminal of its own. */
function typeInto(shell: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `${shell} --norc --noprofile -i`, '/dev/null'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'], HISTFILE: '/dev/null', TERM: 'dumb' },
    });
    child.on('error', reject).on('close', () => resolve());
    child.stdin.end(text);
  });
}
