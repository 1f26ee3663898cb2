/** Network addresses as text, as inet_ntop(3) and people write them. */

const AF_INET = 2;
const AF_INET6 = 10;
/** Groups of 16 bits in an IPv6 address. */
const GROUPS = 8;

/** `10.0.0.1`, `fe80::1`; nothing for another family. `bytes`: 16 of them, an IPv4 address in the first four. */
export function formatInet(family: number, bytes: Uint8Array): string {
  if (family === AF_INET) return formatIpv4(bytes);
  return family === AF_INET6 ? formatIpv6(bytes) : '';
}

function formatIpv4(bytes: Uint8Array): string {
  return bytes.subarray(0, 4).join('.');
}

/** The longest row of two or more zero groups is left out; addresses that hold an IPv4 one end in its text. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: GROUPS }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const gap = longestZeros(groups);
  if (gap.start === 0 && (gap.length === 6 || (gap.length === 5 && groups[5] === 0xffff)))
    return `::${gap.length === 5 ? 'ffff:' : ''}${formatIpv4(bytes.subarray(12))}`;
  const texts = groups.map((group) => group.toString(16));
  if (gap.length < 2) return texts.join(':');
  return `${texts.slice(0, gap.start).join(':')}::${texts.slice(gap.start + gap.length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < GROUPS; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** `02:42:AC:11:00:02` */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}
