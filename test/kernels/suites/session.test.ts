/** P-34: entry and return of functions by one program and one link, where the kernel has that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { haveFeature } from '../../../src/kernel/index.ts';
import { sonde } from '../../sonde.ts';

const slow = { timeoutMs: 60_000 };
const skip = !haveFeature('kprobe-session') && 'needs 6.10';
/** 50 times each; the second is told a policy that doesn't exist. */
const calls = "perl -e 'syscall(146, 3), syscall(147, 77) for 1..50'";
const many = '__x64_sys_sched_get_priority_*';
const script = `kprobe:${many} /pid == cpid/ { @in[probe, func, ((struct pt_regs *)arg0).di] = count(); @at[tid] = func; }
  kretprobe:${many} /pid == cpid/ { @out[probe, (int32)retval, @at[tid] == func] = count(); delete(@at[tid]); }`;
const seen = [
  '@in[kprobe:__x64_sys_sched_get_priority_max, __x64_sys_sched_get_priority_max, 3]: 50',
  '@in[kprobe:__x64_sys_sched_get_priority_min, __x64_sys_sched_get_priority_min, 77]: 50',
  '@out[kretprobe:__x64_sys_sched_get_priority_max, 0, true]: 50',
  '@out[kretprobe:__x64_sys_sched_get_priority_min, -22, true]: 50',
];

async function trace(...options: string[]): Promise<{ maps: string[]; links: string[]; attached: string | undefined }> {
  const { status, stdout, stderr } = await sonde(['-v', ...options, '-e', script, '-c', calls], slow);
  assert.equal(status, 0, stderr);
  return {
    maps: stdout.split('\n').filter(Boolean).sort(),
    links: [...stderr.matchAll(/^Attached by (.*)$/gm)].map(([, link]) => link!),
    attached: /^Attached \d+ probes$/m.exec(stderr)?.[0],
  };
}

test('P-34 one session: each half sees its own, in order, by its own name', { skip }, async () => {
  const { maps, links, attached } = await trace();
  assert.deepEqual(maps, seen);
  assert.deepEqual(links, [`a kprobe_session link of 2 places: kprobe:${many},kretprobe:${many}`]);
  assert.equal(attached, 'Attached 4 probes');
});

test('P-34 the same by two links without sessions', async () => {
  const { maps, links, attached } = await trace('--no-feature', 'kprobe-session');
  assert.deepEqual(maps, seen);
  const place = haveFeature('kprobe-multi') ? 'a kprobe_multi link of 2 places' : '2 perf kprobes';
  assert.deepEqual(links, [`${place}: kprobe:${many}`, `${place}: kretprobe:${many}`]);
  assert.equal(attached, 'Attached 4 probes');
});
