/** `sonde doctor` against what the machine itself shows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { isRoot, launcher, run, sonde } from '../sonde.ts';

const skip = !isRoot && 'needs root';
const slow = { timeoutMs: 60_000 };

interface Check {
  readonly area: string;
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly advice?: string;
}

async function doctorJson(
  args: readonly string[] = [],
): Promise<{ canTrace: boolean; checks: Check[]; status: number | string }> {
  const { status, stdout } = await sonde(['doctor', '--json', ...args], slow);
  return { ...(JSON.parse(stdout) as { canTrace: boolean; checks: Check[] }), status };
}

test('what it says is what the machine shows', { skip }, async () => {
  const { checks, canTrace, status } = await doctorJson();
  assert.deepEqual([canTrace, status], [true, 0]);
  const stateOf = (part: string): string | undefined => checks.find(({ name }) => name.includes(part))?.state;
  const foundOf = (name: string): string | undefined => checks.find((check) => check.name === name)?.found;
  const whether = (path: string): string => (existsSync(path) ? 'ok' : 'limited');
  assert.equal(foundOf('kernel'), `Linux ${release()}`);
  assert.equal(stateOf('[kprobe]'), whether('/sys/bus/event_source/devices/kprobe'));
  assert.equal(stateOf('[uprobe]'), whether('/sys/bus/event_source/devices/uprobe'));
  assert.equal(stateOf('hardware events'), whether('/sys/bus/event_source/devices/cpu'));
  assert.equal(stateOf('BTF'), whether('/sys/kernel/btf/vmlinux'));
  const events = '/sys/kernel/tracing/available_events';
  if (existsSync(events)) {
    const count = readFileSync(events, 'utf8').trim().split('\n').length;
    assert.equal(foundOf('tracefs'), `/sys/kernel/tracing, ${count} tracepoints`);
  }
  assert.equal(foundOf('perf_event_paranoid'), readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8').trim());
});

/** The kernel's symbols come and go with other people's BPF programs. */
const withoutSymbolCount = (line: string): string => line.replace(/symbols: \d+/, 'symbols: N');

test('the text has a line for each check, and says what to change below it', { skip }, async () => {
  const { checks } = await doctorJson();
  const { stdout, status } = await sonde(['doctor'], slow);
  assert.equal(status, 0);
  const marks: Readonly<Record<string, string>> = { ok: 'ok', limited: '--', missing: 'NO' };
  const lines = checks.flatMap(({ name, state, found, advice }) => [
    `  ${marks[state]}  ${name}: ${found}`,
    ...(advice === undefined ? [] : [`      ${advice}`]),
  ]);
  assert.deepEqual(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map(withoutSymbolCount),
    lines.map(withoutSymbolCount),
  );
  assert.match(stdout, /\nSonde can trace here; /);
});

test('what is taken away is told with what is done without it', { skip }, async () => {
  const { checks, status } = await doctorJson(['--no-feature', 'map_batch']);
  const check = checks.find(({ name }) => name.endsWith('[map_batch]'))!;
  assert.deepEqual([check.state, status], ['limited', 0]);
  assert.match(
    check.advice!,
    /^Without it maps are read key by key, which takes longer\. .*taken away by --no-feature/,
  );
  const without = await doctorJson(['--no-feature', 'ring_buffer']);
  assert.deepEqual([without.canTrace, without.status], [false, 1]);
});

test('a user without rights is told which are missing', { skip }, async () => {
  const nobody = ['--reuid', '65534', '--clear-groups', '--inh-caps=-all'];
  const { status, stdout } = await run('setpriv', [...nobody, launcher, 'doctor'], slow);
  assert.equal(status, 1, stdout);
  assert.match(stdout, /^ {2}NO {2}CAP_BPF: no\n {6}It is needed to load programs: run Sonde as root, or grant it\.$/m);
  assert.match(stdout, /^Sonde can't trace here/m);
});
