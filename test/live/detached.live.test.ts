/** However a run ends, the kernel holds nothing of it afterwards. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { run } from '../sonde.ts';
import { eventually, live, Tracer, workload } from './support.ts';

const functions = workload('functions');

/** One probe of each way to attach that every kernel has, and maps of several kinds. */
const script = `
  tracepoint:syscalls:sys_enter_sched_get_priority_max { @keyed[pid] = count(); printf("%d\\n", pid); }
  tracepoint:syscalls:sys_exit_sched_get_pri* { @[probe] = count(); }
  rawtracepoint:sched_process_exit { @exits = count(); @stacks[kstack] = count(); }
  uprobe:${functions}:add { @add = count(); } uretprobe:${functions}:add { @ret = hist(retval); }
  profile:hz:49 { @cpu = lhist(cpu, 0, 8, 1); } interval:ms:500 { @ticks = count(); }
  software:faults:100 { @faults = count(); }`;

interface Held {
  readonly prog: readonly number[];
  readonly link: readonly number[];
  readonly map: readonly number[];
}

/** The kernel ids of what a process has open. */
function heldBy(pid: number): Held {
  const infos = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
    } catch {
      return '';
    }
  });
  const ids = (key: string): number[] =>
    infos.flatMap((text) => [...text.matchAll(new RegExp(`^${key}:\\s+(\\d+)$`, 'gm'))]).map(([, id]) => Number(id));
  return { prog: [...new Set(ids('prog_id'))], link: ids('link_id'), map: ids('map_id') };
}

/** Those of the ids that the kernel still knows. */
function remaining(held: Held): string[] {
  return (['prog', 'link', 'map'] as const).flatMap((kind) => {
    const all = JSON.parse(execFileSync('bpftool', ['-j', kind], { encoding: 'utf8' })) as { id: number }[];
    const known = new Set(all.map(({ id }) => id));
    return held[kind].filter((id) => known.has(id)).map((id) => `${kind} ${id}`);
  });
}

/** The kernel frees programs after a grace period. */
async function assertGone(held: Held): Promise<void> {
  assert.ok(await eventually(() => remaining(held).length === 0), `left behind: ${remaining(held).join(', ')}`);
}

async function started(more = '', args: readonly string[] = []): Promise<{ tracer: Tracer; held: Held }> {
  const tracer = new Tracer(['-e', script + more, ...args]);
  await tracer.attached;
  const held = heldBy(tracer.pid);
  assert.ok(
    held.prog.length >= 8 && held.link.length >= 8 && held.map.length >= 4,
    JSON.stringify([held, tracer.stderr]),
  );
  assert.equal(remaining(held).length, held.prog.length + held.link.length + held.map.length);
  return { tracer, held };
}

/** Tracepoints whose record has a field `dev`, which is read from the record. */
function tracepointsWithDevices(count: number): string[] {
  const folder = '/sys/kernel/tracing/events';
  const found = existsSync(folder) ? globSync('{block,ext4,jbd2,xfs}/*/format', { cwd: folder }).sort() : [];
  return found
    .filter((path) => readFileSync(`${folder}/${path}`, 'latin1').includes('dev_t dev;'))
    .slice(0, count)
    .map((path) => `tracepoint:${path.split('/').slice(0, 2).join(':')}`);
}

describe('nothing stays attached', live, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`after ${signal}`, async () => {
      const { tracer, held } = await started();
      tracer.signal(signal);
      assert.equal((await tracer.ended).status, 0);
      await assertGone(held);
    });
  }

  for (const signal of ['SIGKILL', 'SIGHUP', 'SIGQUIT'] as const) {
    test(`after ${signal}`, async () => {
      const { tracer, held } = await started();
      tracer.signal(signal);
      assert.equal((await tracer.ended).status, signal);
      await assertGone(held);
    });
  }

  test('after exit()', async () => {
    const { tracer, held } = await started(' tracepoint:syscalls:sys_enter_sched_get_priority_max { exit(3); }');
    await run(workload('calls'), ['1', '1']);
    assert.equal((await tracer.ended).status, 3);
    await assertGone(held);
  });

  test('after its reader is gone', async () => {
    const { tracer, held } = await started();
    tracer.closeStdout();
    await run(workload('calls'), ['1', '100']);
    const { status, stderr } = await tracer.ended;
    assert.match(stderr, /^Attached \d+ probes\n$/, 'ends silently');
    assert.notEqual(status, 'SIGKILL');
    await assertGone(held);
  });

  const recorded = tracepointsWithDevices(60);
  test(
    'after many tracepoints with a record, which end together',
    { skip: recorded.length < 60 && 'this kernel has few such tracepoints' },
    async () => {
      using tracer = new Tracer(['-e', `${recorded.join(',')} { @[args.dev] = count(); }`]);
      await tracer.attached;
      const held = heldBy(tracer.pid);
      assert.ok(held.link.length >= 60, tracer.stderr);
      const start = performance.now();
      tracer.signal('SIGINT');
      assert.equal((await tracer.ended).status, 0);
      // One after the other they would take some four seconds.
      assert.ok(performance.now() - start < 1500, `${performance.now() - start} ms`);
      await assertGone(held);
    },
  );

  test('after its command ended', async () => {
    const { tracer, held } = await started('', ['-c', 'sleep 0.5']);
    assert.equal((await tracer.ended).status, 0);
    await assertGone(held);
  });

  test(
    'after a probe that could not be attached',
    { skip: existsSync('/sys/bus/event_source/devices/cpu/type') && 'this machine has hardware counters' },
    async () => {
      // Only its maps are of a known name: the run is over before its ids could be read.
      const name = 'acc_unattached';
      const { stderr, status } = await new Tracer([
        '-e',
        `tracepoint:syscalls:sys_enter_sched_get_priority_max { @${name}[pid] = count(); } hardware:cycles:1000000 { @${name}[1] = count(); }`,
      ]).ended;
      assert.deepEqual(
        [status, /^ERROR: Unable to attach probe: hardware:cycles:1000000/m.test(stderr)],
        [255, true],
        stderr,
      );
      const named = (): number =>
        execFileSync('bpftool', ['map'], { encoding: 'utf8' }).split(`map_${name}`.slice(0, 15)).length - 1;
      assert.ok(await eventually(() => named() === 0));
    },
  );
});
