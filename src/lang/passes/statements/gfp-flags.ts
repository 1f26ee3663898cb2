/** Names of the kernel's page allocation flags, for `%gr`. */
import type { Btf } from '../../../btf/index.ts';

export type FlagNames = readonly (readonly [bits: bigint, name: string])[];

/** Since Linux 6.10 an enum numbers the bits, some of them by what the kernel was built with. */
const BIT_NAME = /^___GFP_(.+)_BIT$/;
const NO_FLAG: ReadonlySet<string> = new Set(['LAST', 'UNUSED']);

/** The order of the bits from 0 up before that, the same for many years. */
const EARLIER_BITS = (
  'DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO ATOMIC DIRECT_RECLAIM KSWAPD_RECLAIM WRITE NOWARN ' +
  'RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT ZEROTAGS'
).split(' ');

/** Those that go by a name without underscores alone, too. */
const PLAIN: ReadonlySet<string> = new Set(['DMA', 'DMA32']);

const RECLAIM = 'DIRECT_RECLAIM KSWAPD_RECLAIM';
const USER = `${RECLAIM} IO FS HARDWALL`;
const MOVABLE = `${USER} HIGHMEM MOVABLE`;
const TRANSHUGE = 'IO FS HARDWALL HIGHMEM MOVABLE COMP NOMEMALLOC NOWARN';

/** In the order in which they are looked for: a compound before those that it holds. */
const COMPOUNDS: readonly (readonly [name: string, flags: string])[] = [
  ['GFP_TRANSHUGE', `${TRANSHUGE} DIRECT_RECLAIM`],
  ['GFP_TRANSHUGE_LIGHT', TRANSHUGE],
  ['GFP_HIGHUSER_MOVABLE', MOVABLE],
  ['GFP_HIGHUSER', `${USER} HIGHMEM`],
  ['GFP_USER', USER],
  ['GFP_KERNEL_ACCOUNT', `${RECLAIM} IO FS ACCOUNT`],
  ['GFP_KERNEL', `${RECLAIM} IO FS`],
  ['GFP_NOFS', `${RECLAIM} IO`],
  ['GFP_ATOMIC', 'HIGH ATOMIC KSWAPD_RECLAIM'],
  ['GFP_ATOMIC', 'HIGH KSWAPD_RECLAIM'],
  ['GFP_NOIO', RECLAIM],
];

const known = new WeakMap<Btf, FlagNames>();

/** As the kernel of this BTF numbers them. */
export function gfpFlags(btf: Btf | undefined): FlagNames {
  if (btf === undefined) return namesOf(earlierBits(), false);
  let found = known.get(btf);
  if (found === undefined) {
    const bits = bitsOfEnum(btf);
    known.set(btf, (found = namesOf(bits ?? earlierBits(), bits !== undefined)));
  }
  return found;
}

function bitsOfEnum(btf: Btf): ReadonlyMap<string, bigint> | undefined {
  for (const type of btf.types('enum')) {
    if (type.kind !== 'enum' || !type.values.some(({ name }) => name === '___GFP_DMA_BIT')) continue;
    return new Map(
      type.values.flatMap(({ name, value }) => {
        const flag = BIT_NAME.exec(name)?.[1];
        return flag === undefined || NO_FLAG.has(flag) ? [] : [[flag, 1n << value] as const];
      }),
    );
  }
  return undefined;
}

function earlierBits(): ReadonlyMap<string, bigint> {
  return new Map(EARLIER_BITS.map((name, bit) => [name, 1n << BigInt(bit)]));
}

/** `waitsQuietly`: GFP_NOWAIT asks for no warnings, as it does since Linux 6.8. */
function namesOf(bits: ReadonlyMap<string, bigint>, waitsQuietly: boolean): FlagNames {
  const nowait = ['GFP_NOWAIT', waitsQuietly ? 'KSWAPD_RECLAIM NOWARN' : 'KSWAPD_RECLAIM'] as const;
  const compounds = [...COMPOUNDS, nowait].flatMap(([name, flags]) => {
    const parts = flags.split(' ').map((flag) => bits.get(flag));
    const all = parts.every((part) => part !== undefined);
    return all ? [[parts.reduce((sum, part) => sum | part, 0n), name] as const] : [];
  });
  const single = Array.from(bits, ([name, bit]) => [bit, `${PLAIN.has(name) ? '' : '__'}GFP_${name}`] as const);
  return [...compounds, ...single];
}
