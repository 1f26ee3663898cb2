import type { ScriptEvent } from './event-sink.ts';

/** What a tool that makes its script from the command line exports: `tools/NAME.ts`. */
export interface ToolModule {
  /** What help shows for the words that it reads itself, such as `PATTERN`; in brackets where there need be none; empty: it reads none. */
  readonly words: string;
  /** Calls of getopt() that declare its options, each ended by `;`. */
  readonly options: string;
  /** `given`: options by name, as the command line has them. Throws RangeError with a sentence where the words make no sense. */
  script(words: readonly string[], given: ReadonlyMap<string, string | undefined>): string;
  /** Of a tool that works on what its script prints, instead of showing it. */
  report?(words: readonly string[], given: ReadonlyMap<string, string | undefined>): Report;
}

/** Both return what to print. */
export interface Report {
  event(event: ScriptEvent): string;
  end(): string;
}
