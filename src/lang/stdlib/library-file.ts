/** One `.bt` file of the standard library, as `gen/stdlib.ts` makes it from the file beside this. */
export interface LibraryFile {
  /** As messages call it: `stdlib/base.bt`. */
  readonly name: string;
  readonly text: string;
  /** Where the definitions of each macro begin in `text`. */
  readonly macros: Readonly<Record<string, readonly number[]>>;
}
