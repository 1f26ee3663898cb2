/** Which words fit where the cursor stands on a command line. */
import { loadServices, optimizations } from '../../lang/index.ts';
import { openCheckTarget, writtenFeatureNames } from '../../runtime/index.ts';
import { DEBUG_STAGES } from '../arguments.ts';
import { type HelpEntry, helpCommands, helpOptions } from './entries.ts';
import { findTool, listTools, readHeader, type Tool } from '../tools/catalogue.ts';
import { allOptions, type ToolOption } from '../tools/options.ts';
import { openTool } from '../tools/run-tool.ts';
import { SHELLS } from './shells.ts';

export interface Candidate {
  readonly word: string;
  readonly text: string;
}

const plain = (words: readonly string[], text = ''): readonly Candidate[] => words.map((word) => ({ word, text }));

/** What a value of an option can be; others are files, numbers or free text, which are the shell's to complete. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  '--format': ['text', 'json'],
  '-B': ['line', 'full', 'none'],
  '--debug': ['all', ...DEBUG_STAGES],
  '--mode': ['test', 'bench', 'codegen', 'compiler-bench'],
  '--no-feature': writtenFeatureNames,
  /** Read when asked for: the list is in another part of the bundle. */
  get '--opt'() {
    return ['all', 'none', 'help', ...optimizations.flatMap(({ name }) => [`-${name}`, `+${name}`])];
  },
};

/** `words`: all behind the command's name, the one to complete last. In the order in which they are to be shown. */
export async function complete(words: readonly string[]): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = await candidates(before, current);
  return found.filter(({ word }) => word.startsWith(current));
}

async function candidates(before: readonly string[], current: string): Promise<readonly Candidate[]> {
  const tool = toolAmong(before);
  if (tool !== undefined) return ofTool(tool.tool, before.slice(tool.at + 1), current);
  const [command, ...rest] = before;
  if (command === 'completion') return rest.length === 0 ? plain(Object.keys(SHELLS)) : [];
  if (command === 'tools') return ofTools(rest);
  if (command === 'top') return rest.length === 0 ? tools() : candidates(rest, current);
  const options = helpOptions();
  const option = options.find(({ names }) => names.includes(before.at(-1) ?? ''));
  if (option?.names.includes('--list') === true) return probes(current);
  if (option?.value !== undefined) return valuesOf(option);
  if (current.startsWith('-')) return optionWords(options);
  if (before.some((word) => word === '-l' || word === '--list')) return probes(current);
  if (helpCommands().some(({ names }) => names.includes(command ?? ''))) return [];
  const isFirst = before.every((word) => word.startsWith('-'));
  return isFirst ? [...(before.length === 0 ? commands() : []), ...tools()] : [];
}

/** The tool that is called: the first word that is no option's. */
function toolAmong(before: readonly string[]): { readonly tool: Tool; readonly at: number } | undefined {
  const options = helpOptions();
  for (let at = 0; at < before.length; at++) {
    const word = before[at]!;
    if (!word.startsWith('-')) {
      const tool = findTool(word);
      return tool === undefined || (at > 0 && before[at - 1] === '-l') ? undefined : { tool, at };
    }
    const option = options.find(({ names }) => names.includes(word));
    if (option?.names.includes('--list') === true) return undefined;
    if (option?.value !== undefined) at++;
  }
  return undefined;
}

async function ofTool(tool: Tool, before: readonly string[], current: string): Promise<readonly Candidate[]> {
  const { options, words } = await openTool(tool);
  const all = allOptions(options);
  const last = before.at(-1) ?? '';
  const taken = all.find(
    (option) => last === `--${option.name}` || (option.letter !== undefined && last === `-${option.letter}`),
  );
  if (taken !== undefined && taken.kind !== 'flag') return [];
  if (current.startsWith('-')) return all.flatMap(toolOptionWords);
  return /PATTERN|PROBE/.test(words) ? probes(current) : [];
}

function toolOptionWords({ name, letter, help }: ToolOption): readonly Candidate[] {
  return [{ word: `--${name}`, text: help }, ...(letter === undefined ? [] : [{ word: `-${letter}`, text: help }])];
}

function ofTools(rest: readonly string[]): readonly Candidate[] {
  if (rest.length === 0)
    return [
      { word: 'list', text: 'list the tools' },
      { word: 'show', text: 'print the script of one' },
    ];
  return rest[0] === 'show' ? tools() : [];
}

const commands = (): readonly Candidate[] => {
  const found = new Map(helpCommands().map(({ names, text }) => [names[0]!, text]));
  return [...found].map(([word, text]) => ({ word, text }));
};

const tools = (): readonly Candidate[] => listTools().map((tool) => ({ word: tool.name, text: readHeader(tool).line }));

const optionWords = (options: readonly HelpEntry[]): readonly Candidate[] =>
  options.flatMap(({ names, text }) => names.map((word) => ({ word, text })));

const valuesOf = ({ names }: HelpEntry): readonly Candidate[] => plain(names.flatMap((name) => VALUES[name] ?? []));

/** Part by part: a type of probes first, then the group of a tracepoint, then names. As an editor would be told. */
async function probes(current: string): Promise<readonly Candidate[]> {
  const quote = /^['"]?/.exec(current)![0];
  const text = current.slice(quote.length);
  const { complete: completeScript } = await loadServices();
  const options = { target: openCheckTarget().target, positional: [], unsafe: true, environment: {} };
  const { items } = completeScript({ name: 'stdin', text }, text.length, options);
  const found = items.filter(({ kind }) => kind === 'probe').map(({ label }) => label);
  const parts = text.split(':').length;
  if (parts === 1) return plain(found.map((type) => (hasPlaces(type) ? `${quote}${type}:` : `${quote}${type}`)));
  const groups = new Set(found.map((point) => point.split(':').slice(0, parts).join(':')));
  const goOn = parts === 2 && groups.size > 1 && found.every((point) => point.split(':').length > 2);
  return plain([...(goOn ? [...groups].map((group) => `${group}:`) : found)].map((word) => quote + word));
}

const hasPlaces = (type: string): boolean => type !== 'begin' && type !== 'end';
