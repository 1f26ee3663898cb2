/** What a script can see of a packet: the parts of a hidden variable that is filled before a probe's body runs. */
import type { IntegerType, Type } from './types/index.ts';

/** Kernel structs as they stand in the packet, in network byte order. */
export const packetHeaders = {
  eth: { struct: 'ethhdr', sizeBytes: 14 },
  ip: { struct: 'iphdr', sizeBytes: 20 },
  ip6: { struct: 'ipv6hdr', sizeBytes: 40 },
  tcp: { struct: 'tcphdr', sizeBytes: 20 },
  udp: { struct: 'udphdr', sizeBytes: 8 },
  icmp: { struct: 'icmphdr', sizeBytes: 8 },
} as const;
export type PacketHeader = keyof typeof packetHeaders;

/** Ready values: lengths and ports as numbers of this machine, addresses of either family. */
export const packetValues = ['len', 'protocol', 'sport', 'dport', 'saddr', 'daddr'] as const;
export type PacketValue = (typeof packetValues)[number];

export const packetMembers: readonly string[] = [...Object.keys(packetHeaders), ...packetValues];

/** How a packet of a probe begins and is read. */
export interface PacketSource {
  /** The helper that copies bytes out of it. */
  readonly from: 'skb' | 'xdp';
  /** It begins with an Ethernet header; else with the one of IP. */
  readonly hasLinkHeader: boolean;
}

/** Offsets in the hidden variable. First come these words, then the headers that are wanted. */
export const PacketPart = {
  has: 0,
  family: 8,
  protocol: 9,
  sport: 10,
  dport: 12,
  len: 16,
  saddr: 24,
  daddr: 40,
  headers: 56,
} as const;

/** One byte each, from `PacketPart.has` on: 1 where the header is there. */
export function presenceOffset(header: PacketHeader): number {
  return PacketPart.has + Object.keys(packetHeaders).indexOf(header);
}

export interface PacketLayout {
  readonly sizeBytes: number;
  /** What is copied and kept, and where. */
  readonly headers: ReadonlyMap<PacketHeader, number>;
  /** Down to which layer the packet is looked at. */
  readonly depth: 'none' | 'link' | 'network' | 'transport';
}

const TRANSPORT: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'sport', 'dport']);
const NETWORK: ReadonlySet<string> = new Set(['ip', 'ip6', 'saddr', 'daddr', 'protocol']);

/** For the members that a probe uses. Headers on the way to what is wanted are kept too. */
export function layOutPacket(used: ReadonlySet<string>, { hasLinkHeader }: PacketSource): PacketLayout {
  const uses = (set: ReadonlySet<string>): boolean => [...used].some((name) => set.has(name));
  const depth = uses(TRANSPORT) ? 'transport' : uses(NETWORK) ? 'network' : used.has('eth') ? 'link' : 'none';
  const wanted: PacketHeader[] = [
    ...(depth !== 'none' && hasLinkHeader ? (['eth'] as const) : []),
    ...(depth === 'network' || depth === 'transport' ? (['ip', 'ip6'] as const) : []),
    ...(depth === 'transport' ? (['tcp', 'udp', 'icmp'] as const) : []),
  ];
  let sizeBytes: number = PacketPart.headers;
  const headers = new Map<PacketHeader, number>();
  for (const header of wanted) {
    headers.set(header, sizeBytes);
    sizeBytes += Math.ceil(packetHeaders[header].sizeBytes / 8) * 8;
  }
  return { sizeBytes, headers, depth };
}

const unsigned = (size: IntegerType['size']): IntegerType => ({ kind: 'integer', size, signed: false });

/** Of the hidden variable, which only its parts are read of. */
export function packetType({ sizeBytes }: PacketLayout): Type {
  return { kind: 'array', element: unsigned(8), count: sizeBytes / 8 };
}

export const packetNumbers: Readonly<Record<'len' | 'protocol' | 'sport' | 'dport', IntegerType>> = {
  len: unsigned(4),
  protocol: unsigned(1),
  sport: unsigned(2),
  dport: unsigned(2),
};
