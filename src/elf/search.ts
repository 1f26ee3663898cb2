/**
 * Every offset of `needle` in `haystack`, ascending (Horspool's algorithm: string tables of tens of
 * megabytes are searched in milliseconds, without turning them into strings).
 */
export function findBytes(haystack: Uint8Array, needle: Uint8Array): number[] {
  const length = needle.length;
  const found: number[] = [];
  if (length === 0 || length > haystack.length) return found;
  const skip = new Int32Array(256).fill(length);
  for (let i = 0; i < length - 1; i++) skip[needle[i]!] = length - 1 - i;
  const last = needle[length - 1]!;
  let at = length - 1;
  while (at < haystack.length) {
    const byte = haystack[at]!;
    if (byte === last && matchesBefore(haystack, needle, at)) found.push(at - length + 1);
    at += skip[byte]!;
  }
  return found;
}

function matchesBefore(haystack: Uint8Array, needle: Uint8Array, end: number): boolean {
  for (let i = needle.length - 2, at = end - 1; i >= 0; i--, at--) {
    if (haystack[at] !== needle[i]) return false;
  }
  return true;
}
