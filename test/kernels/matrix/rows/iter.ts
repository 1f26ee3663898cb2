import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'iter',
    apart: 'iter',
    actions: ['stay'],
    form: 'tasks',
    script: 'iter:task { if (ctx.task.pid == (int32)cpid) { @[ctx.task.tgid == ctx.task.pid] = count(); } }',
    expect: '@[true]: 1',
  },
  {
    probe: 'iter',
    apart: 'iter',
    actions: ['stay'],
    form: 'memory of tasks',
    // The tracer's own: the traced program may be in the middle of its execve(), with a single mapping.
    script:
      'iter:task_vma { if (ctx.task.pid == (int32)pid && ctx.vma.vm_end <= ctx.vma.vm_start) { @wrong = count(); } if (ctx.task.pid == (int32)pid) { @ = count(); } }',
    expect: /^@: [1-9]\d+$/,
  },
  {
    probe: 'iter',
    apart: 'iter',
    actions: ['stay'],
    form: 'maps of BPF programs',
    script:
      'iter:bpf_map { if (ctx.map.max_entries == 4096) { @[ctx.map.value_size > 0] = count(); } } begin { @key[pid] = 1; clear(@key); }',
    expect: /^@\[true\]: [1-9]\d*$/,
  },
];
