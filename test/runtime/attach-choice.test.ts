/** The cheap hook that a provider chooses must mean the same as the tracepoint that was written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeOf } from '../../src/lang/types/index.ts';
import { recordFields } from '../../src/lang/providers/tracepoint/record-fields.ts';
import { systemCallOf } from '../../src/lang/providers/tracepoint/system-calls.ts';
import { openTarget } from '../../src/runtime/index.ts';
import { workload as compiled } from '../live/support.ts';
import { isRoot, sonde } from '../sonde.ts';
import { haveFeature } from './features.ts';

const skip = !isRoot && 'needs root';
const workload = 'ls -l / /etc';

/** Lines of maps by the map's name. */
async function mapsOf(script: string): Promise<Record<'raw' | 'perf', readonly string[]>> {
  const { status, stdout, stderr } = await sonde(['-c', workload, '-e', script]);
  assert.equal(status, 0, stderr);
  const lines = (name: string): readonly string[] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`@${name}[`))
      .map((line) => line.slice(name.length + 1))
      .sort();
  return { raw: lines('raw'), perf: lines('perf') };
}

const calls = ['read', 'openat', 'mmap', 'close', 'newfstatat', 'statx', 'lgetxattr', 'execve', 'exit_group', 'brk'];

test('system calls through one raw tracepoint are counted as through their own', { skip }, async () => {
  const points = (side: string) => calls.map((call) => `tracepoint:syscalls:sys_${side}_${call}`).join(', ');
  const { raw, perf } = await mapsOf(`
    tracepoint:syscalls:sys_* /pid == cpid/ { @raw[probe, (int64)args.__syscall_nr] = count(); }
    ${points('enter')}, ${points('exit')} /pid == cpid/ { @perf[probe, (int64)args.__syscall_nr] = count(); }`);
  assert.ok(perf.length >= 10, perf.join('\n'));
  assert.deepEqual(
    raw.filter((line) => calls.some((call) => line.includes(`_${call},`))),
    perf,
  );
});

test('return values are the same both ways', { skip }, async () => {
  const points = calls.map((call) => `tracepoint:syscalls:sys_exit_${call}`).join(', ');
  const { raw, perf } = await mapsOf(`
    tracepoint:syscalls:sys_exit_* /pid == cpid/ { @raw[probe, args.ret] = count(); }
    ${points} /pid == cpid/ { @perf[probe, args.ret] = count(); }`);
  assert.ok(perf.length >= 10, perf.join('\n'));
  assert.deepEqual(
    raw.filter((line) => calls.some((call) => line.includes(`_${call},`))),
    perf,
  );
});

test('arguments are the same both ways', { skip }, async () => {
  const body = (map: string) => `{ @${map}[probe, str(args.name), args.size, args.value] = count(); }`;
  const own = ['lgetxattr', 'getxattr', 'fgetxattr'].map((call) => `tracepoint:syscalls:sys_enter_${call}`).join(', ');
  const { raw, perf } = await mapsOf(`
    tracepoint:syscalls:sys_enter_*etxattr /pid == cpid/ ${body('raw')}
    ${own} /pid == cpid/ ${body('perf')}`);
  assert.ok(perf.length > 0, 'ls made no such call');
  assert.deepEqual(raw, perf);
});

test('raw_syscalls: the raw tracepoint and the record tell the same', { skip }, async () => {
  // `args.args` is only in the record, so its use chooses the perf tracepoint.
  const { raw, perf } = await mapsOf(`
    tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @raw["enter", args.id] = count(); }
    tracepoint:raw_syscalls:sys_exit /pid == cpid/ { @raw["exit", args.id] = count(); }
    tracepoint:raw_syscalls:sys_enter /pid == cpid && args.args[0] == args.args[0]/ { @perf["enter", args.id] = count(); }
    tracepoint:syscalls:sys_exit_read /pid == cpid/ { @perf["read", args.ret] = count(); }`);
  const entered = raw.filter((line) => line.startsWith('[enter'));
  assert.deepEqual(
    entered,
    perf.filter((line) => line.startsWith('[enter')),
  );
  // The call that is still to return when probes come, and the one that never does, differ.
  assert.ok(raw.filter((line) => line.startsWith('[exit')).length >= entered.length - 2);
});

test('every system call with a tracepoint here has a number', { skip }, () => {
  const target = openTarget();
  const names = target.tracepoints('syscalls');
  assert.ok(!('error' in names));
  const unknown = names.filter(
    (name) => systemCallOf({ category: 'syscalls', event: name.slice('syscalls:'.length) }, target) === undefined,
  );
  assert.deepEqual(unknown, []);
});

test('every record of this kernel has fields of known size at known places', { skip }, () => {
  const target = openTarget();
  const names = target.tracepoints();
  assert.ok(!('error' in names));
  let count = 0;
  for (const name of names) {
    const [category, event] = name.split(':') as [string, string];
    const format = target.tracepointFormat(category, event)!;
    for (const field of recordFields(format, target, 'kernel')) {
      const written = format.fields.find((each) => each.name === field.name)!;
      const { access } = field;
      if (access.kind === 'word')
        assert.ok(access.size <= written.size && access.offset % access.size === 0, `${name} ${field.name}`);
      else if (written.size > 0 && access.kind === 'address')
        assert.equal(sizeOf(field.type), written.size, `${name} ${field.name}`);
      count++;
    }
  }
  assert.ok(count > names.length);
});

const program = compiled('functions');
/** Makes 32-bit system calls, whose numbers are other calls' in 64 bits, and three of 64 bits. */
const compat = process.arch === 'x64' ? `${compiled('compat')} 40` : undefined;
const perf = /^Attached by (?:a perf tracepoint|\d+ perf tracepoints):/m;
const perfUprobe = /^Attached by (?:a perf uprobe|\d+ perf uprobes):/m;
const raw = /^Attached by (?:a raw tracepoint|\d+ raw tracepoints):/m;
const multi = haveFeature('uprobe_multi') ? /^Attached by a uprobe_multi link(?: of \d+ places)?:/m : perfUprobe;

/** Each shape of a probe that has a cheaper hook: what it shows must be the same by that one and by the one of its name. */
const shapes: readonly { script: string; cheapest: RegExp; named: RegExp; command?: string }[] = [
  { script: 'tracepoint:sched:sched_process_exec /pid == cpid/ { @[probe] = count(); }', cheapest: raw, named: perf },
  {
    script:
      'tracepoint:sched:sched_process_exec, tracepoint:sched:sched_process_exit /pid == cpid/ { @[probe] = count(); }',
    cheapest: raw,
    named: perf,
  },
  {
    script: 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[args.id] = count(); }',
    cheapest: raw,
    named: perf,
  },
  {
    script: 'tracepoint:syscalls:sys_enter_* /pid == cpid/ { @[probe, args.__syscall_nr] = count(); }',
    cheapest: raw,
    named: perf,
  },
  {
    script: 'tracepoint:syscalls:sys_exit_m* /pid == cpid/ { @[probe, args.ret < 0] = count(); }',
    cheapest: /^Attached by a typed raw tracepoint:/m,
    named: perf,
  },
  ...(compat === undefined
    ? []
    : [
        {
          script:
            'tracepoint:syscalls:sys_enter_*, tracepoint:syscalls:sys_exit_w* /pid == cpid && comm == "compat"/ { @[probe, args.__syscall_nr] = count(); }',
          cheapest: raw,
          named: perf,
          command: compat,
        },
      ]),
  {
    script: `uprobe:${program}:add, uprobe:${program}:negative { @[probe, arg0] = count(); }`,
    cheapest: multi,
    named: perfUprobe,
  },
  {
    script: `uprobe:${program}:*e* { @[func] = count(); }`,
    cheapest: multi,
    named: perfUprobe,
  },
  {
    script: `uretprobe:${program}:negative, uretprobe:${program}:take { @[probe, (int32)retval] = count(); }`,
    cheapest: multi,
    named: perfUprobe,
  },
];

for (const { script, cheapest, named, command = `${program} 20` } of shapes) {
  test(`by the cheapest hook as by its own: ${script.replaceAll(program, 'PROGRAM')}`, { skip }, async () => {
    const ways = [
      { by: cheapest, choice: 'cheapest', opt: 'all' },
      { by: named, choice: 'named', opt: 'all' },
      { by: named, choice: 'cheapest', opt: '-hooks,-dispatch,-multi-links' },
      { by: named, choice: 'cheapest', opt: 'none' },
    ];
    const runs = ways.map(async ({ by, choice, opt }) => {
      const environment = { BPFTRACE_HOOK_CHOICE: choice };
      const { status, stdout, stderr } = await sonde(['-v', `--opt=${opt}`, '-e', script, '-c', command], {
        environment,
        timeoutMs: 60_000,
      });
      assert.equal(status, 0, stderr);
      assert.match(stderr, by);
      return stdout.trim().split('\n').sort();
    });
    const [one, ...others] = await Promise.all(runs);
    assert.ok(one!.length > 0 && one![0] !== '', 'nothing was seen');
    for (const other of others) assert.deepEqual(other, one);
  });
}
