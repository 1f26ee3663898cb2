import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleTarget } from '../testing/target.ts';
import { analyze, NOT_CHECKED } from './analyze.ts';
import { complete } from './complete.ts';
import { hover } from './hover.ts';

const options = { target: sampleTarget(), positional: [], unsafe: false, environment: {} };

/** What is offered at the `|`, with what it replaces. */
function offered(marked: string): { labels: string[]; replaced: string; details: Record<string, string | undefined> } {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  const { items, replaces } = complete({ name: 'stdin', text }, offset, options);
  return {
    labels: items.map(({ label }) => label),
    replaced: text.slice(replaces.start, replaces.end),
    details: Object.fromEntries(items.map(({ label, detail }) => [label, detail])),
  };
}

function hovered(marked: string): string | undefined {
  const offset = marked.indexOf('|');
  const found = hover({ name: 'stdin', text: marked.replace('|', '') }, offset, options);
  return found === undefined ? undefined : [found.code, ...(found.text === undefined ? [] : [found.text])].join('\n');
}

describe('completion', () => {
  it('offers providers and top-level words, then probes', () => {
    assert.deepEqual(offered('|').labels.slice(0, 3), ['begin', 'end', 'kprobe']);
    assert.ok(offered('begin { } ma|').labels.includes('macro'));
    assert.deepEqual(offered('tracepoint:sched:|').labels, ['tracepoint:sched:sched_switch']);
    assert.deepEqual(offered('begin { }\nt:syscalls:sys_|').labels, ['t:syscalls:sys_enter_openat']);
    assert.equal(offered('tracepoint:sched:sched_|').replaced, 'tracepoint:sched:sched_');
    assert.deepEqual(offered('kprobe:vfs_read, kprobe:vfs_w|').labels, ['kprobe:vfs_write']);
    assert.deepEqual(offered('interval:|').labels, ['interval:hz:', 'interval:ms:', 'interval:s:', 'interval:us:']);
  });

  it('offers the fields of args', () => {
    const { labels, details, replaced } = offered('tracepoint:sched:sched_switch { print(args.prev|) }');
    assert.deepEqual(labels, ['prev_comm', 'prev_pid']);
    assert.equal(details['prev_comm'], 'string[16]');
    assert.equal(replaced, 'prev');
    assert.deepEqual(offered('tracepoint:syscalls:sys_enter_openat / args->|').labels, [
      '__syscall_nr',
      'dfd',
      'filename',
    ]);
    assert.deepEqual(offered('begin { args.|').labels, []);
  });

  it('offers members of structs, whatever else is unfinished', () => {
    assert.ok(offered('begin { $p = curtask; print($p->|) }').labels.includes('comm'));
    assert.ok(offered('begin { if (curtask.co|').labels.includes('pid'));
    assert.ok(offered('begin { nosuch(; } end { $t = curtask; $x = $t.|\n print(1); }').labels.includes('comm'));
    assert.ok(offered('begin { ((struct odd *)8)->|; }').labels.includes('tint'));
    assert.ok(offered('begin { print(((struct odd *)8).w|) }').labels.includes('low'), 'members of anonymous unions');
    assert.deepEqual(offered('begin { $t = (1, "a"); print($t.|) }').labels, ['0', '1']);
    assert.deepEqual(offered('begin { $i = 1; print($i.|) }').labels, []);
  });

  it('offers variables, maps, settings, types, macros and builtins with what they are', () => {
    assert.deepEqual(offered('begin { $abc = 1; @m[1] = 2; print($|) }').labels, ['$abc']);
    assert.deepEqual(offered('begin { $abc = 1; @m[1] = 2; print(@|) }').labels, ['@m']);
    assert.ok(offered('config = { max_|').labels.includes('max_strlen'));
    assert.deepEqual(offered('begin { $x = (struct od|').labels, ['odd']);
    const { labels, details } = offered('macro twice(x) { x * 2 } begin { |');
    for (const label of ['pid', 'printf', 'while', 'twice']) assert.ok(labels.includes(label), label);
    assert.equal(details['hist'], '@ = hist(n [, bits])');
    assert.equal(details['twice'], 'macro twice(x)');
  });

  it('offers nothing in comments, strings and C text', () => {
    for (const text of ['// k|', 'begin { print("pi|d"); }', 'begin { /* p| */ }', '#define X p|', '#!/usr/bin/s|'])
      assert.deepEqual(offered(text).labels, [], text);
    assert.ok(offered('begin { print("a"); // b\n p|').labels.includes('pid'));
  });

  it('knows attach points with signs that mean something elsewhere', () => {
    assert.deepEqual(offered('kprobe:vfs_*/x { $abc = 1; $|').labels, ['$abc']);
    assert.deepEqual(offered('uprobe:/usr/*/x:"a{b" { $abc = 1; $|').labels, ['$abc']);
  });
});

describe('hover', () => {
  it('tells types of variables, members, maps and calls', () => {
    assert.equal(hovered('begin { $p = curtask; print($|p); }'), '$p : struct task_struct *');
    assert.equal(hovered('begin { $|p = curtask; print($p); }'), '$p : struct task_struct *');
    assert.equal(hovered('begin { print(curtask->co|mm); }'), 'curtask->comm : string[16]');
    assert.equal(hovered('begin { @a[1] = "x"; print(|@a[1]); }'), '@a[1] : string[2]');
    assert.equal(hovered('tracepoint:sched:sched_switch { print(args.prev_|pid); }'), 'args.prev_pid : int32');
  });

  it('tells what builtins do', () => {
    assert.equal(
      hovered('begin { print(pi|d); }'),
      'pid : uint32\nProcess id of the current task; `pid(init)` as the initial namespace sees it.',
    );
    assert.equal(hovered('begin { |printf("x"); }'), 'printf("FORMAT", …)\nPrints values as the format says.');
    assert.equal(hovered('begin { prin|t(nosuch(1 }')?.split('\n')[0], 'print(x), print(@map [, top [, div]])');
  });

  it('lists the arguments of a probe', () => {
    assert.match(
      hovered('tracepoint:sched:sched_|switch { }')!,
      /^tracepoint:sched:sched_switch\n {4}char prev_comm\[16\]/,
    );
    assert.equal(hovered('nosuch:thi|ng { }'), undefined);
    assert.equal(hovered('begin { // comm|ent\n }'), undefined);
  });
});

describe('analysis', () => {
  const asked: string[] = [];
  const blind = {
    get functions() {
      asked.push('functions');
      return true;
    },
    get symbols() {
      asked.push('symbols');
      return true;
    },
  };
  const codesOf = (text: string): string[] =>
    analyze({ name: 'a.bt', text }, sampleTarget(), { positional: [], unsafe: false, environment: {}, blind }).map(
      ({ code }) => code,
    );

  it('asks for what the machine knows only where a mistake lies in it', () => {
    assert.deepEqual(codesOf('begin { $x = 1; $x = 2; print($y); }'), ['unknown-variable']);
    assert.deepEqual(asked, []);
    assert.deepEqual(codesOf('begin { print(kaddr("no_such_symbol")); }'), [NOT_CHECKED]);
    assert.deepEqual(asked, ['symbols']);
  });
});
