/**
 * Names of the kernel's page allocation flags, in the order in which they are looked for: compound ones first,
 * a compound before those that it holds. Values as of Linux 6.10 and later.
 */
const RECLAIM = 0xc00n;
const IO = 0x40n;
const FS = 0x80n;
const HARDWALL = 0x100000n;
const USER = RECLAIM | IO | FS | HARDWALL;
const MOVABLE = USER | 0x2n | 0x8n;
const TRANSHUGE_LIGHT = (MOVABLE | 0x40000n | 0x80000n | 0x2000n) & ~RECLAIM;

const FLAGS: readonly (readonly [value: bigint, name: string])[] = [
  [TRANSHUGE_LIGHT | 0x400n, 'GFP_TRANSHUGE'],
  [TRANSHUGE_LIGHT, 'GFP_TRANSHUGE_LIGHT'],
  [MOVABLE, 'GFP_HIGHUSER_MOVABLE'],
  [USER | 0x2n, 'GFP_HIGHUSER'],
  [USER, 'GFP_USER'],
  [RECLAIM | IO | FS | 0x400000n, 'GFP_KERNEL_ACCOUNT'],
  [RECLAIM | IO | FS, 'GFP_KERNEL'],
  [RECLAIM | IO, 'GFP_NOFS'],
  [0x800n | 0x20n, 'GFP_ATOMIC'],
  [RECLAIM, 'GFP_NOIO'],
  [0x800n | 0x2000n, 'GFP_NOWAIT'],
  [0x1n, 'GFP_DMA'],
  [0x4n, 'GFP_DMA32'],
  [0x2n, '__GFP_HIGHMEM'],
  [0x8n, '__GFP_MOVABLE'],
  [0x10n, '__GFP_RECLAIMABLE'],
  [0x20n, '__GFP_HIGH'],
  [IO, '__GFP_IO'],
  [FS, '__GFP_FS'],
  [0x100n, '__GFP_ZERO'],
  [0x400n, '__GFP_DIRECT_RECLAIM'],
  [0x800n, '__GFP_KSWAPD_RECLAIM'],
  [0x1000n, '__GFP_WRITE'],
  [0x2000n, '__GFP_NOWARN'],
  [0x4000n, '__GFP_RETRY_MAYFAIL'],
  [0x8000n, '__GFP_NOFAIL'],
  [0x10000n, '__GFP_NORETRY'],
  [0x20000n, '__GFP_MEMALLOC'],
  [0x40000n, '__GFP_COMP'],
  [0x80000n, '__GFP_NOMEMALLOC'],
  [HARDWALL, '__GFP_HARDWALL'],
  [0x200000n, '__GFP_THISNODE'],
  [0x400000n, '__GFP_ACCOUNT'],
  [0x800000n, '__GFP_ZEROTAGS'],
];

/** Flag names joined by `|`; bits without a name follow as one hexadecimal number; `0` for none. */
export function formatGfpFlags(value: bigint): string {
  const names: string[] = [];
  let rest = value;
  for (const [bits, name] of FLAGS) {
    if ((rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? '0' : names.join('|');
}
