/** Reads what a script prints as JSON: for tools that work on it, and for live tables. */
import type { OutputSink } from '../../session/index.ts';

/** A line of the JSON output. */
export interface ScriptEvent {
  readonly type: string;
  readonly data?: unknown;
  /** Of errors and warnings. */
  readonly msg?: string;
}

/** Gives each line's event to `onEvent`. Lines that are no JSON, such as what a harness waits for, go to `onText`. */
export class EventSink implements OutputSink {
  readonly #decoder = new TextDecoder();
  readonly #onEvent: (event: ScriptEvent) => void;
  readonly #onText: (line: string) => void;
  #rest = '';

  constructor(onEvent: (event: ScriptEvent) => void, onText: (line: string) => void) {
    this.#onEvent = onEvent;
    this.#onText = onText;
  }

  write(bytes: Uint8Array): boolean {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('{')) this.#onEvent(JSON.parse(line) as ScriptEvent);
      else if (line !== '') this.#onText(line);
    }
    return true;
  }

  async drained(): Promise<void> {
    // All of it is taken at once.
  }
}
