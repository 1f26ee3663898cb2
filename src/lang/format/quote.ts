const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' };

/** A string literal for `value`: only what can't stand in one as it is gets an escape. */
export function quoteString(value: string): string {
  return `"${value.replace(/["\\]|\p{Cc}|[\udc80-\udcff]/gu, escape)}"`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  // A byte that is no text stands for itself in this range.
  const byte = code >= 0xdc80 ? code - 0xdc00 : code;
  if (code > 0x7f && code < 0xdc80) return character; // a control character of Unicode: two bytes
  return ESCAPES[character] ?? `\\x${byte.toString(16).padStart(2, '0')}`;
}
