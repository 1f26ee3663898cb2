/** Probes that are given packets, in network namespaces of the test's own: two ends of a wire, and processes in a cgroup. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launcher } from '../sonde.ts';
import { folder, live, Tracer } from './support.ts';

/** A process that holds a namespace. */
let here: ChildProcess;
let there: ChildProcess;

function within(holder: ChildProcess, ...command: string[]): string[] {
  return ['nsenter', '-t', String(holder.pid), '-n', ...command];
}

function run([command, ...args]: readonly string[]): string {
  return execFileSync(command!, args, { encoding: 'utf8' });
}

async function holdNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 300'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function connect(): Promise<void> {
  [here, there] = await Promise.all([holdNamespace(), holdNamespace()]);
  run(within(here, 'ip', 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb', 'netns', String(there.pid)));
  for (const [holder, device, address] of [
    [here, 'va', '10.9.0.1'],
    [there, 'vb', '10.9.0.2'],
  ] as const) {
    run(within(holder, 'ip', 'link', 'set', 'lo', 'up'));
    run(within(holder, 'ip', 'addr', 'add', `${address}/24`, 'dev', device));
    run(within(holder, 'ip', 'addr', 'add', `fd09::${address.at(-1)}/64`, 'dev', device, 'nodad'));
    run(within(holder, 'ip', 'link', 'set', device, 'up'));
  }
  assert.equal(ping(there, '10.9.0.1', 1), 1);
}

/** Traces in the first namespace while the action runs, and a little longer. */
async function trace(script: string, action: () => unknown): Promise<string[]> {
  using tracer = new Tracer(['-B', 'line', '-e', script], { prefix: within(here) });
  await tracer.attached;
  action();
  await sleep(150);
  tracer.signal('SIGINT');
  const { status, stdout, stderr } = await tracer.ended;
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/** One datagram from the other end, or to it. */
function send(from: ChildProcess, to: string, port: number, text: string): void {
  const script = `socket(S, ${to.includes(':') ? 10 : 2}, 2, 0); use Socket qw(:all); bind S, ${
    to.includes(':') ? 'pack_sockaddr_in6(5151, Socket::IN6ADDR_ANY)' : 'pack_sockaddr_in(5151, INADDR_ANY)'
  }; send S, "${text}", 0, ${to.includes(':') ? `pack_sockaddr_in6(${port}, inet_pton(AF_INET6, "${to}"))` : `pack_sockaddr_in(${port}, inet_aton("${to}"))`}`;
  run(within(from, 'perl', '-MSocket=:all', '-e', script));
}

/** Echo requests of 64 bytes, one after another; gives the number of answers. */
function ping(from: ChildProcess, to: string, count: number): number {
  const script = `socket(S, 2, 3, 1) or die; $SIG{ALRM} = sub { print $n; exit }; alarm 3;
    for $seq (1 .. ${count}) {
      $body = "x" x 56;
      $sum = unpack "%32n*", pack("C2n3a*", 8, 0, 0, 77, $seq, $body);
      $sum = ($sum & 0xffff) + ($sum >> 16); $sum += $sum >> 16;
      send S, pack("C2n3a*", 8, 0, ~$sum & 0xffff, 77, $seq, $body), 0, pack_sockaddr_in(0, inet_aton("${to}"));
      do { recv S, $got, 1500, 0 } until unpack("x20C", $got) == 0; $n++ }
    print $n`;
  return Number(run(within(from, 'perl', '-MSocket=:all', '-e', script)));
}

/** Filter by port, so that what a fresh interface says to its neighbours doesn't count. */
const show = `printf("%d %d %x %s:%d > %s:%d %d\\n", packet.len, packet.protocol, bswap(packet.eth.h_proto), packet.saddr, packet.sport, packet.daddr, packet.dport, bswap(packet.udp.len));`;

describe('packets', live, () => {
  before(connect);
  after(() => {
    here.kill('SIGKILL');
    there.kill('SIGKILL');
  });

  for (const point of ['xdp:va', 'tc:va:ingress', 'socket:va'])
    test(`P-102 P-104 ${point}: what comes in`, async () => {
      const lines = await trace(`${point} /packet.dport == 4242/ { ${show} }`, () => {
        send(there, '10.9.0.1', 4242, 'hello');
        send(there, 'fd09::1', 4242, 'hello!');
      });
      assert.deepEqual(lines, [
        '47 17 800 10.9.0.2:5151 > 10.9.0.1:4242 13',
        '68 17 86dd fd09::2:5151 > fd09::1:4242 14',
      ]);
    });

  for (const point of ['tc:va:egress', 'socket:va'])
    test(`P-102 P-104 ${point}: what goes out`, async () => {
      const lines = await trace(`${point} /packet.dport == 4343/ { ${show} }`, () =>
        send(here, '10.9.0.2', 4343, 'hi'),
      );
      assert.deepEqual(lines, ['44 17 800 10.9.0.1:5151 > 10.9.0.2:4343 10']);
    });

  test('P-102 every packet passes, whatever the body returns', async () => {
    const points = ['xdp:va', 'tc:va:ingress', 'tc:va:egress', 'socket:va'];
    const bodies = points.map((point) => `${point} /packet.icmp/ { @["${point}"] = count(); return 0; } `);
    let answers = 0;
    const lines = await trace(bodies.join(''), () => {
      answers = ping(there, '10.9.0.1', 3);
    });
    assert.equal(answers, 3);
    assert.deepEqual(lines.toSorted(), [
      '@[socket:va]: 6',
      '@[tc:va:egress]: 3',
      '@[tc:va:ingress]: 3',
      '@[xdp:va]: 3',
    ]);
  });

  test('P-104 headers as conditions, and as structs in network order', async () => {
    const script = `tc:va:ingress /packet.icmp || packet.udp/ {
      print((packet.eth ? 1 : 0, packet.ip ? 1 : 0, packet.ip6 ? 1 : 0, packet.tcp ? 1 : 0, packet.udp ? 1 : 0, packet.icmp ? 1 : 0));
      print((packet.ip.version, packet.ip.ihl, packet.ip.ttl, bswap(packet.ip.tot_len), ntop(packet.ip.saddr), packet.icmp.type, packet.tcp.dest));
      if (!packet.tcp && packet.ip && !packet.ip6) { print("not tcp"); }
    }`;
    const lines = await trace(script, () => ping(there, '10.9.0.1', 1));
    assert.deepEqual(lines, ['(1, 1, 0, 0, 0, 1)', '(4, 5, 64, 84, 10.9.0.2, 8, 0)', 'not tcp']);
  });

  test('P-104 tags and extension headers are passed over; later fragments and what is cut off have no ports', async () => {
    const eth = 'ffffffffffff' + '123400000001';
    const ip = (rest: string, protocol: string, fragment = '0000'): string =>
      `0800 45000040 0000${fragment} 40${protocol}0000 0a090002 0a090001 ${rest}`;
    const udp = '1111 11f8 000b 0000 616263';
    const ip6 = (next: string, rest: string): string =>
      `86dd 60000000 0020${next}40 fd090000000000000000000000000002 fd090000000000000000000000000001 ${rest}`;
    const frames = [
      `88a80005 81000007 ${ip(udp, '11')}`,
      ip6('00', `2c00 010400000000 1100 0001 00000004 ${udp}`),
      ip6('2c', `1100 0008 00000004 ${udp}`),
      ip(udp, '11', '0001'),
      ip('1111 11f8 0000', '06'),
      ip('1111 11f8 00000001 00000002 5012 2000 0000 0000', '06'),
      '0806 0001',
    ];
    const script = `xdp:va /packet.eth.h_source[0] == 0x12 && packet.eth.h_source[1] == 0x34/ {
      printf("%d %s %d>%d ip %d ip6 %d tcp %d %d udp %d\\n", packet.protocol, packet.saddr, packet.sport, packet.dport,
        packet.ip ? 1 : 0, packet.ip6 ? 1 : 0, packet.tcp ? 1 : 0, packet.tcp.syn + 2 * packet.tcp.ack, packet.udp ? 1 : 0);
    }`;
    const lines = await trace(script, () => {
      for (const frame of frames) {
        const hex = (eth + frame).replaceAll(' ', '');
        const index = run(within(there, 'ip', '-o', 'link', 'show', 'vb')).split(':', 1)[0];
        run(
          within(
            there,
            'perl',
            '-e',
            `socket(S, 17, 3, 0) or die; send S, pack("H*", "${hex}"), 0, pack("SnlSCCa8", 17, 0, ${index}, 0, 0, 6, "") or die $!`,
          ),
        );
      }
    });
    assert.deepEqual(lines, [
      '17 10.9.0.2 4369>4600 ip 1 ip6 0 tcp 0 0 udp 1',
      '17 fd09::2 4369>4600 ip 0 ip6 1 tcp 0 0 udp 1',
      '17 fd09::2 0>0 ip 0 ip6 1 tcp 0 0 udp 0',
      '17 10.9.0.2 0>0 ip 1 ip6 0 tcp 0 0 udp 0',
      '6 10.9.0.2 0>0 ip 1 ip6 0 tcp 0 0 udp 0',
      '6 10.9.0.2 4369>4600 ip 1 ip6 0 tcp 1 3 udp 0',
      '0  0>0 ip 0 ip6 0 tcp 0 0 udp 0',
    ]);
  });

  test('P-102 wildcards and listing are of our namespace', async () => {
    const listing = run(within(here, launcher, '-l', 'tc:va:*,xdp:*,socket:v*'));
    assert.deepEqual(
      listing
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith('v7')),
      ['tc:va:egress', 'tc:va:ingress', 'xdp:lo', 'xdp:va', 'socket:va'],
    );
    const lines = await trace('tc:v[a]:*gress /packet.icmp/ { @[probe] = count(); }', () => ping(there, '10.9.0.1', 2));
    assert.deepEqual(lines, ['@[tc:va:egress]: 2', '@[tc:va:ingress]: 2']);
  });

  test('P-102 an interface has one XDP program: the second is refused, the first goes on; nothing stays', async () => {
    using first = new Tracer(['-e', 'xdp:va { @ = count(); }'], { prefix: within(here) });
    await first.attached;
    using second = new Tracer(['-e', 'xdp:va { }'], { prefix: within(here) });
    const { status, stderr } = await second.ended;
    assert.equal(status, 255);
    assert.match(stderr, /^ERROR: bpf\(LINK_CREATE\) at va: Device or resource busy \(EBUSY\)$/m);
    assert.match(stderr, /^HINT: va has an XDP program already, and takes only one: tc:va:ingress sees/m);
    first.signal('SIGKILL');
    await first.ended;
    await sleep(50);
    assert.doesNotMatch(run(within(here, 'ip', '-d', 'link', 'show', 'va')), /xdp/);
    assert.doesNotMatch(run(within(here, 'bpftool', 'net', 'show')), /\bva\b/);
  });

  test('P-103 P-104 what a cgroup receives and sends, and nobody else', async () => {
    const root = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find(
      (path) => existsSync(join(path, 'cgroup.procs')) && existsSync(join(path, 'cgroup.controllers')),
    );
    assert.ok(root !== undefined, 'no cgroup2');
    const cgroup = join(root, `sonde-test-${process.pid}`);
    mkdirSync(cgroup);
    try {
      const script = `cgroup_skb:${cgroup}:* /packet.udp/ { printf("%s %d %s:%d %d %d\\n", probe, packet.len, packet.daddr, packet.dport, packet.ip.version, ctx.len); return 0; }`;
      const lines = await trace(script, () => {
        const child = join(folder, 'in-cgroup.sh');
        const receive = `perl -MSocket=:all -e 'socket(R, 2, 2, 0); bind R, pack_sockaddr_in(4500, INADDR_ANY); socket(S, 2, 2, 0); send S, "abc", 0, pack_sockaddr_in(4500, inet_aton("127.0.0.1")); recv R, $b, 9, 0; print $b'`;
        writeFileSync(child, `echo $$ > ${cgroup}/cgroup.procs\n${receive}\n`);
        assert.equal(run(within(here, 'sh', child)), 'abc');
        send(here, '127.0.0.1', 4500, 'not from there');
      });
      assert.deepEqual(lines, [
        `cgroup_skb:${cgroup}:egress 31 127.0.0.1:4500 4 31`,
        `cgroup_skb:${cgroup}:ingress 31 127.0.0.1:4500 4 31`,
      ]);
    } finally {
      rmdirSync(cgroup);
    }
  });

  test('P-105 loops, maps and long texts in a program that is given packets', async () => {
    const script = `tc:va:* /packet.icmp/ { for ($i : 0..20) { @n[packet.icmp.type] = sum($i); } @last = (packet.saddr, packet.len); printf("%s|%s\\n", "${'x'.repeat(100)}", packet.daddr); }`;
    const lines = await trace(script, () => ping(there, '10.9.0.1', 1));
    assert.deepEqual(lines, [
      `${'x'.repeat(100)}|10.9.0.1`,
      `${'x'.repeat(100)}|10.9.0.2`,
      '@last: (10.9.0.1, 98)',
      '@n[0]: 190',
      '@n[8]: 190',
    ]);
  });
});
