/** Exact counts: a workload's number of calls is known, and every way of counting must give that number. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { run } from '../sonde.ts';
import { entries, live, total, trace, Tracer, workload } from './support.ts';

const driver = 'sched_get_priority_max';
const calls = workload('calls');

describe('counts are exact', live, () => {
  for (const threads of [1, 4]) {
    test(`${threads} threads, while a profile adds to the same map`, async () => {
      const n = 50_000;
      const { stdout, stderr } = await trace(
        `tracepoint:syscalls:sys_enter_${driver} /comm == "acc_calls"/ { @[tid] = count(); @c[comm] = count(); @n = count(); @one = sum(1); }
         profile:hz:999 { @[0] = count(); }`,
        ['-c', `${calls} ${threads} ${n} acc_calls`],
      );
      const { 0: sampled, ...byThread } = entries(stdout, '@');
      assert.equal(stderr, 'Attached 2 probes\n');
      assert.deepEqual(Object.values(byThread), Array(threads).fill(String(n)));
      assert.ok(Number(sampled) > 0, 'the profile adds too');
      assert.deepEqual(entries(stdout, '@c'), { acc_calls: String(threads * n) });
      assert.deepEqual(entries(stdout, '@n'), { '': String(threads * n) });
      assert.deepEqual(entries(stdout, '@one'), { '': String(threads * n) });
    });
  }

  test('a map that a profile and a system call both add to, under one key', async () => {
    const { stdout } = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { @both = count(); @calls = count(); }
       profile:hz:999 { @both = count(); @samples = count(); }`,
      ['-c', `${calls} 4 100000`],
    );
    assert.equal(total(stdout, '@calls'), 400_000);
    assert.equal(total(stdout, '@both'), 400_000 + total(stdout, '@samples'));
    assert.ok(total(stdout, '@samples') > 0);
  });

  test('through a wildcard, by name and by thread', async () => {
    const { stdout } = await trace(
      `tracepoint:syscalls:sys_enter_sched_*,tracepoint:syscalls:sys_exit_sched_get* /pid == cpid/ { @[probe] = count(); @t[probe, tid] = count(); }`,
      ['-c', `${calls} 4 20000`],
    );
    const byProbe = entries(stdout, '@');
    assert.equal(byProbe[`tracepoint:syscalls:sys_enter_${driver}`], '80000');
    assert.equal(byProbe[`tracepoint:syscalls:sys_exit_${driver}`], '80000');
    assert.equal(byProbe['tracepoint:syscalls:sys_enter_sched_setaffinity'], '4');
    assert.equal(byProbe['tracepoint:syscalls:sys_exit_sched_getaffinity'], '4');
    const byThread = Object.entries(entries(stdout, '@t')).filter(([key]) => key.includes(`sys_enter_${driver}`));
    assert.deepEqual(
      byThread.map(([, value]) => value),
      Array(4).fill('20000'),
    );
  });

  test('every probe type that sees a system call sees the same number', async () => {
    const { stdout } = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { @named = count(); @policy = sum(args.policy); }
       tracepoint:syscalls:sys_exit_${driver} /pid == cpid/ { @left = count(); @ret[args.ret] = count(); }
       tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 146/ { @by_id = count(); @arg = sum(args.args[0]); }
       rawtracepoint:sys_enter /pid == cpid && arg1 == 146/ { @raw = count(); }`,
      ['-c', `${calls} 2 10000`],
    );
    for (const map of ['@named', '@left', '@by_id', '@raw']) assert.equal(total(stdout, map), 20_000, map);
    assert.equal(total(stdout, '@policy'), 2 * ((9999 * 10_000) / 2));
    assert.equal(total(stdout, '@arg'), 2 * ((9999 * 10_000) / 2));
    const returned = entries(stdout, '@ret');
    assert.equal(returned['99'], '4', 'SCHED_FIFO and SCHED_RR, in two threads');
    assert.equal(returned['-22'], String(20_000 - 4 - Number(returned['0'])));
  });

  test('totals of aggregations', async () => {
    const { stdout } = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ {
         @sum = sum(args.policy); @min = min(args.policy); @max = max(args.policy); @avg = avg(args.policy);
         @stats = stats(args.policy); @hist = hist(args.policy); @lhist = lhist(args.policy, 0, 1000, 250);
         @plain[args.policy] = args.policy * 2; @down = min(-(int64)args.policy); }`,
      ['-c', `${calls} 4 1024`],
    );
    const sum = (4 * 1023 * 1024) / 2;
    assert.equal(total(stdout, '@sum'), sum);
    assert.equal(entries(stdout, '@min')[''], '0');
    assert.equal(entries(stdout, '@max')[''], '1023');
    assert.equal(entries(stdout, '@down')[''], '-1023');
    assert.equal(entries(stdout, '@avg')[''], '511');
    assert.equal(entries(stdout, '@stats')[''], `{ .count = 4096, .average = 511, .total = ${sum} }`);
    assert.equal(Object.keys(entries(stdout, '@plain')).length, 1024);
    assert.equal(entries(stdout, '@plain')['1000'], '2000');
    const rows = (map: string): string[] =>
      stdout
        .slice(stdout.indexOf(`${map}:\n`))
        .split('\n\n')[0]!
        .split('\n')
        .slice(1)
        .map((row) => row.slice(0, 24).replace(/ +/g, ' '));
    assert.deepEqual(rows('@hist'), [
      '[0] 4',
      '[1] 4',
      '[2, 4) 8',
      '[4, 8) 16',
      '[8, 16) 32',
      '[16, 32) 64',
      '[32, 64) 128',
      '[64, 128) 256',
      '[128, 256) 512',
      '[256, 512) 1024',
      '[512, 1K) 2048',
    ]);
    assert.deepEqual(rows('@lhist'), [
      '[0, 250) 1000',
      '[250, 500) 1000',
      '[500, 750) 1000',
      '[750, 1000) 1000',
      '[1000, ...) 96',
    ]);
  });

  test('functions of a program: entries, returns, wildcards', async () => {
    const functions = workload('functions');
    const { stdout, stderr } = await trace(
      `uprobe:${functions}:add { @add = count(); @a = sum(arg0); @b = sum(arg1); }
       uretprobe:${functions}:add { @returned = count(); @sum = sum(retval); }
       uprobe:${functions}:middle,uprobe:${functions}:oute* { @[probe] = count(); }`,
      ['-c', `${functions} 1000`],
    );
    const half = (999 * 1000) / 2;
    assert.equal(stderr, 'Attached 4 probes\n');
    assert.deepEqual(
      ['@add', '@returned', '@a', '@b', '@sum'].map((map) => total(stdout, map)),
      [1000, 1000, half, 2 * half, 3 * half],
    );
    assert.deepEqual(entries(stdout, '@'), {
      [`uprobe:${functions}:middle`]: '1000',
      [`uprobe:${functions}:outer`]: '1000',
    });
  });

  test(
    '32-bit calls do not count as the 64-bit calls of the same number',
    { skip: process.arch !== 'x64' },
    async () => {
      const { stdout } = await trace(
        `tracepoint:syscalls:sys_enter_writev /pid == cpid/ { @one = count(); }
       tracepoint:syscalls:sys_enter_wr*,tracepoint:syscalls:sys_enter_adj* /pid == cpid/ { @many[probe] = count(); }
       tracepoint:syscalls:sys_exit_wr*,tracepoint:syscalls:sys_exit_adj* /pid == cpid/ { @left[probe] = count(); }
       tracepoint:syscalls:sys_exit_writev /pid == cpid/ { @out = count(); }
       tracepoint:syscalls:sys_enter_getpid,tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { @no = count(); }`,
        ['-c', `${workload('compat')} 40`],
      );
      assert.deepEqual(entries(stdout, '@one'), { '': '3' });
      assert.deepEqual(entries(stdout, '@many'), { 'tracepoint:syscalls:sys_enter_writev': '3' });
      assert.deepEqual(entries(stdout, '@left'), { 'tracepoint:syscalls:sys_exit_writev': '3' });
      assert.deepEqual(entries(stdout, '@out'), { '': '3' });
      assert.deepEqual(entries(stdout, '@no'), {});
    },
  );

  test('system calls counted at their own tracepoints and through one for all agree', async () => {
    const names = [
      'openat',
      'newfstatat',
      'read',
      'close',
      'fcntl',
      'mmap',
      'getdents64',
      'brk',
      'munmap',
      'exit_group',
    ];
    const own = (kind: string): string =>
      names
        .map(
          (name) =>
            `tracepoint:syscalls:sys_${kind}_${name} /pid == cpid && comm == "find"/ { @one[probe] = count(); }`,
        )
        .join('\n');
    using tracer = new Tracer([
      '-e',
      `${own('enter')} ${own('exit')}
       tracepoint:syscalls:sys_enter_openat /pid == cpid && comm == "find"/ { @flags_one = sum(args.flags); }
       tracepoint:syscalls:sys_exit_openat /pid == cpid && comm == "find"/ { @ret_one = sum(args.ret); }
       tracepoint:syscalls:sys_enter_*,tracepoint:syscalls:sys_exit_* /pid == cpid && comm == "find"/ { @all[probe] = count(); }
       tracepoint:raw_syscalls:sys_enter /pid == cpid && comm == "find" && args.id == ${process.arch === 'x64' ? 257 : 56}/ { @flags_all = sum(args.args[2]); }
       tracepoint:raw_syscalls:sys_exit /pid == cpid && comm == "find" && args.id == ${process.arch === 'x64' ? 257 : 56}/ { @ret_all = sum(args.ret); }`,
      '-c',
      'find /etc -newer /etc/passwd -name nothing-has-this-name',
    ]);
    await tracer.attached;
    const { stdout } = await tracer.ended;
    const all = entries(stdout, '@all');
    const same = Object.fromEntries(
      Object.entries(all).filter(([probe]) => names.includes(/sys_(?:enter|exit)_(\w+)/.exec(probe)![1]!)),
    );
    assert.deepEqual(entries(stdout, '@one'), same);
    assert.ok(Number(all['tracepoint:syscalls:sys_enter_openat']) > 10, stdout);
    assert.equal(all['tracepoint:syscalls:sys_enter_openat'], all['tracepoint:syscalls:sys_exit_openat']);
    assert.equal(total(stdout, '@flags_one'), total(stdout, '@flags_all'));
    assert.equal(total(stdout, '@ret_one'), total(stdout, '@ret_all'));
  });

  test('a full map: what no longer fits is told', async () => {
    const { status, stdout, stderr } = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { @[args.policy] = count(); }`,
      ['-c', `${calls} 1 6000`],
    );
    assert.equal(status, 0);
    assert.equal(Object.keys(entries(stdout, '@')).length, 4096);
    assert.match(stderr, /^stdin:1:\d+-\d+: WARNING: Map full; can't update element\. .*\(1904 times\)$/m);
    const larger = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { @[args.policy] = count(); }`,
      ['-c', `${calls} 1 6000`],
      {
        environment: { BPFTRACE_MAX_MAP_KEYS: '6000' },
      },
    );
    assert.deepEqual([Object.keys(entries(larger.stdout, '@')).length, larger.stderr], [6000, 'Attached 1 probe\n']);
  });

  test('with -c, functions are probed in that process only', async () => {
    const functions = workload('functions');
    using tracer = new Tracer([
      '-e',
      `uprobe:${functions}:add { @[pid == cpid] = count(); } uretprobe:${functions}:add { @r[pid == cpid] = count(); }`,
      '-c',
      `${functions} 5 500`,
    ]);
    await tracer.attached;
    await run(functions, ['3']);
    const { stdout } = await tracer.ended;
    assert.deepEqual([entries(stdout, '@'), entries(stdout, '@r')], [{ true: '5' }, { true: '5' }]);
  });
});
