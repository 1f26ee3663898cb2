import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Runs a module with only these capabilities, as another user. */
async function runWith(capabilities: string, script: string): Promise<string> {
  const bounding = capabilities === '' ? '-all' : `-all,${capabilities}`;
  const privileges = [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    `--inh-caps=${bounding}`,
    `--ambient-caps=${bounding}`,
    `--bounding-set=${bounding}`,
  ];
  const { stdout } = await promisify(execFile)(
    'setpriv',
    [...privileges, process.execPath, '--input-type=module-typescript', '-e', script],
    { encoding: 'utf8' },
  );
  return stdout.trim();
}

const prelude = `
  import { readFileSync } from 'node:fs';
  import { attach, capabilities, tracefs, kallsyms, haveFeature } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
  import * as support from ${JSON.stringify(import.meta.resolve('./live-test-support.ts'))};
  const attempt = (action) => { try { return action(); } catch (error) { return error.name + ': ' + error.message + ' | ' + error.advice; } };
  const show = (value) => console.log(JSON.stringify(value));
`;

test('with CAP_BPF and CAP_PERFMON alone, raw tracepoints and clocks work without tracefs', async () => {
  const output = await runWith(
    '+bpf,+perfmon',
    `${prelude}
    const clock = { kind: 'perfEvent', eventType: 1, config: 0n, frequencyHz: 997, cpus: 'all' };
    using raw = new support.Counter(support.rawCounter());
    using sampler = new support.Counter(support.program(7, [...support.onlyProcess(), ...support.count(0), ...support.leave]));
    using a = attach(raw.program, { kind: 'rawTracepoint', event: 'sys_enter' });
    using b = attach(sampler.program, clock);
    support.drive(100);
    for (const end = performance.now() + 50; performance.now() < end; );
    show({ capabilities: [...capabilities()], raw: raw.read()[0], sampled: sampler.read()[0] > 2, tracefs: attempt(() => tracefs()) });
  `,
  );
  const result = JSON.parse(output) as { capabilities: string[]; raw: number; sampled: boolean; tracefs: string };
  assert.deepEqual(result.capabilities.sort(), ['BPF', 'PERFMON']);
  assert.equal(result.raw, 100);
  assert.equal(result.sampled, true);
  assert.match(
    result.tracefs,
    /^UnsupportedFeatureError: the kernel's tracing file system can't be read: .* CAP_SYS_ADMIN.* raw tracepoints/s,
  );
});

test('without any, the missing capabilities are named', async () => {
  const output = await runWith(
    '',
    `${prelude}
    show({ load: attempt(() => new support.Counter(support.rawCounter())), shown: !/^0{16} /m.test(readFileSync('/proc/kallsyms', 'latin1').slice(0, 4096)), kallsyms: attempt(() => String(kallsyms().size > 0)), ring: haveFeature('ring-buffer') });
  `,
  );
  const result = JSON.parse(output) as { load: string; shown: boolean; kallsyms: string; ring: boolean };
  assert.match(
    result.load,
    /^SystemError: bpf\(MAP_CREATE\) of map counts: Operation not permitted \(EPERM\) \| This needs CAP_BPF and CAP_PERFMON: run it as root/,
  );
  // Where kptr_restrict and perf_event_paranoid are low, the kernel shows them to everyone.
  assert.match(
    result.kallsyms,
    result.shown
      ? /^true$/
      : /^UnsupportedFeatureError: the kernel hides the addresses of its symbols \| This needs CAP_SYSLOG/,
  );
  assert.equal(result.ring, false);
});
