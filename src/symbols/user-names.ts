import { readFileSync } from 'node:fs';
import { monotonicMs } from '../kernel/index.ts';

const fileIsAskedAgainMs = 1000;

/** User names by id, from /etc/passwd. */
export class UserNames {
  readonly #path: string;
  #names: ReadonlyMap<number, string> = new Map();
  #readAtMs = -Infinity;

  constructor(path = '/etc/passwd') {
    this.#path = path;
  }

  /** undefined: no such user there. */
  nameOf(uid: number): string | undefined {
    const known = this.#names.get(uid);
    if (known !== undefined) return known;
    const now = monotonicMs();
    if (now - this.#readAtMs < fileIsAskedAgainMs) return undefined;
    this.#readAtMs = now;
    this.#names = readNames(this.#path);
    return this.#names.get(uid);
  }
}

/** The first line of an id counts. */
export function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

function readNames(path: string): Map<number, string> {
  try {
    return parsePasswd(readFileSync(path, 'utf8'));
  } catch {
    return new Map();
  }
}
