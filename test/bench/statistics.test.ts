import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enableProgramStatistics } from '../../src/kernel/index.ts';
import { isRoot, launcher } from '../sonde.ts';
import { Load } from './load.ts';
import { Workbench } from './measure.ts';
import { programIdOf, readProgram, totalOf } from './program-statistics.ts';
import { geometricMean, median, quantile } from './statistics.ts';
import { formatSection, holds, limits, type Row } from './table.ts';
import { Tracer } from './tracer.ts';

describe('statistics', () => {
  test('the median of an odd and of an even number of values, in any order', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 1, 2, 4]), 3);
    assert.equal(median([7]), 7);
    assert.ok(Number.isNaN(median([])));
  });

  test('a quantile lies between its neighbours, in proportion', () => {
    const values = Array.from({ length: 101 }, (_, i) => 100 - i);
    assert.equal(quantile(values, 0.99), 99);
    assert.equal(quantile([0, 10], 0.25), 2.5);
    assert.equal(quantile([3, 1, 2], 1), 3);
    assert.equal(quantile([3, 1, 2], 0), 1);
  });

  test('the geometric mean of ratios: a half and a double cancel out', () => {
    assert.ok(Math.abs(geometricMean([0.5, 2]) - 1) < 1e-12);
    assert.ok(Math.abs(geometricMean([1, 8]) - Math.sqrt(8)) < 1e-12);
    assert.ok(Number.isNaN(geometricMean([])));
  });
});

const row = (more: Partial<Row>): Row => ({ what: 'a', unit: 'ms', bound: '', subject: 10, peer: 100, ...more });

describe('bounds', () => {
  test('absolute, relative to the peer, relative to a named number, several', () => {
    assert.deepEqual(limits(row({ bound: '<= 62' })), [{ isLeast: false, value: 62 }]);
    assert.deepEqual(limits(row({ bound: '>= 20 x; >= 2,000,000.5' })), [
      { isLeast: true, value: 2000 },
      { isLeast: true, value: 2_000_000.5 },
    ]);
    assert.deepEqual(limits(row({ bound: '<= node + 20', named: { node: 18.5 } })), [{ isLeast: false, value: 38.5 }]);
    assert.deepEqual(limits(row({ bound: '' })), []);
  });

  test('a row holds when it keeps every part, its limits included', () => {
    assert.ok(holds(row({ bound: '<= 0.1 x; <= 10' })));
    assert.ok(!holds(row({ bound: '<= 0.1 x; <= 9.9' })));
    assert.ok(!holds(row({ bound: '>= 0.2 x' })));
    assert.ok(holds(row({ bound: '>= 10' })));
    assert.ok(holds(row({ bound: '' })));
  });

  test('what is bound to a number that there is not does not hold', () => {
    assert.ok(!holds(row({ bound: '<= 1 x', peer: undefined })));
    assert.ok(!holds(row({ bound: '<= node + 20' })));
    assert.ok(!holds(row({ bound: '<= 5', subject: Number.NaN })));
  });

  test('what is not a bound is a mistake, not a bound that always holds', () => {
    for (const bound of ['< 5', '<= ', '<= five', '<= 0.5x', '<= 1, <= 2', '<= 1,00']) {
      assert.throws(() => holds(row({ bound })), /^Error: not a bound: /, bound);
    }
  });
});

test('a section as text', () => {
  const rows = [
    row({ what: 'start', bound: '<= node + 20; <= 0.18 x', named: { node: 18 }, subject: 44.44, peer: 250 }),
    row({ what: '`a | b`', unit: 'ns', bound: '<= 0.1 x', subject: 1234.5, peer: 2000 }),
    row({ what: 'lost', unit: 'events', subject: 0, peer: 0 }),
    row({ what: 'mean', unit: 'x', bound: '<= 0.5', subject: 0.123, peer: undefined }),
  ];
  assert.equal(
    formatSection({ title: 'Start', rows }),
    [
      '## Start',
      '',
      '| measure | unit | Sonde | bpftrace | ratio | bound | holds |',
      '|---|---|--:|--:|--:|---|---|',
      '| start | ms | 44.4 | 250.0 | 0.18 | <= node + 20; <= 0.18 x (node 18.0) | **no** |',
      '| `a \\| b` | ns | 1,235 | 2,000 | 0.62 | <= 0.1 x | **no** |',
      '| lost | events | 0 | 0 |  |  |  |',
      '| mean | x | 0.12 | - |  | <= 0.5 | yes |',
      '',
    ].join('\n'),
  );
});

describe('statistics of programs', () => {
  test('the program is named by its own descriptor and by that of its link', () => {
    assert.equal(
      programIdOf('pos:\t0\nflags:\t02\nprog_type:\t5\nprog_tag:\tab12\nprog_id:\t110484\nrun_cnt:\t0\n'),
      110484,
    );
    assert.equal(programIdOf('pos:\t0\nlink_type:\traw_tracepoint\nlink_id:\t44088\nprog_id:\t7\n'), 7);
    assert.equal(programIdOf('pos:\t0\nflags:\t02\nmap_id:\t3\nowner_prog_id:\t9\n'), undefined);
  });

  test(
    'a program on the live kernel: its instructions, and at least the runs that we made',
    { skip: isRoot ? false : 'needs root' },
    async () => {
      using workbench = new Workbench();
      using load = new Load(workbench.load);
      using tracer = new Tracer({ name: 'Sonde', command: launcher }, [
        '-e',
        'tracepoint:syscalls:sys_enter_sched_get_priority_max { @ = count(); }',
      ]);
      const ids = await tracer.attached(() => load.run('call', 1));
      assert.equal(ids.length, 1);
      using _ = enableProgramStatistics();
      const before = readProgram(ids[0]!)!;
      await load.run('call', 3000, { workers: [3, 'processes'] });
      const after = readProgram(ids[0]!)!;
      assert.ok(after.runCount - before.runCount >= 3000);
      assert.ok(after.runTimeNs > before.runTimeNs);
      assert.ok(after.instructions > 2 && after.instructions < 100);
      await tracer.end();
      assert.equal(readProgram(ids[0]!), undefined);
    },
  );

  test('the total of several', () => {
    const one = { id: 1, runTimeNs: 100, runCount: 2, instructions: 30 };
    assert.deepEqual(totalOf([one, { ...one, id: 2, runTimeNs: 7 }]), {
      runTimeNs: 107,
      runCount: 4,
      instructions: 60,
    });
  });
});
