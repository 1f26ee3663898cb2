/** `packet.NAME`: what a packet's headers say, in probes that see packets. */
import type { Expression, PacketLoad } from '../../checked/index.ts';
import { UINT64 } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Span } from '../../diagnostic/index.ts';
import {
  layOutPacket,
  packetHeaders,
  packetMembers,
  packetNumbers,
  PacketPart,
  packetType,
  presenceOffset,
  type PacketHeader,
} from '../../packet.ts';
import type * as ast from '../../syntax/index.ts';
import { findTaggedType, type Type } from '../../types/index.ts';
import { scanPacketMembers } from '../scan/uses.ts';
import type { Context } from '../state/context.ts';
import { convert } from './values.ts';

const BYTE: Type = { kind: 'integer', size: 1, signed: false };

export function isPacket(node: ast.Expression): boolean {
  return node.kind === 'identifier' && node.name === 'packet';
}

export function checkPacketMember(
  context: Context,
  node: ast.Expression & { readonly kind: 'field' },
): Expression | undefined {
  const { name, span } = node;
  const { packet: source } = context.program.variant.context;
  if (source === undefined) return packetElsewhere(context, node.operand.span);
  if (!packetMembers.includes(name)) {
    const close = nearest(name, packetMembers);
    const hints = [close === undefined ? `There is ${packetMembers.join(', ')}.` : `Did you mean packet.${close}?`];
    return context.error('unknown-field', span, `packet does not have '${name}'`, { hints });
  }
  if (name === 'eth' && !source.hasLinkHeader) {
    const hints = ['What is seen here begins with the header of IP: packet.ip or packet.ip6.'];
    return context.error('not-in-probe', span, 'packet.eth is not there: packets have no Ethernet header here', {
      hints,
    });
  }
  const packet = packetOf(context);
  if (Object.hasOwn(packetHeaders, name)) return header(context, packet, name as PacketHeader, span);
  if (name === 'saddr' || name === 'daddr') return address(packet, name, span);
  const number = name as keyof typeof packetNumbers;
  return part(packet, PacketPart[number], packetNumbers[number], span);
}

export function packetElsewhere(context: Context, span: Span): undefined {
  return context.error(
    'not-in-probe',
    span,
    "The packet builtin can only be used with 'xdp', 'tc', 'cgroup_skb' and 'socket' probes",
  );
}

/** The variable that holds it, made when it is first asked for. */
function packetOf(context: Context): PacketLoad {
  const source = context.program.variant.context.packet!;
  if (context.packet === undefined) {
    const layout = layOutPacket(scanPacketMembers(context.program.probe), source);
    context.packet = { variable: context.temporary(packetType(layout)), layout, source };
  }
  return context.packet;
}

function part({ variable }: PacketLoad, offset: number, type: Type, span: Span): Expression {
  const operand: Expression = { kind: 'variable', span, type: variable.type, variable };
  return { kind: 'member', span, type, operand, offset };
}

function header(context: Context, packet: PacketLoad, name: PacketHeader, span: Span): Expression | undefined {
  const { struct } = packetHeaders[name];
  const { btf } = context.script.target;
  const type = btf === undefined ? undefined : findTaggedType(btf, 'struct', struct);
  if (type === undefined) return context.error('unknown-type', span, `This kernel's BTF has no struct ${struct}`);
  const found = part(packet, packet.layout.headers.get(name)!, type, span);
  return found.kind === 'member' ? { ...found, presence: presenceOffset(name) } : found;
}

function address(packet: PacketLoad, name: 'saddr' | 'daddr', span: Span): Expression {
  const bytes: Type = { kind: 'array', element: BYTE, count: 16 };
  const family = convert(part(packet, PacketPart.family, BYTE, span), UINT64);
  const call = { function: 'inet', family, address: part(packet, PacketPart[name], bytes, span) } as const;
  return { kind: 'call', span, type: { kind: 'inet' }, call };
}

/** A header as a condition: whether the packet has it. */
export function presenceOf(value: Expression): Expression {
  if (value.kind !== 'member' || value.presence === undefined) return value;
  const { operand, span, presence } = value;
  return { kind: 'member', span, type: BYTE, operand, offset: presence };
}
