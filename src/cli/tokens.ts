/**
 * A command line's words, told apart as getopt_long(3) does. Node's `parseArgs` gives the same tokens; loading it takes
 * a millisecond of each start.
 */

export interface Option {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
}

export type Token =
  /** `name` is the long name, or what was given where there is no such option; `rawName` as it was given, with its dashes. */
  | { readonly kind: 'option'; readonly name: string; readonly rawName: string; readonly value: string | undefined }
  /** `isLast`: it stands behind `--`. */
  | { readonly kind: 'word'; readonly value: string; readonly isLast: boolean };

/** The word behind an option that takes a value is its value, whatever it looks like. */
export function* tokens(argv: readonly string[], options: Readonly<Record<string, Option>>): Generator<Token> {
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at]!;
    const takesNext = (name: string): string | undefined =>
      takesValue(options, name) && at + 1 < argv.length ? argv[++at] : undefined;
    if (arg === '--') {
      for (const value of argv.slice(at + 1)) yield { kind: 'word', value, isLast: true };
      return;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=', 3);
      const rawName = equals < 0 ? arg : arg.slice(0, equals);
      const name = rawName.slice(2);
      yield { kind: 'option', name, rawName, value: equals < 0 ? takesNext(name) : arg.slice(equals + 1) };
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let letter = 1; letter < arg.length; letter++) {
        const rawName = `-${arg[letter]}`;
        const name = longName(options, arg[letter]!);
        const rest = takesValue(options, name) ? arg.slice(letter + 1) : '';
        yield { kind: 'option', name, rawName, value: rest !== '' ? rest : takesNext(name) };
        if (rest !== '') break;
      }
    } else yield { kind: 'word', value: arg, isLast: false };
  }
}

function takesValue(options: Readonly<Record<string, Option>>, name: string): boolean {
  return Object.hasOwn(options, name) && options[name]!.type === 'string';
}

function longName(options: Readonly<Record<string, Option>>, letter: string): string {
  return Object.keys(options).find((name) => options[name]!.short === letter) ?? letter;
}
