/** The manual page, made of what --help says. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { helpSections, type HelpEntry } from './entries.ts';
import { packageRoot } from '../package-root.ts';
import { isTerminal } from '../terminal.ts';
import { listTools, readHeader } from '../tools/catalogue.ts';
import { version } from '../version.ts';
import { print } from '../write-fully.ts';

/** On a terminal by man, else its source. Returns the exit status. */
export function showManual(): number {
  const path = join(packageRoot(), 'man/sonde.1');
  if (isTerminal(1) && existsSync(path)) {
    const { status, error } = spawnSync('man', ['-l', path], { stdio: 'inherit' });
    if (error === undefined) return status ?? 1;
  }
  print(manualPage());
  return 0;
}

/** Source for troff, with the macros of man. */
export function manualPage(): string {
  const sections = helpSections();
  const usage = sections.find(({ title }) => title === 'USAGE')?.entries ?? [];
  const others = sections.filter(({ title }) => title !== 'USAGE' && title !== 'EXAMPLES');
  const examples = sections.find(({ title }) => title === 'EXAMPLES')?.entries ?? [];
  return [
    `.TH SONDE 1 "" "sonde ${escape(version())}" "User commands"`,
    '.SH NAME',
    'sonde \\- show what a Linux machine is doing, by scripts that are compiled to eBPF',
    '.SH SYNOPSIS',
    ...usage.map(({ forms }) => `${commandLine(forms)}\n.br`),
    '.SH DESCRIPTION',
    ...usage.filter(({ text }) => text !== '').map(tagged),
    ...others.flatMap(({ title, entries }) => [`.SH ${title}`, ...entries.map(tagged)]),
    '.SH TOOLS',
    'Each says by \\fBsonde\\fP \\fITOOL\\fP \\fB\\-\\-help\\fP which options it takes.',
    ...listTools().map((tool) => `.TP\n.B ${escape(tool.name)}\n${escape(readHeader(tool).line)}`),
    '.SH EXAMPLES',
    '.nf',
    ...examples.map(({ forms, text }) => escape(`${forms}${text === '' ? '' : `  ${text}`}`)),
    '.fi',
    '.SH SEE ALSO',
    '.BR bpf (2),',
    '.BR perf_event_open (2)',
    '',
  ].join('\n');
}

const tagged = ({ forms, text }: HelpEntry): string => `.TP\n${commandLine(forms)}\n${escape(text)}`;

/** What is written as it stands is bold, what stands for something else is slanted. */
function commandLine(forms: string): string {
  const parts = escape(forms).split(/([A-Z][A-Z_]+(?![a-z]))/);
  return parts
    .map((part, index) => (part === '' ? '' : index % 2 === 1 ? `\\fI${part}\\fP` : `\\fB${part}\\fP`))
    .join('');
}

/** So that troff takes it for text: its backslashes, its dashes, and lines that begin like requests. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll("'", '\\(aq')
    .replace(/^[.']/, '\\&$&');
}
