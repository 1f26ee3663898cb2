/** Copies of functions that the compiler put into a function instead of calling them. */
import { FormatError } from '../../base/index.ts';
import { Attribute, Tag } from './constants.ts';
import type { AddressRange } from './lists.ts';
import { rangesOf } from './ranges.ts';
import { type Entry, numberOf } from './unit.ts';

export interface InlinedCall {
  readonly entry: Entry;
  readonly ranges: readonly AddressRange[];
  /** Where the call stands in the source; the file by its number in the unit. */
  readonly callFile: number;
  readonly callLine: number;
  /** What was in turn put into it. */
  readonly calls: readonly InlinedCall[];
}

const deepest = 500;
/** More copies in one function are taken for damage. */
const mostCalls = 200_000;

/** The calls that were replaced in a function, as they are nested. */
export function inlinedCallsOf(subprogram: Entry): readonly InlinedCall[] {
  let count = 0;
  const read = (entry: Entry, depth: number): InlinedCall[] => {
    if (depth > deepest) throw new FormatError('.debug_info', entry.offset, 'entries are nested too deeply');
    const found: InlinedCall[] = [];
    for (const child of entry.unit.children(entry)) {
      // Blocks hold variables, and calls too.
      if (child.tag === Tag.LexicalBlock) for (const call of read(child, depth + 1)) found.push(call);
      if (child.tag !== Tag.InlinedSubroutine) continue;
      if (++count > mostCalls) throw new FormatError('.debug_info', child.offset, 'too many inlined calls');
      found.push({
        entry: child,
        ranges: rangesOf(child),
        callFile: numberOf(child, Attribute.CallFile) ?? 0,
        callLine: numberOf(child, Attribute.CallLine) ?? 0,
        calls: read(child, depth + 1),
      });
    }
    return found;
  };
  return read(subprogram, 0);
}

/** The calls that hold an address, from the outside in. */
export function callsAt(calls: readonly InlinedCall[], address: bigint): readonly InlinedCall[] {
  const chain: InlinedCall[] = [];
  let level = calls;
  for (;;) {
    const found = level.find(({ ranges }) => ranges.some(({ start, end }) => address >= start && address < end));
    if (found === undefined) return chain;
    chain.push(found);
    level = found.calls;
  }
}
