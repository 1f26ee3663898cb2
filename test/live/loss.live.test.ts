/** Nothing is lost silently: what was called was printed, or is reported as lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { run, type Run } from '../sonde.ts';
import { entries, live, trace, Tracer, workload } from './support.ts';

const driver = 'sched_get_priority_max';
const calls = workload('calls');

/** Events reported as lost at the end, and in the lines while it ran. */
function lost(stderr: string): { total: number; lines: number } {
  const total = /^WARNING: Total lost event count: (\d+)$/m.exec(stderr);
  const lines = [...stderr.matchAll(/^Lost (\d+) events$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  return { total: Number(total?.[1] ?? 0), lines };
}

async function traceMillion(n: number): Promise<Run> {
  using tracer = new Tracer([
    '-e',
    `tracepoint:syscalls:sys_enter_${driver} /comm == "acc_million"/ { printf("%d %s %llu\\n", args.policy, comm, nsecs); @ = count(); }`,
    '-c',
    `${calls} 1 ${n} acc_million`,
  ]);
  return await tracer.ended;
}

/** Numbered by their first word, in the order of time. */
function checkOrder(lines: readonly string[]): void {
  let [number, before] = [-1, 0];
  for (const line of lines) {
    const [policy, comm, time] = line.split(' ');
    if (!(Number(policy) > number) || comm !== 'acc_million' || !(Number(time) >= before)) assert.fail(line);
    [number, before] = [Number(policy), Number(time)];
  }
}

describe('loss is counted', live, () => {
  test('a million events from one thread, none lost', async () => {
    const n = 1_000_000;
    // Beside other tests both processors may be taken for too long: what is lost then is still counted.
    for (let attempt = 1; ; attempt++) {
      const { status, stdout, stderr } = await traceMillion(n);
      assert.equal(status, 0, stderr);
      assert.deepEqual(entries(stdout, '@'), { '': String(n) });
      const lines = stdout.slice(0, stdout.lastIndexOf('\n\n\n@')).split('\n');
      checkOrder(lines);
      assert.equal(lines.length + lost(stderr).total, n);
      if (stderr === 'Attached 1 probe\n') return;
      assert.ok(attempt < 3, stderr);
    }
  });

  for (const threads of [1, 4]) {
    test(`a full ring: ${threads} threads`, async () => {
      const n = 100_000;
      const { status, stdout, stderr } = await trace(
        `tracepoint:syscalls:sys_enter_${driver} /comm == "acc_full"/ { printf("%s %s\\n", comm, probe); @ = count(); }`,
        ['-c', `${calls} ${threads} ${n} acc_full`],
        { environment: { BPFTRACE_PERF_RB_PAGES: '4' } },
      );
      const printed = stdout.match(/^acc_full tracepoint:syscalls:sys_enter_\w+$/gm)?.length ?? 0;
      const counts = lost(stderr);
      assert.equal(status, 0);
      assert.ok(counts.total > 0, `a ring of 16 KiB overflows: ${stderr}`);
      assert.equal(counts.lines, counts.total);
      assert.deepEqual(entries(stdout, '@'), { '': String(threads * n) });
      assert.equal(printed + counts.total, threads * n);
    });
  }

  test('an exit() is not lost in a full ring', async () => {
    const { status, stdout, stderr } = await trace(
      `tracepoint:syscalls:sys_enter_${driver} /pid == cpid/ { printf("%d %s\\n", args.policy, probe); if (args.policy == 99999) { exit(5); } }`,
      ['-c', `${calls} 1 100000`],
      { environment: { BPFTRACE_PERF_RB_PAGES: '4' } },
    );
    assert.equal(status, 5, stderr);
    assert.ok(lost(stderr).total > 0);
    assert.equal((stdout.match(/^\d+ tracepoint/gm)?.length ?? 0) + lost(stderr).total, 100_000);
  });

  test('a reader that sleeps', async () => {
    const n = 1_000_000;
    const script = `tracepoint:syscalls:sys_enter_${driver} /comm == "acc_slow"/ { printf("%d %s %s %s\\n", args.policy, probe, comm, probe); @ = count(); }`;
    const shell =
      `(sonde -q -e '${script}' -c '${calls} 2 ${n} acc_slow' & p=$!; ` +
      `(sleep 4; grep VmHWM /proc/$p/status >&2) & wait $p; echo status $? >&2) | (sleep 5; grep -c ^[0-9].*acc_slow)`;
    const { stdout, stderr } = await run('sh', ['-c', shell], { timeoutMs: 40_000 });
    assert.match(stderr, /^status 0$/m);
    assert.ok(lost(stderr).total > 0, stderr);
    assert.equal(Number(stdout) + lost(stderr).total, 2 * n);
    const peakKb = Number(/VmHWM:\s+(\d+) kB/.exec(stderr)?.[1]);
    assert.ok(peakKb < 200_000, `memory stays bounded: ${peakKb} kB`);
  });
});
