/** What probes see is what is: compared with /proc, with the program probed and with other tools' answers. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../sonde.ts';
import { entries, folder, live, trace, Tracer, workload } from './support.ts';

const driver = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';
const functions = workload('functions');
const x64 = { skip: process.arch !== 'x64' };

/** What was printed before the two newlines at the end. */
const printed = (stdout: string): string[] => stdout.slice(0, stdout.lastIndexOf('\n\n')).split('\n').slice(0, -1);

describe('data', live, () => {
  test('the task and its parents', async () => {
    const child = spawn(workload('named'), ['acc_task', '5'], { stdio: 'ignore' });
    try {
      const { stdout } = await trace(
        `${driver} /comm == "acc_task"/ {
           printf("%d %d %s %d %d %d\\n", pid, tid, curtask->comm, curtask->pid, curtask->tgid, curtask->mm == curtask->active_mm);
           $parent = curtask->real_parent; printf("%d %s\\n", $parent->tgid, $parent->comm);
           printf("%d %s\\n", $parent->real_parent->tgid, curtask->real_parent->real_parent->comm);
           printf("%d %d\\n", curtask->nsproxy->uts_ns->name.nodename[0], curtask->cred->uid.val);
           exit(); }`,
      );
      const status = (pid: number): Record<string, string> =>
        Object.fromEntries(
          [...readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(\w+):\t(.*)$/gm)].map(([, k, v]) => [k, v]),
        );
      const grandparent = Number(status(process.pid)['PPid']);
      assert.deepEqual(printed(stdout), [
        `${child.pid} ${child.pid} acc_task ${child.pid} ${child.pid} 1`,
        `${process.pid} ${status(process.pid)['Name']}`,
        `${grandparent} ${status(grandparent)['Name']}`,
        `${readFileSync('/proc/sys/kernel/hostname')[0]} 0`,
      ]);
    } finally {
      child.kill();
    }
  });

  test('identity, place and time', async () => {
    const before = Date.now();
    const { stdout } = await trace(
      `${driver} /pid == cpid/ {
         printf("%d %d %s %d %d\\n", uid, gid, username, ncpus, cpu < ncpus);
         printf("%llu\\n", cgroup); printf("%s\\n", strftime("%s", nsecs)); printf("%llu %llu\\n", nsecs, elapsed); printf("%s|%s\\n", probe, comm); exit(); }`,
      ['-c', `setpriv --reuid=65534 --regid=65533 --clear-groups ${workload('calls')} 1 1 acc_id`],
    );
    const [who, cgroup, seconds, times, place] = printed(stdout);
    const nobody = /^([^:]*):[^:]*:65534:/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1] ?? '';
    const cpus = execFileSync('getconf', ['_NPROCESSORS_CONF'], { encoding: 'utf8' }).trim();
    assert.equal(who, `65534 65533 ${nobody} ${cpus} 1`);
    const unified = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    const mount = / (\S+) cgroup2 /.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
    if (unified !== undefined && mount !== undefined) {
      assert.equal(cgroup, execFileSync('stat', ['-c', '%i', mount + unified], { encoding: 'utf8' }).trim());
    }
    assert.ok(Number(seconds) * 1000 >= before - 1000 && Number(seconds) * 1000 <= Date.now());
    const [nsecs, elapsed] = times!.split(' ').map(Number) as [number, number];
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e9;
    assert.ok(nsecs > uptime - 60e9 && nsecs < uptime && elapsed > 0 && elapsed < 20e9, times);
    assert.equal(place, `${driver}|acc_id`);
  });

  test('arguments of system calls and of their ends', async () => {
    const path = join(folder, 'some file');
    writeFileSync(path, 'twelve bytes');
    const { stdout } = await trace(
      `tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @path[tid] = args.filename; @flags[tid] = args.flags; }
       tracepoint:syscalls:sys_exit_openat /pid == cpid && @path[tid]/ { printf("%s %d %d\\n", str((uint64)@path[tid]), @flags[tid] & 3, args.ret); delete(@path, tid); delete(@flags, tid); }
       tracepoint:syscalls:sys_enter_write /pid == cpid && args.fd == 1/ { printf("%d %s %r\\n", args.count, str(args.buf, args.count + 1), buf(args.buf, args.count)); }`,
      [
        '-c',
        `sh -c 'cat "${path}" /nonexistent >/dev/null 2>&1; read x <"${path}"; echo $x >/dev/null; exec 3<"${path}"'`,
      ],
    );
    const lines = printed(stdout);
    assert.ok(lines.includes(`${path} 0 3`), stdout);
    assert.ok(lines.includes('13 twelve bytes'), stdout);
    assert.ok(
      lines.some((line) => line === ' twelve bytes\\x0a' || line.endsWith('twelve bytes\\x0a')),
      stdout,
    );
  });

  test('texts of a tracepoint: located elsewhere in the record, and in it', async () => {
    const program = join(folder, 'acc-exec');
    symlinkSync('/bin/true', program);
    const { stdout } = await trace(
      `tracepoint:sched:sched_process_exec /pid == cpid/ { printf("%s %d %d %s\\n", str(args.filename), args.pid, args.old_pid, comm); }
       tracepoint:sched:sched_process_exit /pid == cpid/ { printf("%s %d\\n", args.comm, args.pid); @[args.comm, args.prio] = count(); }
       rawtracepoint:sched_process_exec /args.p->tgid == cpid/ { printf("%s %d\\n", str(args.bprm->filename), args.old_pid); }
       begin { printf("%d\\n", cpid); }`,
      ['-c', program],
    );
    const pid = /^\d+$/m.exec(stdout)![0];
    assert.deepEqual(
      printed(stdout).sort(),
      [pid, `${program} ${pid}`, `${program} ${pid} ${pid} acc-exec`, `acc-exec ${pid}`].sort(),
    );
    assert.deepEqual(entries(stdout, '@'), { 'acc-exec, 120': '1' });
  });

  test('the words of a command', async () => {
    const { stdout } = await trace(
      'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { join(args.argv); join(args.argv, ", "); }',
      ['-c', `/bin/true one 'two words' "" three`],
    );
    assert.deepEqual(printed(stdout), ['/bin/true one two words  three', '/bin/true, one, two words, , three']);
  });

  test('arguments, results and registers of functions', async () => {
    const { stdout } = await trace(
      `uprobe:${functions}:six { printf("%d %d %d %d %d %d\\n", arg0, arg1, arg2, arg3, arg4, arg5); }
       uprobe:${functions}:greet { printf("%s %s %s\\n", str(arg0), str(arg0, 3), probe); }
       uretprobe:${functions}:greet { printf("%s\\n", str(retval)); }
       uretprobe:${functions}:negative { printf("%d %lld %u\\n", (int32)retval, (int32)retval, retval); }
       uprobe:${functions}:take { printf("%d %d %s\\n", *(int32*)arg0, *(int16*)(arg0 + 4), str(arg0 + 6)); }`,
      ['-c', `${functions} 2`],
    );
    const first = `uprobe:${functions}:greet`;
    assert.deepEqual(
      printed(stdout).filter(
        (line) => line !== `world wo ${first}` && line !== `you yo ${first}` && !/^( |hello| {2})/.test(line),
      ),
      ['0 0 0', '-7 12 origin', '1 2 3 4 5 6', '-1 -1 4294967295', '-7 12 origin', '1 2 3 4 5 6'],
    );
    assert.deepEqual(
      printed(stdout)
        .filter((line) => /^(world|you|hello)/.test(line))
        .slice(-4),
      [`world wo ${first}`, 'hello world', `you yo ${first}`, 'hello you'],
    );
  });

  test('registers', x64, async () => {
    const { stdout } = await trace(
      `uprobe:${functions}:six { printf("%d %d %d\\n", reg("di"), reg("r8") + reg("r9"), reg("ip") == reg("pc")); }
       uretprobe:${functions}:six { printf("%d\\n", reg("ax")); }`,
      ['-c', `${functions} 1`],
    );
    assert.deepEqual(printed(stdout), ['1 11 1', '21']);
  });

  test('stacks and symbols of a program', async () => {
    const { stdout } = await trace(
      `uprobe:${functions}:leaf { printf("%s|%s|%s\\n", probe, func, ustack(4)); @[ustack(perf, 2)] = count(); @f[func] = count(); }
       uretprobe:${functions}:outer { printf("%s\\n", func); }`,
      ['-c', `${functions} 1 600`],
    );
    const [head, ...frames] = printed(stdout);
    assert.equal(head, `uprobe:${functions}:leaf|leaf|`);
    assert.match(frames.join('\n'), /^ {8}leaf\+0\n {8}middle\+\d+\n {8}outer\+\d+\n {8}main\+\d+\n\nouter$/);
    assert.match(
      stdout,
      new RegExp(
        `^@\\[\n\t[0-9a-f]+ leaf\\+0 \\(${functions}\\)\n\t[0-9a-f]+ middle\\+\\d+ \\(${functions}\\)\n\\]: 1$`,
        'm',
      ),
    );
    assert.deepEqual(entries(stdout, '@f'), { leaf: '1' });
  });

  test('a function has its name, however short its process lives', async () => {
    const { stdout } = await trace(`uprobe:${functions}:leaf { print(func); }`, ['-c', `${functions} 1`]);
    assert.deepEqual(printed(stdout), ['leaf']);
  });

  test('stacks and symbols of the kernel', async () => {
    const { stdout } = await trace(
      `${driver} /pid == cpid/ { @[kstack] = count(); @raw[kstack(raw, 64)] = count(); print(kstack(perf, 3)); }
       begin { print(ksym(kaddr("do_exit"))); print(ksym(kaddr("do_exit") + 3)); print(ksym(5)); }`,
      ['-c', `${workload('calls')} 1 1`],
    );
    assert.deepEqual(printed(stdout).slice(0, 3), ['do_exit', 'do_exit', '0x5']);
    const kallsyms = readFileSync('/proc/kallsyms', 'utf8');
    const named = [.../^@\[\n([^\]]*)\]: 1$/m.exec(stdout)![1]!.matchAll(/^ {8}(\S+)\+(\d+)$/gm)];
    const raw = [.../^@raw\[\n([^\]]*)\]: 1$/m.exec(stdout)![1]!.matchAll(/^([0-9a-f]{16})$/gm)].map(([, hex]) =>
      BigInt(`0x${hex}`),
    );
    assert.ok(named.length >= 3 && named.length === raw.length, stdout);
    for (const [i, [, name, offset]] of named.entries()) {
      const starts = [
        ...kallsyms.matchAll(new RegExp(`^([0-9a-f]+) \\w ${name!.replaceAll('.', '\\.')}(?:\\t|$)`, 'gm')),
      ].map(([, hex]) => BigInt(`0x${hex}`));
      assert.ok(
        starts.some((start) => start + BigInt(offset!) === raw[i]),
        `${name}+${offset} is not ${raw[i]!.toString(16)}`,
      );
    }
    assert.match(stdout, /^\t[0-9a-f]{16} \S+\+\d+$/m);
  });

  test('names of other processes in stacks of a profile', async () => {
    const child = spawn(workload('calls'), ['1', '400000000', 'acc_busy'], { stdio: 'ignore' });
    try {
      using tracer = new Tracer([
        '-e',
        'profile:hz:199 { @[usym(reg("ip"))] = count(); @s[ustack(2)] = count(); }',
        '-p',
        String(child.pid),
      ]);
      await tracer.attached;
      await sleep(500);
      tracer.signal('SIGINT');
      const { stdout } = await tracer.ended;
      assert.match(stdout, /^@\[syscall\]: \d+$/m);
      assert.match(stdout, /^@s\[\n {8}(syscall|work)\+\d+(?:@\S+)?\n {8}\w+\+\d+(?:@\S+)?\n\]: \d+$/m);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  test('files and commands', async () => {
    const path = join(folder, 'text');
    writeFileSync(path, 'line one\nline two');
    const { stdout, stderr, status } = await trace(
      `begin { cat("${folder}/%s", "text"); printf("|\\n"); cat("/nonexistent/%d", 5); system("echo %d; echo $((1 + %d))", 5, 6); system("exit 3"); printf("last\\n"); }`,
      ['--unsafe'],
    );
    assert.equal(status, 0);
    assert.equal(stdout, 'line one\nline two|\n5\n7\n\nlast\n\n\n');
    assert.match(stderr, /^ERROR: failed to open file '\/nonexistent\/5' \(No such file or directory\)$/m);
    assert.match(stderr, /^ERROR: command exited with code 3$/m);
    const refused = await run('sonde', ['-e', 'begin { system("ls"); }']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /--unsafe/);
  });
});
