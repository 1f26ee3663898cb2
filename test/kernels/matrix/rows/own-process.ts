import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'begin, end',
    form: 'once each, in this order',
    script: 'begin { @order = 1; } end { @order = @order * 10 + 2; }',
    expect: '@order: 12',
  },
  {
    probe: 'self',
    form: 'a signal to the tracer',
    script: 'self:signal:SIGUSR1 { @ = count(); }',
    actions: ['tell'],
    expect: '@: 1',
  },
];
