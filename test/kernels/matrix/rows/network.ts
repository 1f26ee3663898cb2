import { readFileSync } from 'node:fs';
import type { Row } from '../row.ts';

const talk = { actions: ['talk'] } as const;
/** What is read of each packet: of the Internet's header and of UDP's, whose length has the network's order of bytes. */
const fields =
  'packet.saddr, packet.sport, packet.daddr, packet.protocol, packet.len, packet.ip.ttl, bswap(packet.udp.len)';
const ofPort = '/packet.dport == 40404/';
const seen = (lengthBytes: number): string => `@[127.0.0.1, 40405, 127.0.0.1, 17, ${lengthBytes}, 64, 13]`;

/** Links of tc's programs came with kernel 6.6. */
const tc = {
  ...talk,
  probe: 'tc',
  isThere: () => readFileSync('/proc/kallsyms', 'latin1').includes(' tcx_link_attach\n'),
  refusal: /this kernel can't attach a program to lo by a tcx link/,
  notForced: 'what it needs is later than 5.10, and no feature that can be taken away',
} as const;

export const rows: readonly Row[] = [
  {
    ...talk,
    probe: 'xdp',
    form: 'packets of an interface with their fields',
    script: `xdp:lo ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(47)}: 3`,
  },
  {
    ...tc,
    form: 'packets that come in, with their fields',
    script: `tc:lo:ingress ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(47)}: 3`,
  },
  {
    ...tc,
    form: 'packets that go out, with their fields',
    script: `tc:lo:egress ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(47)}: 3`,
  },
  {
    ...talk,
    probe: 'socket',
    form: 'what goes out and comes in',
    script: `socket:lo ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(47)}: 6`,
  },
  {
    ...talk,
    probe: 'cgroup_skb',
    form: 'what processes of a group receive',
    script: `cgroup_skb:CGROUP:ingress ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(33)}: 3`,
  },
  {
    ...talk,
    probe: 'cgroup_skb',
    form: 'what processes of a group send',
    script: `cgroup_skb:CGROUP:egress ${ofPort} { @[${fields}] = count(); }`,
    expect: `${seen(33)}: 3`,
  },
];
