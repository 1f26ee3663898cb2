import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataLayout, ValueType } from '../spec/index.ts';
import { finish, prepare, type Run } from './testdata/memory-backend.ts';
import {
  encodeRecord,
  encodeValue,
  i32,
  i64,
  parseFormat,
  type Plain,
  string,
  tuple,
  writeInteger,
} from './testdata/values.ts';

const span = { start: 8, end: 13 };
const base = { span, sizeBytes: 8 };

function send(run: Run, id: number, types: readonly ValueType[] = [], values: readonly Plain[] = []): void {
  run.backend.ring.push(encodeRecord(id, types, values).bytes);
}

test('everything is one JSON object a line on the output', async () => {
  const pair = tuple(i32, string(4));
  const text = (id: number, kind: 'printf' | 'cat' | 'system' | 'errorf' | 'warnf', format: string) => ({
    ...base,
    id,
    kind,
    format: parseFormat(format),
    args: [],
  });
  const run = prepare(
    {
      text: 'begin { warnf("w"); }',
      probes: ['begin', 'end'],
      maps: [
        {
          name: '@m',
          key: i32,
          value: { kind: 'value', type: i64 },
          storage: { kind: 'map', map: 'm', perCpu: false },
        },
        {
          name: '@unset',
          key: undefined,
          value: { kind: 'value', type: i64 },
          storage: { kind: 'map', map: 'u', perCpu: false },
        },
      ],
      events: [
        text(0, 'printf', 'x"\n'),
        { ...base, id: 1, kind: 'printValue', sizeBytes: 16, arg: { offset: 8, type: pair } },
        { ...base, id: 2, kind: 'time', format: '%Y\n' },
        text(3, 'cat', '/x'),
        text(4, 'system', 'echo'),
        {
          ...base,
          id: 5,
          kind: 'join',
          separator: '-',
          sizeBytes: 16,
          args: [
            { offset: 8, type: string(4) },
            { offset: 12, type: string(4) },
          ],
        },
        text(6, 'errorf', 'e\n'),
        text(7, 'warnf', 'w'),
        { ...base, id: 8, kind: 'printMap', map: '@m' },
        text(9, 'cat', '/none'),
      ],
    },
    { format: 'json', outputIsTerminal: true },
  );
  run.backend.files.set('/x', 'file\n');
  run.backend.commands.set('echo', { status: 0, output: new TextEncoder().encode('hi\n') });
  run.backend.update('m', encodeValue(i32, 1), encodeValue(i64, 2));
  send(run, 0);
  send(run, 1, [pair], [[1, 'q\x1b']]);
  for (const id of [2, 3, 4]) send(run, id);
  send(run, 5, [string(4), string(4)], ['a', 'b']);
  for (const id of [6, 7, 8, 9]) send(run, id);
  const { stdout, stderr } = await finish(run);
  const map = '{"type": "map", "data": {"@m": {"1": 2}}}';
  assert.deepEqual(stdout.split('\n'), [
    '{"type": "attached_probes", "count": 2, "data": {"probes": 2}}',
    '{"type": "printf", "data": "x\\"\\n"}',
    '{"type": "value", "data": [1,"q\\u001b"]}',
    '{"type": "time", "data": "2026\\n"}',
    '{"type": "cat", "data": "file\\n"}',
    '{"type": "syscall", "data": "hi\\n"}',
    '{"type": "join", "data": "a-b"}',
    '{"type": "errorf", "msg": "e\\n", "filename": "stdin", "line": 1, "col": 9}',
    '{"type": "warnf", "msg": "w", "filename": "stdin", "line": 1, "col": 9}',
    map,
    map,
    '',
  ]);
  assert.equal(stderr, "ERROR: failed to open file '/none' (No such file or directory)\n");
});

test('losses and warnings are objects too; the totals stay on standard error', async () => {
  const data: DataLayout = {
    map: 'data',
    sizeBytes: 512,
    perCpuOffset: 256,
    perCpuStrideBytes: 256,
    cpus: 1,
    lostOffset: 0,
    warnings: [
      { countOffset: 8, codeOffset: 16, helper: 'map_update_elem', span, level: 1 },
      { countOffset: 24, message: 'Array access out of bounds.', span, level: 1 },
    ],
  };
  const run = prepare({ text: 'begin { warnf("w"); }', data }, { format: 'json', quiet: true });
  run.backend.setWord(256, 7);
  run.backend.setWord(256 + 8, 1);
  writeInteger(run.backend.memory, 256 + 16, 8, -17n);
  run.backend.setWord(256 + 24, 2);
  const { stdout, stderr } = await finish(run);
  assert.equal(
    stdout,
    '{"type": "lost_events", "count": 7, "data": {"events": 7}}\n' +
      '{"type": "helper_error", "msg": "File exists", "helper": "map_update_elem", "retcode": -17, "filename": "stdin", "line": 1, "col": 9}\n' +
      '{"type": "runtime_error", "msg": "Array access out of bounds.", "filename": "stdin", "line": 1, "col": 9, "count": 2}\n',
  );
  assert.equal(stderr, 'WARNING: Total lost event count: 7\n');
});
