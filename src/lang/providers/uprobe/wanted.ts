/** What the parts of a user probe's attach point mean. */
import type { AttachComponent } from '../../syntax/index.ts';

export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number | undefined;
}

export type Wanted = { readonly path: AttachComponent | undefined } & (
  | { readonly kind: 'place'; readonly place: AttachComponent }
  | { readonly kind: 'cpp'; readonly name: AttachComponent }
  | ({ readonly kind: 'line' } & SourceLine)
);

/** A file of source code behind the last `@`: its name has an ending, as folders such as `node@18` rarely do. */
const SOURCE = /^(.*)@([^@]*[^@/]\.[A-Za-z]\w*)$/s;

/** Undefined: too many parts, or too few. The path may be left out where a process is known. */
export function readWanted(parts: readonly AttachComponent[], hasProcess: boolean): Wanted | undefined {
  const cpp = parts.findIndex(({ text, quoted }, index) => text === 'cpp' && !quoted && index <= 1);
  if (cpp >= 0 && parts.length > cpp + 1 && (cpp === 1 || hasProcess)) return readCpp(parts, cpp);
  const [first, second, third] = parts;
  const source = SOURCE.exec(first?.text ?? '');
  if (source !== null && isNumber(second) && (third === undefined || isNumber(third)) && parts.length <= 3)
    return {
      kind: 'line',
      path: source[1] === '' ? undefined : { text: source[1]!, quoted: first!.quoted },
      file: source[2]!,
      line: Number(second!.text),
      column: third === undefined ? undefined : Number(third.text),
    };
  const [path, place] = parts.length === 1 && hasProcess ? [undefined, first] : [first, second];
  if (place === undefined || place.text === '' || parts.length > 2) return undefined;
  return { kind: 'place', path, place };
}

/** Names in C++ have colons, which are no borders between parts here. */
function readCpp(parts: readonly AttachComponent[], cpp: number): Wanted | undefined {
  const rest = parts.slice(cpp + 1);
  const text = rest.map((part) => part.text).join(':');
  if (text === '') return undefined;
  const name = { text, quoted: rest.every(({ quoted }) => quoted) };
  return { kind: 'cpp', path: cpp === 1 ? parts[0] : undefined, name };
}

function isNumber(part: AttachComponent | undefined): boolean {
  return part !== undefined && !part.quoted && /^\d+$/.test(part.text);
}
