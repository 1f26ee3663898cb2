/** A reporter for Node's test runner: one line of JSON per finished test, for the host to make its own tests of. */
import type { TestEvent } from 'node:test/reporters';

export interface Finished {
  readonly name: string;
  readonly durationMs: number;
  /** Why it failed, or undefined. */
  readonly failure: string | undefined;
  readonly skipped: string | undefined;
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, details, skip } = event.data;
    const error =
      event.type === 'test:fail' ? (event.data.details.error as Error & { failureType?: string }) : undefined;
    // A suite fails with its tests, which are reported by themselves.
    if (details.type === 'suite' && (error === undefined || error.failureType === 'subtestsFailed')) continue;
    const cause = error?.cause;
    const failure = error && (cause instanceof Error ? (cause.stack ?? cause.message) : error.message);
    const skipped = skip === undefined || skip === false ? undefined : String(skip);
    yield `${JSON.stringify({ name, durationMs: details.duration_ms, failure, skipped } satisfies Finished)}\n`;
  }
}
