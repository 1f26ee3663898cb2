/** cgroup_skb: packets that the processes of a cgroup receive and send. The probe looks on and lets them pass. */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { matcherOf } from '../glob.ts';
import { noMatches, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { DIRECTIONS, wrongDirection } from './interfaces.ts';
import { packetVariant } from './variant.ts';

export const cgroupSkb: Provider = {
  name: 'cgroup_skb',
  aliases: ['cgroup_skb'],
  resolve,
  list: () => ({ lines: [], notes: [] }),
};

/** What the programs return for a packet that may pass. */
const PASS = 1;

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [, path, direction, ...more] = point.components;
  if (path === undefined || path.text === '' || direction === undefined || more.length > 0)
    return wrongCount(point, 'cgroup_skb', '2', 'cgroup_skb:/sys/fs/cgroup/NAME:ingress');
  const directions = DIRECTIONS.filter(matcherOf(direction));
  if (directions.length === 0) return wrongDirection(point, 'cgroup_skb', direction.text);
  if (target.cgroupId?.(path.text) === undefined) {
    const hints = ['cgroups are folders under /sys/fs/cgroup.'];
    return noMatches(point, options, `cgroup_skb ${path.text}`, hints);
  }
  const variants = directions.map((each) =>
    packetVariant(
      'cgroup_skb',
      `cgroup_skb:${path.text}:${each}`,
      { kind: 'packets', at: each === 'ingress' ? 'cgroupIngress' : 'cgroupEgress', path: path.text },
      {
        type: ProgramType.CgroupSkb,
        attachType: each === 'ingress' ? AttachType.CgroupInetIngress : AttachType.CgroupInetEgress,
        from: 'skb',
        context: '__sk_buff',
        verdict: PASS,
        hasLinkHeader: false,
      },
      target,
    ),
  );
  return { variants, diagnostics: [] };
}
