import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeRecord,
  encodeValue,
  i32,
  i64,
  layOut,
  parseFormat,
  type Plain,
  string,
  u64,
  writeInteger,
} from './testdata/values.ts';
import type { DataLayout, EventSchema, PlannedMap, ValueType, WarningSite } from '../spec/index.ts';
import { AttachError } from './index.ts';
import { finish, prepare, type Run, type ScriptParts } from './testdata/memory-backend.ts';

const span = { start: 8, end: 13 };
const args = (types: readonly ValueType[]): { offset: number; type: ValueType }[] => layOut(types, 8);
const sizeOf = (types: readonly ValueType[]): number => types.reduce((sum, type) => sum + type.size, 8);

function event(
  id: number,
  kind: 'printf' | 'cat' | 'system' | 'errorf' | 'warnf',
  format: string,
  ...types: ValueType[]
): EventSchema {
  return { id, kind, span, format: parseFormat(format), args: args(types), sizeBytes: sizeOf(types) };
}
const exitEvent = (id: number): EventSchema => ({
  id,
  kind: 'exit',
  span,
  sizeBytes: 16,
  code: { offset: 8, type: u64 },
});

function send(run: Run, id: number, types: readonly ValueType[] = [], values: readonly Plain[] = []): void {
  run.backend.ring.push(encodeRecord(id, types, values).bytes);
}

/** Two CPUs: shared words at 0, per-CPU blocks of 256 bytes from 1024 on. */
const layout: DataLayout = {
  map: 'data',
  sizeBytes: 1536,
  perCpuOffset: 1024,
  perCpuStrideBytes: 256,
  cpus: 2,
  lostOffset: 0,
  exitOffset: 0,
  warnings: [],
};
const scalar = (name: string, offset: number): PlannedMap => ({
  name,
  key: undefined,
  value: { kind: 'value', type: i64 },
  storage: { kind: 'shared', valueOffset: offset, isSetOffset: offset + 8 },
});

test('a begin and end script runs in order and ends by itself', async () => {
  const run = prepare({ probes: ['begin', 'end'], events: [event(0, 'printf', '%s;', string(8))] });
  run.backend.programs.set('p0', () => send(run, 0, [string(8)], ['first']));
  run.backend.programs.set('p1', () => send(run, 0, [string(8)], ['last']));
  const { stdout, stderr, exitCode } = await finish(run);
  assert.deepEqual(run.backend.calls, ['open', 'run p0', 'detach', 'run p1', 'close']);
  assert.equal(stdout, 'first;last;\n\n');
  assert.equal(stderr, 'Attached 2 probes\n');
  assert.equal(exitCode, 0);
});

test('the attach message comes before the output of begin, and not when quiet', async () => {
  const parts: ScriptParts = {
    probes: ['begin', 'kprobe:f', 'end'],
    events: [event(0, 'errorf', 'x')],
    text: 'begin { errorf("x"); }',
  };
  for (const [quiet, expected] of [
    [false, 'Attached 3 probes\nstdin:1:9-14: ERROR: x\n'],
    [true, 'stdin:1:9-14: ERROR: x\n'],
  ] as const) {
    const run = prepare(parts, { quiet });
    run.backend.programs.set('p0', () => send(run, 0));
    run.clock.at(100, () => run.session.stop());
    assert.equal((await finish(run)).stderr, expected);
    assert.deepEqual(run.backend.calls, ['open', 'run p0', 'attach p1', 'detach', 'run p2', 'close']);
  }
});

test('records are printed as they come until a stop; the last ones after detaching', async () => {
  const run = prepare({ probes: ['kprobe:f'], events: [event(0, 'printf', '%d\n', i32)] });
  const seen: string[] = [];
  run.clock.at(20, () => send(run, 0, [i32], [1]));
  run.clock.at(200, () => {
    seen.push(run.output.text);
    send(run, 0, [i32], [2]);
    run.session.stop();
  });
  const { stdout } = await finish(run);
  assert.deepEqual(seen, ['1\n']);
  assert.equal(stdout, '1\n2\n\n\n');
});

test('exit() drops what comes after it and gives the status', async () => {
  const run = prepare({
    probes: ['kprobe:f', 'end'],
    events: [event(0, 'printf', '%d\n', i32), exitEvent(1)],
    data: layout,
  });
  run.clock.at(30, () => {
    send(run, 0, [i32], [1]);
    run.backend.setWord(0, 1 + 7);
    send(run, 1, [u64], [7n]);
    send(run, 0, [i32], [2]);
  });
  run.backend.programs.set('p1', () => send(run, 0, [i32], [3]));
  const { stdout, exitCode } = await finish(run);
  assert.equal(stdout, '1\n3\n\n\n');
  assert.equal(exitCode, 7);
});

test('an exit whose record did not fit still ends the run, and one in end wins', async () => {
  const run = prepare({
    probes: ['kprobe:f', 'end', 'end'],
    events: [event(0, 'printf', '%d\n', i32), exitEvent(1)],
    data: layout,
  });
  run.clock.at(30, () => run.backend.setWord(0, 1 + 7));
  run.backend.programs.set('p1', () => {
    send(run, 0, [i32], [2]);
    run.backend.setWord(0, 1 + 9);
    send(run, 1, [u64], [9n]);
  });
  run.backend.programs.set('p2', () => send(run, 0, [i32], [3]));
  const { stdout, exitCode } = await finish(run);
  assert.equal(stdout, '2\n3\n\n\n');
  assert.equal(exitCode, 9);
});

test('an exit() in begin lets everything be attached, prints what came before it, and ends', async () => {
  const run = prepare({
    probes: ['begin', 'begin', 'kprobe:f'],
    events: [event(0, 'printf', '%d\n', i32), exitEvent(1)],
    data: layout,
  });
  run.backend.programs.set('p0', () => {
    send(run, 0, [i32], [1]);
    run.backend.setWord(0, 1);
    send(run, 1, [u64], [0n]);
  });
  run.backend.programs.set('p1', () => send(run, 0, [i32], [2]));
  run.backend.programs.set('p2', () => send(run, 0, [i32], [3]));
  const { stdout, stderr, exitCode } = await finish(run);
  assert.equal(stdout, '1\n\n\n');
  assert.equal(stderr, 'Attached 3 probes\n');
  assert.equal(exitCode, 0);
  assert.deepEqual(run.backend.calls, ['open', 'run p0', 'run p1', 'attach p2', 'detach', 'close']);
});

test('a second stop leaves the records and dumps the maps', async () => {
  const run = prepare({
    probes: ['kprobe:f', 'end'],
    events: [event(0, 'printf', '%d\n', i32)],
    maps: [scalar('@x', 64)],
    data: layout,
  });
  run.backend.setWord(64, 42);
  run.backend.setWord(72, 1);
  run.clock.at(30, () => {
    send(run, 0, [i32], [1]);
    run.session.stop();
  });
  run.backend.programs.set('p1', () => {
    for (let index = 0; index < 3; index++) send(run, 0, [i32], [2]);
    run.session.stop();
  });
  assert.equal((await finish(run)).stdout, '1\n\n\n@x: 42\n');
});

test('maps are dumped in byte order, unset scalars left out', async () => {
  const keyed: PlannedMap = {
    name: '@a',
    key: i32,
    value: { kind: 'value', type: i64 },
    storage: { kind: 'map', map: 'a', perCpu: false },
  };
  const run = prepare({
    maps: [scalar('@z', 0), scalar('@B', 16), scalar('@unset', 32), keyed, scalar('@', 48)],
    data: { ...layout, exitOffset: undefined },
  });
  for (const offset of [0, 16, 48]) {
    run.backend.setWord(offset, offset + 1);
    run.backend.setWord(offset + 8, 1);
  }
  run.backend.update('a', encodeValue(i32, 5), encodeValue(i64, 50));
  run.backend.update('a', encodeValue(i32, 6), encodeValue(i64, 40));
  assert.equal((await finish(run)).stdout, '\n\n@: 49\n@B: 17\n@a[6]: 40\n@a[5]: 50\n@z: 1\n');
});

test('print_maps_on_exit=false leaves only the blank lines', async () => {
  const run = prepare({
    maps: [scalar('@z', 0)],
    data: { ...layout, exitOffset: undefined },
    config: { printMapsOnExit: false },
  });
  run.backend.setWord(8, 1);
  assert.equal((await finish(run)).stdout, '\n\n');
});

test('per-CPU scalars in the data region are combined; zero keeps them, clear unsets them', async () => {
  const count = (name: string, offset: number): PlannedMap => ({
    name,
    key: undefined,
    value: { kind: 'aggregation', aggregation: { kind: 'count' } },
    storage: { kind: 'perCpu', offset, sizeBytes: 8 },
  });
  const sum: PlannedMap = {
    name: '@sum',
    key: undefined,
    value: { kind: 'aggregation', aggregation: { kind: 'sum', signed: true } },
    storage: { kind: 'perCpu', offset: 48, sizeBytes: 8, isSetOffset: 56 },
  };
  const run = prepare({
    maps: [count('@c', 16), count('@cleared', 24), count('@never', 32), count('@zeroed', 40), sum],
    data: { ...layout, exitOffset: undefined },
    events: [
      { id: 0, kind: 'clearMap', span, sizeBytes: 8, map: '@cleared' },
      { id: 1, kind: 'zeroMap', span, sizeBytes: 8, map: '@zeroed' },
      { id: 2, kind: 'zeroMap', span, sizeBytes: 8, map: '@never' },
      { id: 3, kind: 'printMap', span, sizeBytes: 8, map: '@zeroed' },
      { id: 4, kind: 'printMap', span, sizeBytes: 8, map: '@never' },
    ],
  });
  for (const cpu of [1024, 1280]) for (const offset of [16, 24, 40]) run.backend.setWord(cpu + offset, 3);
  run.backend.setWord(1280 + 56, 1);
  for (const id of [3, 0, 1, 2, 3, 4]) send(run, id);
  assert.equal((await finish(run)).stdout, '@zeroed: 6\n@zeroed: 0\n@never: 0\n\n\n@c: 6\n@sum: 0\n@zeroed: 0\n');
});

test('zero and clear of keyed maps', async () => {
  const map = (name: string): PlannedMap => ({
    name,
    key: i32,
    value: { kind: 'aggregation', aggregation: { kind: 'count' } },
    storage: { kind: 'map', map: name, perCpu: true },
  });
  const run = prepare({
    maps: [map('@a'), map('@b')],
    events: [
      { id: 0, kind: 'zeroMap', span, sizeBytes: 8, map: '@a' },
      { id: 1, kind: 'clearMap', span, sizeBytes: 8, map: '@b' },
      { id: 2, kind: 'printMap', span, sizeBytes: 8, map: '@a', top: 1 },
    ],
  });
  for (const name of ['@a', '@b']) {
    run.backend.update(name, encodeValue(i32, 1), new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
    run.backend.update(name, encodeValue(i32, 2), new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  }
  for (const id of [2, 0, 1]) send(run, id);
  assert.equal((await finish(run)).stdout, '@a[2]: 9\n\n\n@a[1]: 0\n@a[2]: 0\n');
});

test('print, time, join, cat and system come out in order', async () => {
  const strings = [string(8), string(8), string(8), string(8)];
  const run = prepare({
    events: [
      { id: 0, kind: 'printValue', span, sizeBytes: 16, arg: { offset: 8, type: i64 } },
      { id: 1, kind: 'time', span, sizeBytes: 8, format: '%H:%M:%S\n' },
      { id: 2, kind: 'join', span, sizeBytes: 40, separator: ', ', args: args(strings) },
      event(3, 'cat', '/proc/%d/x', i32),
      event(4, 'system', 'echo %s', string(8)),
      event(5, 'printf', 'x'),
    ],
  });
  run.backend.files.set('/proc/7/x', 'line 1\nline 2\n');
  run.backend.commands.set('echo hi', { status: 0, output: new TextEncoder().encode('hi\n') });
  run.backend.commands.set('echo no', { status: 3, output: new TextEncoder().encode('lost') });
  send(run, 0, [i64], [-5]);
  send(run, 1);
  send(run, 2, strings, ['ls', '-l', '', 'stale']);
  send(run, 3, [i32], [7]);
  send(run, 4, [string(8)], ['hi']);
  send(run, 5);
  send(run, 3, [i32], [8]);
  send(run, 4, [string(8)], ['no']);
  send(run, 5);
  const { stdout, stderr } = await finish(run);
  assert.equal(stdout, '-5\n03:04:05\nls, -l\nline 1\nline 2\nhi\n\nxx\n\n');
  assert.equal(
    stderr,
    "Attached 1 probe\nERROR: failed to open file '/proc/8/x' (No such file or directory)\nERROR: command exited with code 3\n",
  );
});

test('join keeps empty arguments and stops at the end of the list', async () => {
  const packed = [0, 1, 2, 3].map(() => ({ packed: string(8) }));
  const run = prepare({
    events: [
      {
        id: 0,
        kind: 'join',
        span,
        sizeBytes: 24,
        separator: ' ',
        args: packed.map(({ packed: type }, index) => ({ offset: 8 + 4 * index, type, packed: true })),
      },
    ],
  });
  run.backend.ring.push(encodeRecord(0, packed, ['sh\0', '\0', 'x\0', '']).bytes);
  assert.equal((await finish(run)).stdout, 'sh  x\n\n\n');
});

test('cat is cut at max_cat_bytes and harmless on a terminal', async () => {
  const run = prepare(
    { events: [event(0, 'cat', '/x'), event(1, 'cat', '/\x1b[0m')], config: { maxCatBytes: 10 } },
    { outputIsTerminal: true, messagesAreTerminal: true },
  );
  run.backend.files.set('/x', 'a\n\x1b[31mbcdefgh');
  send(run, 0);
  send(run, 1);
  const { stdout, stderr } = await finish(run);
  assert.equal(stdout, 'a\n\\x1b[31mbcd\n\n');
  assert.equal(stderr, "Attached 1 probe\nERROR: failed to open file '/\\x1b[0m' (No such file or directory)\n");
});

test('errorf and warnf go to standard error with their place', async () => {
  const parts: ScriptParts = {
    text: 'begin { errorf("bad %d", 5); }',
    events: [{ ...event(0, 'errorf', 'bad %d', i32), span: { start: 8, end: 27 } }, event(1, 'warnf', 'careful')],
  };
  for (const [warningLevel, expected] of [
    [1, 'stdin:1:9-28: ERROR: bad 5\nstdin:1:9-14: WARNING: careful\n'],
    [0, 'stdin:1:9-28: ERROR: bad 5\n'],
  ] as const) {
    const run = prepare(parts, { warningLevel, quiet: true });
    send(run, 0, [i32], [5]);
    send(run, 1);
    const { stdout, stderr } = await finish(run);
    assert.equal(stdout, '\n\n');
    assert.equal(stderr, expected);
  }
});

test('a message comes after the output that came before it', async () => {
  const seen: string[] = [];
  const run = prepare(
    { events: [event(0, 'printf', 'out;'), event(1, 'errorf', 'err')], text: 'begin { errorf("err"); }' },
    { quiet: true, messages: { write: (text) => void seen.push(`${run.output.text}|${text}`) } },
  );
  for (const id of [0, 1, 0]) send(run, id);
  assert.equal((await finish(run)).stdout, 'out;out;\n\n');
  assert.deepEqual(seen, ['out;|stdin:1:9-14: ERROR: err\n']);
});

test('P-12 lost and missed events are told at once and in the end', async () => {
  const run = prepare(
    { probes: ['kprobe:f'], data: { ...layout, exitOffset: undefined, lostOffset: 128 } },
    { verbose: true, quiet: true },
  );
  run.clock.at(50, () => {
    run.backend.setWord(1024 + 128, 5);
    run.backend.setWord(1280 + 128, 2);
  });
  run.clock.at(500, () => {
    run.backend.setWord(1280 + 128, 3);
    run.backend.missed = [
      { program: 'p0', count: 4 },
      { program: 'other', count: 0 },
    ];
    run.session.stop();
  });
  const { stderr, lostEvents, missedEvents } = await finish(run);
  assert.equal(
    stderr,
    'Trying to attach probe: kprobe:f\nLost 7 events\nLost 1 events\nWARNING: Total lost event count: 8\nWARNING: Missed 4 events: they came while a program was running on the same CPU\n  4 by p0\n',
  );
  assert.deepEqual([lostEvents, missedEvents], [8, 4]);
});

test('without warnings, losses are told as they come but not summed up', async () => {
  const run = prepare(
    { data: { ...layout, exitOffset: undefined, lostOffset: 128 } },
    { quiet: true, warningLevel: 0 },
  );
  run.backend.setWord(1024 + 128, 5);
  run.backend.missed = [{ program: 'p0', count: 4 }];
  const { stderr, lostEvents, missedEvents } = await finish(run);
  assert.equal(stderr, 'Lost 5 events\n');
  assert.deepEqual([lostEvents, missedEvents], [5, 4]);
});

test('run-time warnings show their place, how often, and what the helper said', async () => {
  const text = '@a[1] = $x / $y;';
  const warnings: WarningSite[] = [
    { countOffset: 64, codeOffset: 72, helper: 'map_update_elem', span: { start: 0, end: 16 }, level: 1 },
    { countOffset: 80, message: 'Divide or modulo by 0 detected.', span: { start: 8, end: 15 }, level: 1 },
    { countOffset: 88, message: 'only with -k', span: { start: 0, end: 2 }, level: 2 },
  ];
  const parts: ScriptParts = { text, probes: ['kprobe:f'], data: { ...layout, exitOffset: undefined, warnings } };
  const expected = {
    0: '',
    1:
      'stdin:1:1-17: WARNING: File exists\nAdditional Info - helper: map_update_elem, retcode: -17\n@a[1] = $x / $y;\n~~~~~~~~~~~~~~~~\n' +
      'stdin:1:9-16: WARNING: Divide or modulo by 0 detected. (3 times)\n@a[1] = $x / $y;\n        ~~~~~~~\n',
  };
  for (const level of [0, 1] as const) {
    const run = prepare(parts, { quiet: true, warningLevel: level });
    run.backend.setWord(1024 + 64, 1);
    writeInteger(run.backend.memory, 1024 + 72, 8, -17n);
    run.backend.setWord(1024 + 80, 1);
    run.backend.setWord(1280 + 80, 2);
    run.backend.setWord(1280 + 88, 1);
    run.clock.at(300, () => run.session.stop());
    assert.equal((await finish(run)).stderr, expected[level]);
  }
  const all = prepare(parts, { quiet: true, warningLevel: 2 });
  all.backend.setWord(1280 + 88, 1);
  all.clock.at(300, () => all.session.stop());
  assert.equal((await finish(all)).stderr, 'stdin:1:1-3: WARNING: only with -k\n@a[1] = $x / $y;\n~~\n');
});

test('a command that ends at the same signal does not hurry the end', async () => {
  const run = prepare({ probes: ['kprobe:f', 'end'], events: [event(0, 'printf', '%s;', string(8))] });
  run.backend.programs.set('p1', () => send(run, 0, [string(8)], ['last']));
  run.clock.at(50, () => {
    run.session.finish();
    run.session.stop();
    run.session.finish();
  });
  assert.equal((await finish(run)).stdout, 'last;\n\n');
});

test('a warning can have another text for one code', async () => {
  const [message, messageByCode] = ['full', { '-12': 'no memory' }];
  for (const [code, shown] of [
    [-7n, 'full'],
    [-12n, 'no memory'],
  ] as const) {
    const warnings: WarningSite[] = [
      { countOffset: 64, codeOffset: 72, message, messageByCode, span: { start: 0, end: 2 }, level: 1 },
    ];
    const run = prepare({ text: '@a', data: { ...layout, exitOffset: undefined, warnings } }, { quiet: true });
    run.backend.setWord(1024 + 64, 1);
    writeInteger(run.backend.memory, 1024 + 72, 8, code);
    run.clock.at(300, () => run.session.stop());
    assert.equal((await finish(run)).stderr, `stdin:1:1-3: WARNING: ${shown}\n@a\n~~\n`);
  }
});

test('a point that cannot be attached fails the run, or is skipped', async () => {
  const parts: ScriptParts = { probes: ['kprobe:f', 'kprobe:g'] };
  const strict = prepare(parts);
  strict.backend.unattachable.add('kprobe:g');
  await assert.rejects(finish(strict), (error: unknown) => {
    assert.ok(error instanceof AttachError);
    assert.equal(
      error.message,
      "Unable to attach probe: kprobe:g. If this is expected, set the 'missing_probes' config variable to 'warn'.",
    );
    assert.equal((error.cause as Error).message, 'no such event: kprobe:g');
    return true;
  });
  assert.deepEqual(strict.backend.calls, ['open', 'attach p0', 'attach p1', 'close']);

  const lenient = prepare({ ...parts, config: { missingProbes: 'warn' } });
  lenient.backend.unattachable.add('kprobe:g');
  lenient.clock.at(50, () => lenient.session.stop());
  assert.equal(
    (await finish(lenient)).stderr,
    'WARNING: no such event: kprobe:g\nWARNING: Unable to attach probe: kprobe:g. Skipping.\nAttached 1 probe\n',
  );
});

test('a script of which nothing can be attached fails', async () => {
  const run = prepare({ probes: ['kprobe:f'], config: { missingProbes: 'ignore' } });
  run.backend.unattachable.add('kprobe:f');
  await assert.rejects(finish(run), /No probes to attach/);
  assert.equal(run.backend.calls.at(-1), 'close');
});

test('a sink that is full stops the draining until it is free', async () => {
  const run = prepare({ probes: ['kprobe:f'], events: [event(0, 'printf', '%s', string(1000))] });
  run.output.isReady = false;
  run.clock.at(10, () => {
    for (let index = 0; index < 1000; index++) send(run, 0, [string(1000)], ['y'.repeat(999)]);
    setTimeout(() => {
      assert.equal(run.output.writes, 1);
      assert.ok(run.backend.ring.length > 700, 'most records are still in the ring');
      run.output.open();
      run.session.stop();
    }, 20);
  });
  const { stdout } = await finish(run);
  assert.equal(stdout, `${'y'.repeat(999 * 1000)}\n\n`);
});

test('stacks that lost their place are counted', async () => {
  const stack: ValueType = { kind: 'stack', size: 16, space: 'kernel', mode: 'bpftrace', limit: 127, map: 'stacks' };
  const run = prepare(
    { events: [{ id: 0, kind: 'printValue', span, sizeBytes: 24, arg: { offset: 8, type: stack } }] },
    { quiet: true },
  );
  send(run, 0, [stack], [[-17n, 0n]]);
  send(run, 0, [stack], [[-14n, 0n]]);
  const { stdout, stderr } = await finish(run);
  assert.equal(stdout, '\n\n\n\n\n\n');
  assert.equal(stderr, "WARNING: 1 stacks are shown empty: the stack map's place for them was taken by other stacks\n");
});

test('a record that is too short is a bug of ours, and everything is closed', async () => {
  const run = prepare({ events: [event(0, 'printf', '%d', i32)] });
  run.backend.ring.push(new Uint8Array(8));
  await assert.rejects(finish(run), /printf record is 8 bytes long instead of 12/);
  assert.equal(run.backend.calls.at(-1), 'close');
});

test('iterators are walked one after another, after what begin sent, and end the run', async () => {
  const run = prepare({
    probes: ['begin', 'iter:task', 'iter:tcp:/sys/fs/bpf/x', 'iter:udp'],
    events: [event(0, 'printf', '%d\n', u64)],
  });
  for (const [program, ...values] of [
    ['p0', 1],
    ['p1', 2, 3, 4],
    ['p2', 99],
    ['p3', 5],
  ] as const)
    run.backend.programs.set(program, () => values.forEach((value) => send(run, 0, [u64], [value])));
  await finish(run);
  assert.equal(run.output.text, '1\n2\n3\n4\n5\n\n\n');
  assert.match(run.errors(), /^Program pinned to \/sys\/fs\/bpf\/x$/m);
  assert.deepEqual(run.backend.calls.slice(-6), [
    'iterate p1',
    'end of p1',
    'iterate p3',
    'end of p3',
    'detach',
    'close',
  ]);
});
