/** Flag names joined by `|`, each for its bits in the order of `flags`; bits without a name follow as one hexadecimal number; `0` for none. */
export function formatFlags(value: bigint, flags: readonly (readonly [bits: bigint, name: string])[]): string {
  const names: string[] = [];
  let rest = value;
  for (const [bits, name] of flags) {
    if ((rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? '0' : names.join('|');
}
