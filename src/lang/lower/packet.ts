/** Looking into a packet: headers are copied out of it by the kernel, which checks the bounds, and followed as far as wanted. */
import type { PacketLoad } from '../checked/index.ts';
import type { Block, Value } from '../ir/index.ts';
import { packetHeaders, PacketPart, presenceOffset, type PacketHeader } from '../packet.ts';
import { type Address, Helper, type Lowering, pointer } from './lowering.ts';
import { copy, zero } from './memory.ts';

// As they stand in a packet, read as little-endian words.
const ETH_IP = 0x0008;
const ETH_IP6 = 0xdd86;
const VLAN_TAGS = [0x0081, 0xa888];
const FRAGMENT_IP = 0xff1f;
const FRAGMENT_IP6 = 0xf8ff;

const AF_INET = 2;
const AF_INET6 = 10;
const Protocol = { icmp: 1, tcp: 6, udp: 17, fragment: 44 } as const;
/** Extension headers of one form: hop-by-hop, routing, destination. */
const OPTIONS = [0, 43, 60];
/** Tags and extension headers that are passed over. */
const MOST_TAGS = 2;
const MOST_EXTENSIONS = 4;

export function loadPacket(l: Lowering, packet: PacketLoad): void {
  new PacketReader(l, packet).read();
}

class PacketReader {
  readonly #l: Lowering;
  readonly #packet: PacketLoad;
  readonly #done: Block;
  readonly #place: Address;

  constructor(l: Lowering, packet: PacketLoad) {
    this.#l = l;
    this.#packet = packet;
    this.#done = l.builder.block();
    this.#place = l.placeOf(packet.variable);
  }

  read(): void {
    const b = this.#l.builder;
    const { layout, source } = this.#packet;
    zero(this.#l, this.#place, layout.sizeBytes);
    const length =
      source.from === 'skb' ? b.load(4, false, b.context(), 0) : b.call(Helper.xdp_get_buff_len, [b.context()]);
    this.#set(4, PacketPart.len, length);
    b.scope(() => {
      if (layout.depth !== 'none') this.#readLink();
      b.jump(this.#done);
    });
    b.enter(this.#done);
  }

  #at(offset: number): Address {
    return { base: this.#place.base, offset: this.#place.offset + offset };
  }

  #set(size: 1 | 2 | 4 | 8, offset: number, value: Value): void {
    const { base, offset: at } = this.#at(offset);
    this.#l.builder.store(size, base, at, value);
  }

  #get(size: 1 | 2 | 4, offset: number): Value {
    const { base, offset: at } = this.#at(offset);
    return this.#l.builder.load(size, false, base, at);
  }

  /** Copies bytes of the packet; where it has none there, nothing more is looked at. */
  #copy(from: Value, to: Address, sizeBytes: number): void {
    const b = this.#l.builder;
    const helper = this.#packet.source.from === 'skb' ? Helper.skb_load_bytes : Helper.xdp_load_bytes;
    const result = b.call(helper, [b.context(), from, pointer(this.#l, to), b.constant(sizeBytes)]);
    const there = b.block();
    b.branch('eq', result, b.constant(0), there, this.#done);
    b.enter(there);
  }

  #copyHeader(header: PacketHeader, from: Value): number {
    const at = this.#packet.layout.headers.get(header) as number;
    this.#copy(from, this.#at(at), packetHeaders[header].sizeBytes);
    this.#set(1, presenceOffset(header), this.#l.builder.constant(1));
    return at;
  }

  #readLink(): void {
    const b = this.#l.builder;
    const { layout, source } = this.#packet;
    const isDeep = layout.depth !== 'link';
    if (!source.hasLinkHeader) {
      if (isDeep) this.#readUnlabelled();
      return;
    }
    const eth = this.#copyHeader('eth', b.constant(0));
    if (!isDeep) return;
    const type = b.temporary();
    const start = b.temporary();
    b.write(type, this.#get(2, eth + 12));
    b.write(start, b.constant(packetHeaders.eth.sizeBytes));
    const tagsDone = b.block();
    const tag = this.#l.temporary(8);
    for (let i = 0; i < MOST_TAGS; i++) {
      this.#unless(b.read(type), VLAN_TAGS, tagsDone);
      this.#copy(b.read(start), tag, 4);
      b.write(type, b.load(2, false, tag.base, tag.offset + 2));
      b.write(start, b.add(b.read(start), 4));
    }
    b.jump(tagsDone);
    b.enter(tagsDone);
    this.#readNetwork(b.read(type), b.read(start), ETH_IP, ETH_IP6);
  }

  /** Goes on where the value is one of these, else to `other`. */
  #unless(value: Value, these: readonly number[], other: Block): void {
    const b = this.#l.builder;
    const found = b.block();
    for (const each of these) {
      const next = b.block();
      b.branch('eq', value, b.constant(each), found, next);
      b.enter(next);
    }
    b.jump(other);
    b.enter(found);
  }

  /** The version tells what it is. */
  #readUnlabelled(): void {
    const b = this.#l.builder;
    const first = this.#l.temporary(8);
    this.#copy(b.constant(0), first, 1);
    const version = b.binary('lshr', b.load(1, false, first.base, first.offset), b.constant(4));
    this.#readNetwork(version, b.constant(0), 4, 6);
  }

  #readNetwork(kind: Value, start: Value, ip: number, ip6: number): void {
    const b = this.#l.builder;
    const isIp = b.block();
    const other = b.block();
    const isIp6 = b.block();
    b.branch('eq', kind, b.constant(ip), isIp, other);
    b.enter(other);
    b.branch('eq', kind, b.constant(ip6), isIp6, this.#done);
    const protocol = b.temporary();
    const next = b.temporary();
    const transport = b.block();
    b.enter(isIp);
    b.scope(() => {
      this.#readIp(start, protocol, next);
      b.jump(transport);
    });
    b.enter(isIp6);
    b.scope(() => {
      this.#readIp6(start, protocol, next);
      b.jump(transport);
    });
    b.enter(transport);
    if (this.#packet.layout.depth === 'transport') this.#readTransport(b.read(protocol), b.read(next));
  }

  #readIp(start: Value, protocol: number, next: number): void {
    const b = this.#l.builder;
    const ip = this.#copyHeader('ip', start);
    this.#set(1, PacketPart.family, b.constant(AF_INET));
    this.#set(1, PacketPart.protocol, this.#get(1, ip + 9));
    copy(this.#l, this.#at(PacketPart.saddr), this.#at(ip + 12), 4);
    copy(this.#l, this.#at(PacketPart.daddr), this.#at(ip + 16), 4);
    b.write(protocol, this.#get(1, ip + 9));
    const words = b.binary('and', this.#get(1, ip), b.constant(0xf));
    b.write(next, b.binary('add', start, b.binary('shl', words, b.constant(2))));
    // The header of the next layer is in the first fragment only.
    const whole = b.block();
    b.branch('set', this.#get(2, ip + 6), b.constant(FRAGMENT_IP), this.#done, whole);
    b.enter(whole);
  }

  #readIp6(start: Value, protocol: number, next: number): void {
    const b = this.#l.builder;
    const ip6 = this.#copyHeader('ip6', start);
    this.#set(1, PacketPart.family, b.constant(AF_INET6));
    copy(this.#l, this.#at(PacketPart.saddr), this.#at(ip6 + 8), 16);
    copy(this.#l, this.#at(PacketPart.daddr), this.#at(ip6 + 24), 16);
    b.write(protocol, this.#get(1, ip6 + 6));
    b.write(next, b.add(start, packetHeaders.ip6.sizeBytes));
    const ended = b.block();
    for (let i = 0; i < MOST_EXTENSIONS; i++) this.#passExtension(protocol, next, ended);
    b.jump(ended);
    b.enter(ended);
    this.#set(1, PacketPart.protocol, b.read(protocol));
  }

  #passExtension(protocol: number, next: number, ended: Block): void {
    const b = this.#l.builder;
    const header = this.#l.temporary(8);
    const passed = b.block();
    const options = b.block();
    const isFragment = b.block();
    for (const each of OPTIONS) {
      const other = b.block();
      b.branch('eq', b.read(protocol), b.constant(each), options, other);
      b.enter(other);
    }
    b.branch('eq', b.read(protocol), b.constant(Protocol.fragment), isFragment, ended);
    b.enter(options);
    b.scope(() => {
      this.#copy(b.read(next), header, 8);
      const units = b.load(1, false, header.base, header.offset + 1);
      b.write(protocol, b.load(1, false, header.base, header.offset));
      b.write(next, b.binary('add', b.read(next), b.binary('shl', b.add(units, 1), b.constant(3))));
      b.jump(passed);
    });
    b.enter(isFragment);
    b.scope(() => {
      this.#copy(b.read(next), header, 8);
      b.write(protocol, b.load(1, false, header.base, header.offset));
      b.write(next, b.add(b.read(next), 8));
      const first = b.block();
      const later = b.block();
      b.branch('set', b.load(2, false, header.base, header.offset + 2), b.constant(FRAGMENT_IP6), later, first);
      b.enter(later);
      this.#set(1, PacketPart.protocol, b.read(protocol));
      b.jump(this.#done);
      b.enter(first);
      b.jump(passed);
    });
    b.enter(passed);
  }

  #readTransport(protocol: Value, start: Value): void {
    const b = this.#l.builder;
    for (const header of ['tcp', 'udp', 'icmp'] as const) {
      const is = b.block();
      const other = b.block();
      b.branch('eq', protocol, b.constant(Protocol[header]), is, other);
      b.enter(is);
      b.scope(() => {
        const at = this.#copyHeader(header, start);
        if (header !== 'icmp') this.#setPorts(at);
        b.jump(this.#done);
      });
      b.enter(other);
    }
  }

  #setPorts(at: number): void {
    const b = this.#l.builder;
    for (const [part, offset] of [
      [PacketPart.sport, 0],
      [PacketPart.dport, 2],
    ] as const)
      this.#set(2, part, b.byteSwap(2, this.#get(2, at + offset)));
  }
}
