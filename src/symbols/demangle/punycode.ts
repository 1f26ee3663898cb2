/** Decodes RFC 3492 text; `plain` is what stands before the delimiter. undefined: not valid. */
export function decodePunycode(plain: string, encoded: string): string | undefined {
  const points = Array.from(plain, (char) => char.codePointAt(0)!);
  let point = 128;
  let position = 0;
  let bias = 72;
  let isFirst = true;
  for (let at = 0; at < encoded.length;) {
    let delta = 0;
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = at < encoded.length ? digitOf(encoded[at++]!) : -1;
      if (digit < 0) return undefined;
      delta += digit * weight;
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      if (digit < threshold) break;
      weight *= 36 - threshold;
      if (weight > 2 ** 40) return undefined;
    }
    position += delta;
    const length = points.length + 1;
    point += Math.floor(position / length);
    position %= length;
    if (point > 0x10ffff) return undefined;
    points.splice(position++, 0, point);
    bias = adapt(delta, length, isFirst);
    isFirst = false;
  }
  return String.fromCodePoint(...points);
}

function adapt(delta: number, length: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? 700 : 2));
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > 455; k += 36) rest = Math.floor(rest / 35);
  return k + Math.floor((36 * rest) / (rest + 38));
}

function digitOf(char: string): number {
  if (char >= 'a' && char <= 'z') return char.charCodeAt(0) - 97;
  return char >= '0' && char <= '9' ? Number(char) + 26 : -1;
}
