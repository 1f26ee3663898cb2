/** A place of a user function, found but not yet made into a program. */
import type { UserBinary } from '../../../spec/index.ts';

export interface FoundPoint {
  readonly binary: UserBinary;
  readonly fileOffset: bigint;
  /** Virtual address, as the file counts. */
  readonly address: bigint;
  /** Name of the probe behind its type: `/bin/bash:readline`. */
  readonly shown: string;
  /** The function that it is in, as the file names it; undefined: not known. */
  readonly functionName: string | undefined;
  /** It is at the function's first instruction: only there arguments are where the calling convention says. */
  readonly isEntry: boolean;
}

/** As scripts name the file. */
export function shownPath({ path, title }: UserBinary): string {
  return title ?? path;
}
