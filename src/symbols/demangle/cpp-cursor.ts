import { type CppNode, DemangleError } from './cpp-nodes.ts';

const deepest = 256;
const mostSteps = 100_000;

/** A place in a mangled name, and the small things that stand everywhere in it. */
export class CppCursor {
  protected readonly text: string;
  protected at: number;
  protected depth = 0;
  /** Trying two readings at one place could take exponential time. */
  protected steps = 0;
  protected readonly substitutions: CppNode[] = [];

  protected constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  protected peek(offset = 0): string {
    return this.text[this.at + offset] ?? '';
  }

  protected take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  protected expect(token: string): void {
    if (!this.take(token)) this.fail();
  }

  protected fail(): never {
    throw new DemangleError(`not understood at ${this.at}`);
  }

  protected nested<T>(read: () => T): T {
    if (++this.depth > deepest || ++this.steps > mostSteps) throw new DemangleError('nested too deeply');
    const result = read();
    this.depth--;
    return result;
  }

  protected until<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.take(end)) {
      if (this.at >= this.text.length) this.fail();
      items.push(read());
    }
    return items;
  }

  protected match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at += match[0].length;
    return match[0];
  }

  protected number(): number {
    return Number(this.match(/\d{1,9}/y) ?? this.fail());
  }

  /** `_` is 0, `0_` is 1 and so on. */
  protected sequenceNumber(radix: 10 | 36): number {
    const digits = this.match(radix === 36 ? /[0-9A-Z]{0,6}_/y : /\d{0,8}_/y) ?? this.fail();
    return digits === '_' ? 0 : Number.parseInt(digits, radix) + 1;
  }

  protected remember(node: CppNode): CppNode {
    this.substitutions.push(node);
    return node;
  }

  protected cvQualifiers(): string {
    let text = '';
    const isRestrict = this.take('r');
    const isVolatile = this.take('V');
    if (this.take('K')) text += ' const';
    if (isVolatile) text += ' volatile';
    if (isRestrict) text += ' __restrict';
    return text;
  }

  protected sourceName(): string {
    const length = this.number();
    const name = this.text.slice(this.at, this.at + length);
    if (name.length !== length || length === 0) this.fail();
    this.at += length;
    return /^_GLOBAL_[._$]N/.test(name) ? '(anonymous namespace)' : name;
  }

  protected discriminator(): void {
    this.match(/__\d+_|_\d/y);
  }

  protected callOffset(kind: string): void {
    if (kind !== 'h' && kind !== 'v') this.fail();
    const pattern = kind === 'h' ? /n?\d+_/y : /n?\d+_n?\d+_/y;
    if (this.match(pattern) === undefined) this.fail();
  }
}
