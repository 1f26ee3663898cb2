/** .debug_aranges: the addresses of each unit's code, told without the units being read. GCC writes it, Clang seldom does. */
import type { AddressRange } from './lists.ts';
import { type DebugSections, readerOf } from './unit.ts';

/** By the offset of the unit. Units may be missing. Throws FormatError. */
export function toldRanges(sections: DebugSections): ReadonlyMap<number, readonly AddressRange[]> {
  const found = new Map<number, AddressRange[]>();
  const r = readerOf(sections, 'aranges', 0);
  while (r.at < r.length) {
    const start = r.at;
    const first = r.u32();
    const offsetSize = first === 0xffffffff ? 8 : 4;
    const end = (first === 0xffffffff ? r.offset(8) : first) + r.at;
    if (end > r.length) r.fail('cut off');
    const version = r.u16();
    if (version !== 2) r.fail(`version ${version}`);
    const unit = r.offset(offsetSize);
    const addressSize = r.u8();
    const segmentSize = r.u8();
    if (segmentSize !== 0) r.fail('segmented addresses');
    // Pairs are aligned to their own size, counted from the start of the set.
    const pair = addressSize * 2;
    const past = (r.at - start) % Math.max(1, pair);
    r.skip(past === 0 ? 0 : pair - past);
    const ranges = found.get(unit) ?? [];
    while (r.at + pair <= end) {
      const address = r.address(addressSize);
      const size = r.address(addressSize);
      if (size !== 0n) ranges.push({ start: address, end: address + size });
    }
    found.set(unit, ranges);
    r.skip(end - r.at);
  }
  return found;
}
