/** Network addresses from text, as inet_pton(3) reads them. */

import type { Expression } from '../checked/index.ts';
import type { Span } from '../diagnostic/index.ts';
import type { Type } from '../types/index.ts';

/** What ntop() makes of the bytes. */
export function addressValue(span: Span, bytes: Uint8Array): Expression {
  const UINT8: Type = { kind: 'integer', size: 1, signed: false };
  const UINT32: Type = { kind: 'integer', size: 4, signed: false };
  const family = { kind: 'constant', span, type: UINT32, value: bytes.length === 4 ? 2n : 10n } as const;
  const address = Array.from(bytes, (byte, index) => {
    return { offset: 4 + index, value: { kind: 'constant', span, type: UINT8, value: BigInt(byte) } as const };
  });
  return { kind: 'aggregate', span, type: { kind: 'inet' }, members: [{ offset: 0, value: family }, ...address] };
}

/** Bytes in network order: 4 of `1.2.3.4`, 16 of `::1`, `::ffff:1.2.3.4`; undefined: it is no address. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? parts.map(Number) : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 1 ? [] : parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // `::` stands for one group at least.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** Groups between colons; the last one of the address may be an IPv4 address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      const embedded = isEnd && index === groups.length - 1 ? parseIpv4(group) : undefined;
      if (embedded === undefined) return undefined;
      bytes.push(...embedded);
    }
  }
  return bytes;
}
