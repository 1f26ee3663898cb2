/** What the command line and the surroundings give to a compile. */
export interface CheckOptions {
  /** Positional parameters: `$1` is the first. */
  readonly positional: readonly string[];
  /** -p. */
  readonly pid?: number;
  /** Process id of the -c child. */
  readonly childPid?: number;
  /** --unsafe. */
  readonly unsafe: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
