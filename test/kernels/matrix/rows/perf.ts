import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'profile',
    form: 'samples of a busy process with their stacks',
    script: 'profile:hz:99 /pid == cpid/ { @[ustack(1)] = count(); }',
    actions: ['burn'],
    expect: /^@\[\n +burn_cycles\+\d+@\S+\/basics\.c:\d+\n\]: [1-9]/m,
  },
  {
    probe: 'interval',
    form: 'now and then',
    script: 'interval:ms:50 { @ = count(); }',
    actions: ['sleep'],
    expect: /^@: (?:[3-9]|\d\d+)$/,
  },
  {
    probe: 'software',
    form: 'every page fault',
    script: 'software:page-faults:1 /pid == cpid/ { @ = count(); }',
    actions: ['faults'],
    expect: /^@: (?:[3-9]\d\d|\d{4,})$/,
  },
  {
    probe: 'software',
    form: 'processor time of a process',
    script: 'software:cpu-clock:1000000 /pid == cpid/ { @ = count(); }',
    actions: ['burn'],
    expect: /^@: [1-9]\d+$/,
  },
];
