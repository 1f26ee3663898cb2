/**
 * Rust names of the older scheme look like C++ ones whose last part is `17h` and 16 hexadecimal digits. The hash
 * isn't shown. undefined for anything else.
 */
export function demangleRustLegacy(name: string): string | undefined {
  if (!name.startsWith('_ZN')) return undefined;
  const hash = name.lastIndexOf('17h');
  if (hash <= 3 || !/^17h[0-9a-f]{16}E(\.[\w.@]+)?$/.test(name.slice(hash))) return undefined;
  return joinParts(name.slice(3, hash));
}

function joinParts(text: string): string | undefined {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const digits = /^\d{1,6}/.exec(text.slice(at, at + 6))?.[0];
    if (digits === undefined) return undefined;
    const begin = at + digits.length;
    at = begin + Number(digits);
    if (at > text.length || at === begin) return undefined;
    parts.push(unescapePart(text.slice(begin, at)));
  }
  return parts.join('::');
}

const escapes: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

function unescapePart(part: string): string {
  const text = part.startsWith('_$') ? part.slice(1) : part;
  return text
    .replace(/\$([A-Z]{1,2})\$|\$u([0-9a-f]{1,6})\$/g, (whole, code: string | undefined, hex: string | undefined) => {
      if (code !== undefined) return escapes[code] ?? whole;
      const point = Number.parseInt(hex!, 16);
      return point > 0x10ffff || point < 0x20 ? whole : String.fromCodePoint(point);
    })
    .replaceAll('..', '::');
}
