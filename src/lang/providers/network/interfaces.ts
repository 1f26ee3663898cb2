/** xdp, tc and socket: packets at a network interface. The probe looks on: every packet goes its way. */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { PacketHook } from '../../../spec/index.ts';
import type { ProbeVariant } from '../../checked/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { NetworkInterface, Target } from '../../target.ts';
import { globMatcher, isPattern, matcherOf } from '../glob.ts';
import { didYouMean, noMatches, pointError, refused, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { packetVariant, type PacketProgram } from './variant.ts';

export const xdp = atInterfaces('xdp', 'xdp:eth0');
export const tc = atInterfaces('tc', 'tc:eth0:ingress');
export const socket = atInterfaces('socket', 'socket:eth0');

type Kind = 'xdp' | 'tc' | 'socket';
export const DIRECTIONS = ['ingress', 'egress'] as const;

/** XDP_PASS; TCX_NEXT, which leaves the packet to the programs behind this one; nothing for a socket that nobody reads. */
const PROGRAMS: Readonly<Record<Kind, PacketProgram>> = {
  xdp: { type: ProgramType.Xdp, from: 'xdp', context: 'xdp_md', verdict: 2, attachType: AttachType.Xdp },
  tc: { type: ProgramType.SchedCls, from: 'skb', context: '__sk_buff', verdict: -1 },
  socket: { type: ProgramType.SocketFilter, from: 'skb', context: '__sk_buff', verdict: 0 },
};

function atInterfaces(kind: Kind, form: string): Provider {
  return {
    name: kind,
    aliases: [kind],
    resolve: (point, target, options) => resolve(kind, form, point, target, options),
    list: (components, target) => ({ lines: listed(kind, components, target), notes: [] }),
  };
}

function resolve(
  kind: Kind,
  form: string,
  point: AttachPointText,
  target: Target,
  options: ResolveOptions,
): Resolution {
  const [, name, direction, ...more] = point.components;
  const parts = kind === 'tc' ? 2 : 1;
  if (name === undefined || name.text === '' || point.components.length - 1 !== parts || more.length > 0)
    return wrongCount(point, kind, String(parts), form);
  const directions = kind === 'tc' ? DIRECTIONS.filter(matcherOf(direction!)) : [undefined];
  if (directions.length === 0) return wrongDirection(point, kind, direction!.text);
  const matches = isPattern(name) ? matcherOf(name) : (each: string) => each === name.text;
  const known = target.networkInterfaces?.() ?? [];
  const found = known.filter((each) => matches(each.name));
  if (found.length === 0) {
    const close = nearest(
      name.text,
      known.map((each) => each.name),
    );
    return noMatches(point, options, `${kind} ${name.text}`, [
      didYouMean(close) ?? (known.length === 0 ? undefined : `There is ${known.map((each) => each.name).join(', ')}.`),
    ]);
  }
  return {
    variants: found.flatMap((at) => directions.map((each) => variantAt(kind, at, each, target))),
    diagnostics: [],
  };
}

export function wrongDirection(point: AttachPointText, provider: string, direction: string): Resolution {
  const message = `Invalid direction of ${provider} probe: '${direction}'`;
  return refused(pointError(point, 'direction', message, ['There is ingress and egress.']));
}

function variantAt(
  kind: Kind,
  { name, index, hasLinkHeader }: NetworkInterface,
  direction: (typeof DIRECTIONS)[number] | undefined,
  target: Target,
): ProbeVariant {
  const at = kind === 'tc' ? direction! : kind;
  const hook: PacketHook = { kind: 'packets', at, interface: name, index };
  const program = PROGRAMS[kind];
  const attach =
    kind === 'tc' ? { attachType: direction === 'ingress' ? AttachType.TcxIngress : AttachType.TcxEgress } : {};
  const fullName = [kind, name, direction].filter((part) => part !== undefined).join(':');
  return packetVariant(kind, fullName, hook, { ...program, ...attach, hasLinkHeader }, target);
}

function listed(kind: Kind, components: readonly string[], target: Target): readonly string[] {
  const [pattern = '', direction = ''] = components;
  if (components.length > (kind === 'tc' ? 2 : 1)) return [];
  const names = (target.networkInterfaces?.() ?? []).map(({ name }) => name).filter(globMatcher(pattern || '*'));
  const ends = kind === 'tc' ? DIRECTIONS.filter(globMatcher(direction || '*')).map((each) => `:${each}`) : [''];
  return names.flatMap((name) => ends.map((end) => `${kind}:${name}${end}`)).sort();
}
