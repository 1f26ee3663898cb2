/** What a tracer must not get wrong on the live kernel: counts, losses, what it leaves behind, what it shows. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isRoot, launcher, sonde, testEnvironment } from '../sonde.ts';

const probe = 'tracepoint:syscalls:sys_enter_sched_get_priority_max';

describe('live', { skip: !isRoot && 'needs root' }, () => {
  let folder: string;
  let workload: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-live-'));
    workload = join(folder, 'workload');
    const source = join(import.meta.dirname, '../bench/workload.c');
    execFileSync('gcc', ['-O2', '-pthread', '-o', workload, source], { stdio: 'inherit' });
  });

  after(() => rmSync(folder, { recursive: true }));

  const numberOf = (text: string, regex: RegExp): number => Number(regex.exec(text)?.[1] ?? 0);

  for (const threads of [1, 4]) {
    test(`counts are exact, with ${threads} threads and a profile adding to the same map`, async () => {
      const script = `${probe} { @n["call"] = count(); } profile:hz:999 { @n["sample"] = count(); }`;
      const { status, stdout, stderr } = await sonde(['-e', script, '-c', `${workload} 200000 ${threads}`]);
      assert.equal(status, 0, stderr);
      const missed = numberOf(stderr, /Missed (\d+) events/);
      assert.equal(numberOf(stdout, /^@n\[call\]: (\d+)$/m) + missed, 200_000, stdout + stderr);
      assert.ok(numberOf(stdout, /^@n\[sample\]: (\d+)$/m) > 0, stdout);
    });
  }

  test('when the ring overflows, calls = printed + lost + missed', async () => {
    const script = `${probe} { printf("%d %s %llu %s\\n", pid, comm, nsecs, "${'x'.repeat(100)}"); }`;
    const { status, stdout, stderr } = await sonde(['-e', script, '-c', `${workload} 400000 4`], {
      environment: { BPFTRACE_PERF_RB_PAGES: '1' },
      timeoutMs: 60_000,
    });
    assert.equal(status, 0, stderr);
    const printed = stdout.match(/^\d+ workload \d+ x+$/gm)?.length ?? 0;
    const lost = numberOf(stderr, /Total lost event count: (\d+)/);
    assert.ok(lost > 0, 'the ring was too large to overflow');
    assert.equal(printed + lost + numberOf(stderr, /Missed (\d+) events/), 400_000, stderr);
    const told = [...stderr.matchAll(/^Lost (\d+) events$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    assert.equal(told, lost, 'the lines while it ran and the total at the end agree');
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    test(`after ${signal} nothing is left in the kernel`, async () => {
      const script = `${probe} { @ = count(); } rawtracepoint:sched_switch { @s = count(); } profile:hz:49 { @p = count(); }`;
      let held: { programs: string[]; links: string[] } | undefined;
      await sonde(['-e', script], {
        onAttached: (pid) => {
          held = heldBy(pid);
          process.kill(pid, signal);
        },
      });
      assert.ok(held !== undefined && held.programs.length >= 3 && held.links.length >= 1, JSON.stringify(held));
      await new Promise((resolve) => setTimeout(resolve, 300)); // the kernel frees after a grace period
      for (const id of held.programs)
        assert.notEqual(spawnSync('bpftool', ['prog', 'show', 'id', id]).status, 0, `program ${id}`);
      for (const id of held.links)
        assert.notEqual(spawnSync('bpftool', ['link', 'show', 'id', id]).status, 0, `link ${id}`);
    });
  }

  test('the process is named sonde, with its command line as given, and SIGUSR1 opens no inspector', async () => {
    let seen: { comm: string; commandLine: string[] } | undefined;
    const { status, stderr } = await sonde(['-e', 'interval:s:1 { exit(); }'], {
      onAttached: (pid) => {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        seen = { comm: readFileSync(`/proc/${pid}/comm`, 'utf8'), commandLine };
        process.kill(pid, 'SIGUSR1');
      },
    });
    assert.equal(seen?.comm, 'sonde\n');
    assert.ok(seen.commandLine.includes('interval:s:1 { exit(); }'));
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /[Dd]ebugger|inspector/);
  });

  test('control bytes of traced data are escaped on a terminal, and raw in a pipe', async () => {
    const name = 'a\u001b[31mb';
    copyFileSync('/bin/true', join(folder, name));
    const script = 'tracepoint:sched:sched_process_exit /pid == cpid/ { printf("<%s>\\n", comm); }';
    const args = ['-q', '-e', script, '-c', `'${join(folder, name)}'`];
    const { stdout } = await sonde(args);
    assert.match(stdout, new RegExp(`^<${name.replace('[', '\\[')}>$`, 'm'));
    const quoted = [launcher, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
    const onTerminal = execFileSync('script', ['-qec', quoted, '/dev/null'], {
      encoding: 'utf8',
      env: testEnvironment(),
    });
    assert.match(onTerminal, /<a\\x1b\[31mb>/);
  });

  test('a closed pipe ends it silently', async () => {
    const child = spawn(launcher, ['-q', '-e', 'interval:ms:5 { printf("x\\n"); }'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: testEnvironment(),
    });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.stdout.once('data', () => child.stdout.destroy());
    await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(stderr, '');
  });
});

/** The ids of the programs and links that a process holds, as its file descriptors tell. */
function heldBy(pid: number): { programs: string[]; links: string[] } {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
  const ids = (key: string): string[] =>
    texts.flatMap((text) => new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? []);
  return { programs: ids('prog_id'), links: ids('link_id') };
}
