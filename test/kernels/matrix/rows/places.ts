import { existsSync } from 'node:fs';
import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  {
    probe: 'usdt',
    form: 'arguments of a probe by its note',
    script: 'usdt:WORKLOAD:sonde:work { @[arg0, arg1, probe] = count(); }',
    actions: ['announce'],
    expect: '@[-5, 1099511627776, usdt:WORKLOAD:sonde:work]: 6',
  },
  {
    probe: 'usdt',
    form: 'wildcards',
    script: 'usdt:WORKLOAD:so*:w* { @ = count(); }',
    actions: ['announce'],
    expect: '@: 6',
  },
  {
    probe: 'watchpoint',
    form: 'each write to an address, with what was written and where',
    // The kernel writes there too, as it fills the last page of a new program with zeros.
    script: `watchpoint:ADDRESS(watched_word):8:w /pid == cpid && usermode/ { @[*(uint64 *)uptr(ADDRESS(watched_word)), usym(reg("ip"))] = count(); }`,
    actions: ['store'],
    expect: /^(?:@\[[1-7]0, action_store\]: 1\n?){7}$/,
  },
  {
    probe: 'hardware',
    form: 'cycles of the processor',
    script: 'hardware:cycles:1000000 /pid == cpid/ { @ = count(); }',
    actions: ['burn'],
    expect: /^@: [1-9]/,
    isThere: () => existsSync('/sys/bus/event_source/devices/cpu/type'),
    refusal: /This machine does not have that event/,
  },
];
