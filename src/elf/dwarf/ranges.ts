/** Addresses that an entry covers. */
import { Attribute } from './constants.ts';
import { type AddressRange, listOffset, lowPcOf, newList, oldList } from './lists.ts';
import type { Entry } from './unit.ts';

/** Empty where the entry has no code. */
export function rangesOf(entry: Entry): readonly AddressRange[] {
  const { unit, attributes } = entry;
  const list = attributes.get(Attribute.Ranges);
  if (list?.kind === 'listIndex')
    return [...newList(unit, 'rnglists', listOffset(unit, 'rnglists', list.index))].map(([range]) => range);
  if (list?.kind === 'number') {
    const offset = Number(list.value);
    const all = unit.version >= 5 ? newList(unit, 'rnglists', offset) : oldList(unit, 'ranges', offset);
    return [...all].map(([range]) => range);
  }
  const start = lowPcOf(entry);
  const high = attributes.get(Attribute.HighPc);
  if (start === undefined || (high?.kind !== 'number' && high?.kind !== 'address')) return [];
  return [{ start, end: high.kind === 'number' ? start + high.value : high.value }];
}
