/** How a run starts and ends: order, signals, commands, processes, files, terminals, statuses. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launcher, run, sonde, testEnvironment } from '../sonde.ts';
import { entries, eventually, folder, live, trace, Tracer, workload } from './support.ts';

const driver = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';
const calls = workload('calls');
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');

/** Takes one byte of a pipe, if there is one. */
function hasInput(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) > 0;
  } catch {
    return false;
  }
}

describe('life cycle', live, () => {
  test('begin, events, end, maps: in this order', async () => {
    const { status, stdout, stderr } = await trace(
      `END { printf("end 1\\n"); @z = 1; } begin { printf("begin 1\\n"); @seen = 7; } ${driver} /pid == cpid/ { printf("event %d\\n", @seen); }
       BEGIN { printf("begin 2\\n"); } end { printf("end 2\\n"); }`,
      ['-c', `${calls} 1 2`],
    );
    assert.equal(stdout, 'begin 1\nbegin 2\nevent 7\nevent 7\nend 1\nend 2\n\n\n@seen: 7\n@z: 1\n');
    assert.deepEqual([status, stderr], [0, 'Attached 5 probes\n']);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal}: end probes run, maps are printed, status 0`, async () => {
      using tracer = new Tracer(['-e', 'interval:ms:10 { @ticks = count(); } end { printf("end\\n"); }']);
      await tracer.attached;
      await sleep(200);
      tracer.signal(signal);
      const { status, stdout } = await tracer.ended;
      assert.equal(status, 0);
      assert.match(stdout, /^end\n\n\n@ticks: [1-9]\d*\n$/);
    });
  }

  test('SIGHUP: its default action, no maps', async () => {
    using tracer = new Tracer(['-e', 'interval:ms:10 { @ticks = count(); } end { printf("end\\n"); }']);
    await tracer.attached;
    tracer.signal('SIGHUP');
    assert.deepEqual(await tracer.ended, { status: 'SIGHUP', stdout: '', stderr: 'Attached 2 probes\n' });
  });

  for (const count of [2, 3]) {
    test(`a reader that stands still: ${count} signals end the run`, async () => {
      const fifo = join(folder, `fifo-${count}`);
      execFileSync('mkfifo', [fifo]);
      const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const script = `${driver} /pid == cpid/ { printf("%d %s %s\\n", args.policy, probe, probe); }`;
      const writer = openSync(fifo, 'w');
      const child = spawn(launcher, ['-q', '-e', script, '-c', `${calls} 1 200000`], {
        stdio: ['ignore', writer, 'pipe'],
        env: testEnvironment(),
      });
      closeSync(writer);
      let stderr = '';
      child.stderr!.on('data', (text) => (stderr += text));
      const ended = new Promise<unknown>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
      await eventually(() => hasInput(reader), 10_000);
      await sleep(500);
      for (let i = 0; i < count; i++) {
        child.kill('SIGINT');
        await sleep(150);
      }
      const status = await Promise.race([ended, sleep(5000, 'hangs', { ref: false })]);
      child.kill('SIGKILL');
      closeSync(reader);
      assert.ok(status === 0 || status === 'SIGINT', String(status));
      assert.doesNotMatch(stderr, /^ +at /m);
    });
  }

  test('exit(): status, last words, what follows is not printed', async () => {
    const { status, stdout } = await trace(
      `${driver} /pid == cpid/ { printf("%d\\n", args.policy); if (args.policy == 3) { exit(42); } } end { printf("end\\n"); }`,
      ['-c', `${calls} 1 1000`],
    );
    assert.deepEqual([status, stdout], [42, '0\n1\n2\n3\nend\n\n\n']);
    assert.equal((await trace('begin { exit(7); } end { exit(9); }')).status, 9);
  });

  test('statuses: wrong script 1, refused 255, normal 0', async () => {
    assert.equal((await trace('begin { print(nosuch); }')).status, 1);
    assert.equal((await sonde(['--nosuch'])).status, 1);
    assert.equal((await trace('begin { $i = 0; while (true) { $i++; } }')).status, 255);
    assert.equal((await trace('interval:ms:1 { }', ['-c', 'sh -c "exit 5"'])).status, 0);
    assert.equal((await trace('interval:ms:1 { }', ['-c', 'sh -c "kill -9 $$"'])).status, 0);
  });

  test('a script from standard input, with parameters', async () => {
    const { status, stdout } = await new Tracer(['-', '41', 'a b'], {
      stdin: 'begin { printf("%d [%s] %d\\n", $1 + 1, str($2), $#); }',
    }).ended;
    assert.deepEqual([status, stdout], [0, '42 [a b] 2\n\n\n']);
  });
});

describe('-c', live, () => {
  test('shell quoting, look-up in PATH, output not captured', async () => {
    const { status, stdout } = await trace('interval:s:100 { }', [
      '-q',
      '-c',
      `printf '%s|' one 'two  three' "fo'ur" fi\\ ve ""`,
    ]);
    assert.deepEqual([status, stdout], [0, "one|two  three|fo'ur|fi ve||\n\n"]);
  });

  test('the command starts only when all is attached', async () => {
    const { stdout } = await trace(
      'tracepoint:sched:sched_process_exec /pid == cpid/ { @execs = count(); } tracepoint:syscalls:sys_enter_execve /pid == cpid/ { @calls = count(); }',
      ['-c', '/bin/true'],
    );
    assert.deepEqual([entries(stdout, '@execs'), entries(stdout, '@calls')], [{ '': '1' }, { '': '1' }]);
  });

  test('a command that is not there', async () => {
    const { status, stdout, stderr } = await trace('interval:ms:1 { }', ['-c', '/nonexistent/x']);
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(
      stderr,
      "ERROR: Failed to fork child: Path '/nonexistent/x' does not exist or is not executable (No such file or directory)\n",
    );
    assert.match((await trace('interval:ms:1 { }', ['-c', '/etc/passwd'])).stderr, /\(Permission denied\)$/m);
  });

  test('the command gets SIGTERM when the tracer ends first, SIGKILL when it ignores that', async () => {
    for (const [i, body] of ['trap "echo term >&2; exit" TERM', 'trap "" TERM'].entries()) {
      using tracer = new Tracer([
        '-e',
        'interval:ms:400 { exit(); } begin { printf("%d\\n", cpid); }',
        '-c',
        `sh -c '${body}; while :; do sleep 0.1; done'`,
      ]);
      const { status, stdout, stderr } = await tracer.ended;
      assert.equal(status, 0);
      assert.equal(stderr.includes('term\n'), i === 0, stderr);
      assert.ok(await eventually(() => !isAlive(Number(stdout.split('\n')[0]))));
    }
  });

  test('after a silence of records too, nothing is counted behind the end', async () => {
    // One that does not end while it is traced.
    const busy = spawn(workload('calls'), ['1', '1000000000'], { stdio: 'ignore' });
    try {
      using tracer = new Tracer([
        '-q',
        '-e',
        `tracepoint:syscalls:sys_enter_sched_get_priority_max /pid == ${busy.pid}/ { @n++; @kept[args.policy] = count(); }
         interval:ms:1 { @ticks = count(); } end { printf("%d\\n", @n); clear(@kept); clear(@ticks); }`,
      ]);
      await sleep(1500);
      tracer.signal('SIGINT');
      const { stdout } = await tracer.ended;
      const [, seen, left] = /^(\d+)\n\n\n@n: (\d+)\n$/.exec(stdout) ?? [];
      assert.ok(Number(seen) > 0, stdout);
      assert.equal(seen, left);
    } finally {
      busy.kill('SIGKILL');
    }
  });

  test('a waiting command exits by itself when the tracer is killed', async () => {
    const marker = join(folder, 'started');
    // Each by a tracepoint of its own: while so many are attached, there is time to look.
    using tracer = new Tracer([
      '-e',
      'config = { hook_choice = named } tracepoint:syscalls:sys_enter_* { @[probe] = count(); }',
      '-c',
      `touch ${marker}`,
    ]);
    const children = (): number[] =>
      readFileSync(`/proc/${tracer.pid}/task/${tracer.pid}/children`, 'latin1')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number);
    assert.ok(await eventually(() => children().length > 0));
    const gated = children();
    tracer.signal('SIGKILL');
    await tracer.ended;
    assert.ok(await eventually(() => gated.every((pid) => !isAlive(pid))), `left: ${gated.join()}`);
    assert.equal(existsSync(marker), false);
  });

  test('the command has the environment and files that the user has', async () => {
    const { stdout } = await trace(
      'interval:s:100 { }',
      ['-q', '-c', `sh -c 'echo "$ACC_NAME $NODE_OPTIONS"; ls /proc/self/fd | wc -l'`],
      {
        environment: { ACC_NAME: 'kept', NODE_OPTIONS: '--no-deprecation' },
      },
    );
    const without = await run('sh', ['-c', 'ls /proc/self/fd | wc -l']);
    assert.equal(stdout, `kept --no-deprecation\n${without.stdout}\n\n`);
  });
});

describe('-p', live, () => {
  test('only that process, and no longer than it lives', async () => {
    const child = spawn(workload('named'), ['acc_p', '3'], { stdio: 'ignore' });
    const other = spawn(workload('named'), ['acc_other', '6'], { stdio: 'ignore' });
    const { status, stdout, stderr } = await trace(
      `${driver} { @[pid, comm] = count(); } profile:hz:99 { @p[pid] = count(); }`,
      ['-p', String(child.pid)],
    );
    other.kill();
    assert.deepEqual([status, stderr], [0, 'Attached 2 probes\n']);
    assert.deepEqual(Object.keys(entries(stdout, '@')), [`${child.pid}, acc_p`]);
    assert.ok(Object.keys(entries(stdout, '@p')).every((pid) => pid === String(child.pid)));
  });

  test('a process that is gone', async () => {
    const child = spawn('true');
    await new Promise((resolve) => child.on('close', resolve));
    const { status, stdout, stderr } = await trace('interval:ms:1 { }', ['-p', String(child.pid)]);
    assert.deepEqual(
      [status, stdout, stderr],
      [1, '', 'ERROR: Failed to attach to pid: Unable to open pidfd (No such process)\n'],
    );
  });
});

describe('output', live, () => {
  test('-o: a file gets what standard output would; messages stay', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'old text that is longer than the new one'.repeat(9));
    const { status, stdout, stderr } = await trace('begin { printf("x\\n"); @ = 1; }', ['-o', path]);
    assert.deepEqual(
      [status, stdout, stderr, readFileSync(path, 'utf8')],
      [0, '', 'Attached 1 probe\n', 'x\n\n\n@: 1\n'],
    );
  });

  test('-o: a full disk, a path that cannot be written', async () => {
    const full = await trace('interval:ms:10 { printf("x\\n"); }', ['-o', '/dev/full']);
    assert.deepEqual([full.status, full.stdout], [1, '']);
    assert.match(full.stderr, /^Attached 1 probe\nERROR: Can't write to \/dev\/full: no space left on device\n/);
    const nowhere = await trace('interval:ms:10 { printf("x\\n"); }', ['-o', '/nonexistent/x']);
    assert.deepEqual(
      [nowhere.status, nowhere.stdout, nowhere.stderr],
      [1, '', "ERROR: Can't write to /nonexistent/x: no such file or directory\n"],
    );
  });

  for (const more of ['', `-c 'sleep 100'`]) {
    test(`Ctrl-C on a terminal ${more}`, async () => {
      // `exec`, as a shell that waits beside Sonde would report the same signal as its own end.
      const command = `exec ${launcher} -e 'interval:ms:10 { @ = count(); } end { printf("end\\n"); }' ${more}`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: testEnvironment(),
      });
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
      const ended = new Promise<unknown>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
      await eventually(() => shown.includes('Attached'), 10_000);
      await sleep(400);
      child.stdin.write('\x03');
      const status = await Promise.race([ended, sleep(5000, 'hangs', { ref: false })]);
      child.kill('SIGKILL');
      assert.equal(status, 0);
      assert.match(shown, /^Attached 2 probes\r\n\^Cend\r\n\r\n\r\n@: \d+\r\n$/);
    });
  }

  test('-q, -v, -d', async () => {
    assert.deepEqual(await trace('begin { printf("x\\n"); }', ['-q']), { status: 0, stdout: 'x\n\n\n', stderr: '' });
    const verbose = await trace('interval:ms:10 { exit(); } begin { }', ['-v']);
    assert.match(verbose.stderr, /^Attaching 'begin' probe$/m);
    assert.match(verbose.stderr, /^Trying to attach probe: interval:ms:10$/m);
    const stages = await trace('begin { @ = 1 + 2; }', ['-d', 'all']);
    assert.equal(stages.status, 0);
    for (const stage of ['ast', 'types', 'codegen', 'codegen-opt', 'verifier'])
      assert.match(stages.stdout, new RegExp(`^${stage}( \\S+)?:$`, 'm'));
    const wrong = await trace('begin { }', ['-d', 'nosuch']);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /nosuch.*ast.*verifier/);
  });

  test('| head -1: ends silently', async () => {
    const script = 'interval:ms:10 { printf("tick\\n"); }';
    const { stdout, stderr, status } = await run('sh', ['-c', `${launcher} -q -e '${script}' | head -1`]);
    assert.deepEqual([status, stdout, stderr], [0, 'tick\n', '']);
  });

  test('control bytes of traced data: shown on a terminal, raw in a pipe', async () => {
    const child = spawn(workload('named'), ['x\\e[31my', '10'], { stdio: 'ignore' });
    try {
      const script =
        `${driver} /pid == ${child.pid}/ { printf("%s|\\\\t|%s\\n", comm, comm); @[comm] = 1; exit(); }`.replace(
          '\\\\t',
          '\\t',
        );
      const piped = await trace(script, ['-q']);
      assert.equal(piped.stdout, 'x\x1b[31my|\t|x\x1b[31my\n\n\n@[x\x1b[31my]: 1\n');
      const file = join(folder, 'terminal.bt');
      writeFileSync(file, script);
      const terminal = await run('script', ['-qec', `${launcher} -q ${file}`, '/dev/null']);
      assert.equal(terminal.stdout.replaceAll('\r\n', '\n'), 'x\\x1b[31my|\t|x\\x1b[31my\n\n\n@[x\\x1b[31my]: 1\n');
    } finally {
      child.kill();
    }
  });
});

describe('a guarded process', live, () => {
  test('its name is sonde, its command line as typed, SIGUSR1 opens no inspector', async () => {
    using tracer = new Tracer(['-e', 'interval:ms:100 { @ = count(); }', 'word']);
    await tracer.attached;
    const proc = `/proc/${tracer.pid}`;
    assert.equal(readFileSync(`${proc}/comm`, 'utf8'), 'sonde\n');
    assert.ok(readFileSync(`${proc}/cmdline`, 'utf8').endsWith('\0-e\0interval:ms:100 { @ = count(); }\0word\0'));
    const sockets = (): number =>
      readdirSync(`${proc}/fd`).filter((fd) =>
        execFileSync('readlink', [`${proc}/fd/${fd}`], { encoding: 'utf8' }).startsWith('socket:'),
      ).length;
    const before = sockets();
    tracer.signal('SIGUSR1');
    await sleep(500);
    assert.equal(sockets(), before);
    tracer.signal('SIGINT');
    const { status, stderr } = await tracer.ended;
    assert.deepEqual([status, stderr], [0, 'Attached 1 probe\n']);
  });
});
