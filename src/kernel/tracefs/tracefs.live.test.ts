import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Tracefs, tracefs } from './index.ts';

test('a detached mount shows the events and nobody else sees it', () => {
  const before = readFileSync('/proc/self/mounts', 'utf8');
  using fs = Tracefs.openDetached();
  assert.equal(readFileSync('/proc/self/mounts', 'utf8'), before);
  assert.ok(fs.categories().includes('sched'));
  assert.ok(fs.events('sched').includes('sched_switch'));
  assert.deepEqual(fs.events('no_such_category'), []);
  assert.deepEqual(fs.events('../events/sched'), []);
  const format = fs.format('sched', 'sched_switch')!;
  assert.equal(format.id, fs.eventId('sched', 'sched_switch'));
  const comm = format.fields.find(({ name }) => name === 'next_comm')!;
  assert.deepEqual([comm.type, comm.size], ['char[16]', 16]);
  assert.equal(fs.format('sched', 'no_such_event'), undefined);
});

test('the format of every tracepoint of this kernel is understood', () => {
  const names = tracefs().tracepoints();
  assert.ok(names.length > 500);
  for (const name of names) {
    const [category, event] = name.split(':') as [string, string];
    const format = tracefs().format(category, event)!;
    assert.ok(
      format.fields.some((field) => field.name === 'common_pid'),
      name,
    );
    for (const field of format.fields) assert.ok(field.type !== '', `${name}: ${field.name}`);
  }
});
