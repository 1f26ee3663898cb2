import { FormatError } from '../base/index.ts';
import { cString, viewOf } from './source.ts';

export interface ElfNote {
  readonly owner: string;
  readonly type: number;
  readonly description: Uint8Array;
}

/** Notes of one section or segment; `base` is its file offset, for errors. */
export function* decodeNotes(
  bytes: Uint8Array,
  littleEndian: boolean,
  alignment: number,
  base: number,
): Generator<ElfNote> {
  const view = viewOf(bytes);
  // Notes are padded to 4 bytes; only .note.gnu.property and its like to 8.
  const unit = alignment === 8 ? 8 : 4;
  const pad = (length: number): number => Math.ceil(length / unit) * unit;
  let at = 0;
  while (at + 12 <= bytes.length) {
    const nameSize = view.getUint32(at, littleEndian);
    const descriptionSize = view.getUint32(at + 4, littleEndian);
    const name = at + 12;
    const description = pad(name + nameSize);
    const end = description + descriptionSize;
    if (end > bytes.length) throw new FormatError('ELF', base + at, 'a note is longer than its section');
    yield {
      owner: cString(bytes, name, name + nameSize) ?? '',
      type: view.getUint32(at + 8, littleEndian),
      description: bytes.subarray(description, end),
    };
    at = pad(end);
  }
}

/** A USDT probe as the compiler left it; addresses are virtual, already adjusted for prelinking. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** Address of the nop. */
  readonly location: bigint;
  /** Address of the counter that enables the probe; undefined when it has none. */
  readonly semaphore: bigint | undefined;
  /** Argument text in assembler notation: `-4@%eax 8@-16(%rbp)`. */
  readonly arguments: string;
}

/**
 * Decodes the description of a `stapsdt` note. The linker records where .stapsdt.base lay; if the file was
 * moved since (prelink), every address moved by the same distance.
 */
export function decodeUsdtNote(
  description: Uint8Array,
  bits: 32 | 64,
  littleEndian: boolean,
  stapsdtBase: bigint | undefined,
): UsdtNote {
  const word = bits / 8;
  if (description.length < word * 3 + 3) throw new FormatError('USDT note', 0, 'cut off');
  const view = viewOf(description);
  const wordAt = (i: number): bigint =>
    bits === 64 ? view.getBigUint64(i * 8, littleEndian) : BigInt(view.getUint32(i * 4, littleEndian));
  const moved = stapsdtBase === undefined || wordAt(1) === 0n ? 0n : stapsdtBase - wordAt(1);
  const strings = [...nulTerminated(description, word * 3, 3)];
  return {
    provider: strings[0]!,
    name: strings[1]!,
    location: BigInt.asUintN(bits, wordAt(0) + moved),
    semaphore: wordAt(2) === 0n ? undefined : BigInt.asUintN(bits, wordAt(2) + moved),
    arguments: strings[2]!,
  };
}

function* nulTerminated(bytes: Uint8Array, start: number, count: number): Generator<string> {
  let at = start;
  for (let i = 0; i < count; i++) {
    const text = cString(bytes, at);
    if (text === undefined) throw new FormatError('USDT note', at, 'text does not end');
    yield text;
    at = bytes.indexOf(0, at) + 1;
  }
}
