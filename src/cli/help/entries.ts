/** What --help says, taken apart: the one source of the manual page and of completion. */
import { usage } from './usage.ts';

export interface HelpEntry {
  /** As printed: `-p, --pid PID`. */
  readonly forms: string;
  /** `-p`, `--pid`; of a command line its command. */
  readonly names: readonly string[];
  /** `PID`; in brackets where there need be none. */
  readonly value: string | undefined;
  readonly text: string;
}

export interface HelpSection {
  /** `OPTIONS` */
  readonly title: string;
  readonly entries: readonly HelpEntry[];
}

export function helpSections(): readonly HelpSection[] {
  const sections: { title: string; entries: HelpEntry[] }[] = [];
  for (const line of usage('sonde').split('\n')) {
    const title = /^([A-Z][A-Z ]+):$/.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, entries: [] });
    const section = sections.at(-1);
    if (section === undefined) continue;
    const [, forms, text = ''] = /^ {4}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (forms !== undefined) section.entries.push(entryOf(forms, text));
    else if (/^ {5,}\S/.test(line) && section.entries.length > 0) {
      const last = section.entries.pop()!;
      section.entries.push({ ...last, text: `${last.text} ${line.trim()}`.trim() });
    }
  }
  return sections;
}

function entryOf(forms: string, text: string): HelpEntry {
  if (!forms.startsWith('-')) {
    const words = forms.split(' ').slice(1);
    const isCommand = words[0] !== undefined && /^[a-z]+$/.test(words[0]);
    return { forms, names: isCommand ? [words[0]!] : [], value: undefined, text };
  }
  const names = [...forms.matchAll(/(?<=^|, )--?[\w-]+/g)].map(([name]) => name);
  const value = / (\[?[A-Z]\S*)$/.exec(forms)?.[1];
  return { forms, names, value, text };
}

/** All options of the command itself. */
export function helpOptions(): readonly HelpEntry[] {
  return helpSections()
    .filter(({ title }) => title !== 'USAGE' && title !== 'EXAMPLES')
    .flatMap(({ entries }) => entries)
    .filter(({ names }) => names.length > 0);
}

/** The commands that stand in first place. */
export function helpCommands(): readonly HelpEntry[] {
  const usageLines = helpSections().find(({ title }) => title === 'USAGE')?.entries ?? [];
  return usageLines.filter(({ names }) => names.length > 0);
}
