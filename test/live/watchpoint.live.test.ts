/** Watchpoints: every access to an address, by every thread. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { sonde } from '../sonde.ts';
import { live, Tracer, workload } from './support.ts';

interface Watched extends AsyncDisposable {
  readonly pid: number;
  /** Of the long, and of a function that one thread runs in each round. */
  readonly address: string;
  readonly code: string;
  /** 18 writes and 2 reads. */
  round(): Promise<void>;
}

async function startWatched(): Promise<Watched> {
  // All at the same addresses.
  const child: ChildProcess = spawn('setarch', ['-R', workload('watched')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const [address = '', code = ''] = (await next()).split(' ');
  return {
    pid: child.pid!,
    address,
    code,
    round: async () => {
      child.stdin!.write('\n');
      await next();
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    },
  };
}

async function trace(watched: Watched, script: string): Promise<string> {
  using tracer = new Tracer(['-p', String(watched.pid), '-e', script]);
  await tracer.attached;
  await watched.round();
  await watched.round();
  tracer.signal('SIGINT');
  const { status, stdout, stderr } = await tracer.ended;
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('P-85 writes of all threads, those started later too, with the values', live, async () => {
  await using watched = await startWatched();
  const { address } = watched;
  const script = `watchpoint:${address}:8:w { @[tid == pid] = count(); @sum = sum(*(uint64 *)uptr(${address})); @p[probe] = count(); }`;
  const expected = ['@p[watchpoint:ADDRESS:8:w]: 36', '@sum: 152', '@[false]: 16', '@[true]: 20'];
  const stdout = (await trace(watched, script)).replace(address, 'ADDRESS');
  assert.deepEqual(stdout.split('\n').filter(Boolean).sort(), expected.sort());
});

test('P-85 reads and writes; one byte of many; another process is not seen', live, async () => {
  await using watched = await startWatched();
  await using other = await startWatched();
  const { address } = watched;
  assert.equal(other.address, address);
  const high = `0x${(BigInt(address) + 4n).toString(16)}`;
  const script = `w:${address}:8:wr { @both = count(); } w:${address}:1:w { @low = count(); } w:${high}:4:w { @high = count(); }`;
  using tracer = new Tracer(['-p', String(watched.pid), '-e', script]);
  await tracer.attached;
  await other.round();
  await watched.round();
  tracer.signal('SIGINT');
  const { stdout } = await tracer.ended;
  assert.deepEqual(stdout.trim().split(/\n+/), ['@both: 20', '@high: 18', '@low: 18']);
});

test('P-85 execution of a function, with its stack', live, async () => {
  await using watched = await startWatched();
  const stdout = await trace(watched, `watchpoint:${watched.code}:8:x { @[usym(reg("ip")), tid == pid] = count(); }`);
  assert.match(stdout, /^@\[(new_thread|0x[0-9a-f]+), false\]: 2$/);
});

test('F-63 unwatch() ends one watchpoint and leaves the others', live, async () => {
  await using watched = await startWatched();
  const { address, code } = watched;
  using tracer = new Tracer([
    '-p',
    String(watched.pid),
    '-e',
    `w:${address}:8:w { @writes = count(); } w:${code}:8:x { @calls++; if (@calls == 2) { unwatch(${address}); print("off"); } }`,
  ]);
  await tracer.attached;
  await watched.round();
  await watched.round();
  while (!tracer.stdout.includes('off')) await new Promise((resolve) => setTimeout(resolve, 5));
  await watched.round();
  tracer.signal('SIGINT');
  const { stdout } = await tracer.ended;
  assert.deepEqual(stdout.trim().split(/\n+/), ['off', '@calls: 3', '@writes: 36']);
});

test('P-85 an address of the kernel is watched on all CPUs', live, async () => {
  await using watched = await startWatched();
  const find = `iter:task { if (ctx.task.pid == ${watched.pid}) { printf("0x%llx", (uint64)ctx.task + offsetof(struct task_struct, nvcsw)); } }`;
  const found = await sonde(['-q', '-e', find]);
  const address = found.stdout.trim();
  assert.match(address, /^0xffff[0-9a-f]{12}$/, found.stderr);
  using tracer = new Tracer(['-e', `watchpoint:${address}:8:w { @[comm] = count(); }`]);
  await tracer.attached;
  for (let i = 0; i < 5; i++) await watched.round();
  tracer.signal('SIGINT');
  const { stdout, stderr } = await tracer.ended;
  const [, count] = /^@\[watched\]: (\d+)$/m.exec(stdout) ?? [];
  assert.ok(Number(count) >= 5, `${stdout}${stderr}`);
});

test('E-59 more watchpoints than the processor has debug registers', live, async () => {
  await using watched = await startWatched();
  const points = [0n, 8n, 16n, 24n, 32n].map(
    (at) => `w:0x${((BigInt(watched.address) & ~63n) + at).toString(16)}:8:w { }`,
  );
  const { status, stderr } = await sonde(['-p', String(watched.pid), '-e', points.join(' ')]);
  assert.equal(status, 255, stderr);
  assert.match(stderr, /^ERROR: perf_event_open of a watchpoint at 0x[0-9a-f]+: No space left on device \(ENOSPC\)$/m);
  assert.match(stderr, /^HINT: All debug registers are taken: a processor can watch four places or so at a time\.$/m);
});
