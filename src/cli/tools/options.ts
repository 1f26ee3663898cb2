/**
 * A tool's command line. Its options are those that its text declares: `getopt("pid", 0, "p: only this process")` is
 * `--pid PID` and `-p PID`. Before the colon stand a letter, the place among the words without dashes (`i,$1: …` is
 * `--interval S`, `-i S` and the first word), or nothing.
 */
import type { DeclaredOption } from '../../lang/index.ts';
import { UsageError } from '../arguments.ts';

export interface ToolOption {
  readonly name: string;
  readonly letter: string | undefined;
  /** Place among the words without dashes, from 1. */
  readonly place: number | undefined;
  readonly kind: 'flag' | 'number' | 'text';
  readonly help: string;
}

export interface ToolArguments {
  /** For the script's getopt(). */
  readonly named: ReadonlyMap<string, string | undefined>;
  /** Words that no option takes. */
  readonly words: readonly string[];
  readonly help: boolean;
  readonly json: boolean;
  readonly durationMs: number | undefined;
}

/** What every tool has beside its own. */
export const COMMON: readonly ToolOption[] = [
  { name: 'duration', letter: 'd', place: undefined, kind: 'text', help: 'end after so many seconds' },
  { name: 'json', letter: undefined, place: undefined, kind: 'flag', help: 'a JSON object on each line' },
  { name: 'help', letter: 'h', place: undefined, kind: 'flag', help: 'this text' },
];

/** What a tool may lack for a reason that its user is told. */
const LACKING: Readonly<Record<string, string>> = {
  interval: 'it shows each event when it comes',
  cgroup: 'what it counts belongs to no single task',
};

export function toolOption({ name, standard, help }: DeclaredOption): ToolOption {
  const [, marks, text] = /^([A-Za-z0-9]|[A-Za-z0-9],\$[1-9]|\$[1-9]): ([^]*)$/.exec(help) ?? [];
  const kind = typeof standard === 'boolean' ? 'flag' : typeof standard === 'bigint' ? 'number' : 'text';
  const parts = marks?.split(',') ?? [];
  const place = parts.find((part) => part.startsWith('$'))?.slice(1);
  return {
    name,
    letter: parts.find((part) => !part.startsWith('$')),
    place: place === undefined ? undefined : Number(place),
    kind,
    help: text ?? help,
  };
}

/** A tool's own, then the common ones that it doesn't define itself and whose letters are free. */
export function allOptions(own: readonly ToolOption[]): readonly ToolOption[] {
  const letters = new Set(own.map(({ letter }) => letter));
  const common = COMMON.filter(({ name }) => !own.some((option) => option.name === name));
  return [...own, ...common.map((each) => (letters.has(each.letter) ? { ...each, letter: undefined } : each))];
}

/** `takesWords`: words without dashes that no option has a place for are the tool's to read. Throws UsageError. */
export function parseToolArguments(
  tool: string,
  own: readonly ToolOption[],
  argv: readonly string[],
  takesWords = false,
): ToolArguments {
  const options = allOptions(own);
  const { given, words } = scan(tool, options, argv);
  const placed = own.filter(({ place }) => place !== undefined).toSorted((a, b) => a.place! - b.place!);
  const left = words.filter((word, index) => {
    const option = placed[index];
    if (option === undefined) return true;
    given.set(option.name, word);
    return false;
  });
  if (left.length > 0 && !takesWords) throw wrong(tool, `does not know what to do with '${left[0]}'`);
  const isOwn = (name: string): boolean => own.some((option) => option.name === name);
  for (const option of own) {
    const value = given.get(option.name);
    if (option.kind === 'number' && value !== undefined && !/^-?\d+$|^0x[\da-f]+$/i.test(value))
      throw wrong(tool, `--${option.name} takes a number, not '${value}'`);
  }
  return {
    named: new Map([...given].filter(([name]) => isOwn(name))),
    words: left,
    help: given.has('help'),
    json: given.has('json'),
    durationMs: isOwn('duration') ? undefined : durationOf(tool, given.get('duration')),
  };
}

type Given = Map<string, string | undefined>;

function scan(
  tool: string,
  options: readonly ToolOption[],
  argv: readonly string[],
): { given: Given; words: string[] } {
  const given: Given = new Map();
  const words: string[] = [];
  const rest = [...argv];
  const take = (option: ToolOption, shown: string, attached: string | undefined): void => {
    if (option.kind === 'flag') {
      if (attached !== undefined) throw wrong(tool, `${shown} takes no value`);
      given.set(option.name, undefined);
      return;
    }
    const value = attached ?? rest.shift();
    if (value === undefined) throw wrong(tool, `${shown} needs a value`);
    given.set(option.name, value);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') words.push(...rest.splice(0));
    else if (word.startsWith('--')) {
      const [, name, value] = /^--([^=]*)(?:=([^]*))?$/.exec(word)!;
      take(named(tool, options, name!), `--${name}`, value);
    } else if (/^-[A-Za-z0-9]/.test(word) && !isNegative(word, options)) {
      let letters = word.slice(1);
      while (letters !== '') {
        const option = options.find(({ letter }) => letter === letters[0]);
        if (option === undefined) throw unknown(tool, `-${letters[0]}`);
        letters = letters.slice(1);
        const attached = option.kind !== 'flag' && letters !== '' ? letters : undefined;
        if (attached !== undefined) letters = '';
        take(option, `-${option.letter}`, attached);
      }
    } else words.push(word);
  }
  return { given, words };
}

/** `-5` is a number where no option is called by a digit. */
function isNegative(word: string, options: readonly ToolOption[]): boolean {
  return /^-\d/.test(word) && !options.some(({ letter }) => letter === word[1]);
}

function named(tool: string, options: readonly ToolOption[], name: string): ToolOption {
  const found = options.find((option) => option.name === name);
  if (found !== undefined) return found;
  const reason = LACKING[name];
  if (reason !== undefined) throw wrong(tool, `has no --${name}: ${reason}`);
  throw unknown(tool, `--${name}`);
}

function durationOf(tool: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds < 1e6)) throw wrong(tool, `--duration takes seconds, not '${text}'`);
  return seconds * 1000;
}

const unknown = (tool: string, option: string): UsageError => wrong(tool, `has no option ${option}`);

function wrong(tool: string, what: string): UsageError {
  return new UsageError(`${tool}: ${what} (sonde ${tool} --help)`);
}
