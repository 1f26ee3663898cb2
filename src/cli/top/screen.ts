/**
 * A terminal that is taken over and given back whole: alternate screen, no cursor, keys one by one. It is given back at the
 * end, whichever way that comes, and while the process is suspended.
 */
import { writeFully } from '../write-fully.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';
/** The session ends by these in its own way: it only gets the terminal back first. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** These would end us without a word. */
const LAST_SIGNALS = ['SIGHUP', 'SIGQUIT'] as const;

export interface ScreenEvents {
  /** A key, or an arrow: `left`, `right`. */
  readonly onKey: (key: string) => void;
  /** The size is another, or the screen was away: everything is to be drawn. */
  readonly onRedraw: () => void;
}

export class Screen implements Disposable {
  readonly #events: ScreenEvents;
  readonly #input = process.stdin;
  readonly #removers: (() => void)[] = [];
  #isUp = false;

  constructor(events: ScreenEvents) {
    this.#events = events;
    this.#on('SIGWINCH', () => this.#events.onRedraw());
    this.#on('SIGTSTP', () => this.#suspend());
    this.#on('SIGCONT', () => this.#resume());
    for (const signal of ENDING_SIGNALS) this.#on(signal, () => this[Symbol.dispose]());
    for (const signal of LAST_SIGNALS)
      this.#on(signal, () => {
        this[Symbol.dispose]();
        process.kill(process.pid, signal);
      });
    const onExit = (): void => this.#leave();
    process.on('exit', onExit);
    this.#removers.push(() => process.removeListener('exit', onExit));
    const onData = (bytes: Buffer | string): void => this.#keys(String(bytes));
    this.#input.on('data', onData);
    this.#removers.push(() => {
      this.#input.removeListener('data', onData);
      this.#input.pause();
      this.#input.unref();
    });
    this.#enter();
  }

  get width(): number {
    return process.stdout.columns || 80;
  }

  get height(): number {
    return process.stdout.rows || 24;
  }

  draw(lines: readonly string[]): void {
    if (!this.#isUp) return;
    // Node's raw mode still makes a return of each line's end.
    writeFully(1, `\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
  }

  [Symbol.dispose](): void {
    this.#leave();
    for (const remove of this.#removers.splice(0)) remove();
  }

  #on(signal: NodeJS.Signals, listener: () => void): void {
    process.on(signal, listener);
    this.#removers.push(() => process.removeListener(signal, listener));
  }

  #enter(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    if (this.#input.isTTY) this.#input.setRawMode(true);
    this.#input.resume();
    writeFully(1, ENTER);
  }

  #leave(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    writeFully(1, LEAVE);
    if (this.#input.isTTY) this.#input.setRawMode(false);
  }

  #suspend(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }

  #resume(): void {
    this.#enter();
    this.#events.onRedraw();
  }

  #keys(text: string): void {
    if (text === '\u001b[C') this.#events.onKey('right');
    else if (text === '\u001b[D') this.#events.onKey('left');
    else {
      for (const key of text) {
        if (key === CTRL_Z) this.#suspend();
        else this.#events.onKey(key === CTRL_C ? 'q' : key);
      }
    }
  }
}
