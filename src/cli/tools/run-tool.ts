/** `sonde TOOL …` and `sonde tools`. */
import { closeSync, openSync } from 'node:fs';
import { BugError } from '../../base/index.ts';
import { declaredOptions, type SourceFile } from '../../lang/index.ts';
import { setThreadName } from '../../kernel/index.ts';
import type { Arguments } from '../arguments.ts';
import { UsageError } from '../arguments.ts';
import type { Messages } from '../messages.ts';
import type { RunContext } from '../compile-script.ts';
import { runScript } from '../run-script.ts';
import { print, writeFully } from '../write-fully.ts';
import { EventSink } from './event-sink.ts';
import { findTool, readHeader, readTool, type Tool } from './catalogue.ts';
import { toolHelp, toolList } from './help.ts';
import { type ToolArguments, type ToolOption, parseToolArguments, toolOption } from './options.ts';
import { rowNames } from './rows.ts';
import type { Report, ToolModule } from './tool-module.ts';

/** `args`: what stood before the tool's name. Returns the exit status. */
export async function runTool(
  tool: Tool,
  argv: readonly string[],
  args: Arguments,
  messages: Messages,
): Promise<number> {
  const { options, words, script, report } = await openTool(tool);
  const given = parseToolArguments(tool.name, options, argv, words !== '');
  if (given.help || args.help) {
    print(toolHelp(tool.name, readHeader(tool), options, words));
    return 0;
  }
  const source = script(given);
  setThreadName('sonde');
  const isJson = given.json || args.format === 'json';
  const context = {
    args: { ...args, format: isJson ? 'json' : 'text', quiet: args.quiet || !args.verbose },
    messages,
    positional: [],
    named: given.named,
    environment: process.env,
    durationMs: given.durationMs,
    nameRows: rowNames(),
  } as const;
  const reports = isJson ? undefined : report(given);
  return reports === undefined ? runScript(source, context) : runReporting(source, context, reports);
}

/** The tool reads what its script prints, and what it makes of that is printed. */
async function runReporting(source: SourceFile, context: RunContext, report: Report): Promise<number> {
  const { args } = context;
  const output = args.output === undefined ? undefined : openSync(args.output, 'w');
  const write = (text: string): void => writeFully(output ?? 1, text);
  const reader = new EventSink(
    (event) => write(report.event(event)),
    (line) => write(`${line}\n`),
  );
  const status = await runScript(source, {
    ...context,
    args: { ...args, format: 'json', output: undefined },
    nameRows: undefined,
    reader,
  });
  if (status === 0) write(report.end());
  if (output !== undefined) closeSync(output);
  return status;
}

interface OpenTool {
  readonly options: readonly ToolOption[];
  /** What stands for the words that it reads itself; empty: it takes none. */
  readonly words: string;
  readonly script: (given: ToolArguments) => SourceFile;
  /** Of a tool that works on what its script prints. */
  readonly report: (given: ToolArguments) => Report | undefined;
}

/** Throws BugError where a shipped tool is no script. */
export async function openTool(tool: Tool): Promise<OpenTool> {
  if (tool.kind === 'bt') {
    const source = { name: tool.path, text: readTool(tool) };
    return { options: optionsOf(source), words: '', script: () => source, report: () => undefined };
  }
  const module = (await import(`../../../tools/${tool.name}.ts`)) as ToolModule;
  const options = optionsOf({ name: tool.path, text: `begin\n{\n${module.options}\n}\n` });
  return {
    options,
    words: module.words,
    report: ({ named, words }) => module.report?.(words, named),
    script: ({ named, words }) => {
      if (words.length === 0 && module.words !== '' && !module.words.startsWith('[')) {
        throw new UsageError(`${tool.name}: ${module.words} is missing (sonde ${tool.name} --help)`);
      }
      try {
        return { name: tool.name, text: module.script(words, named) };
      } catch (error) {
        if (error instanceof RangeError) throw new UsageError(`${tool.name}: ${error.message}`);
        throw error;
      }
    },
  };
}

function optionsOf(source: SourceFile): readonly ToolOption[] {
  const declared = declaredOptions(source);
  if (declared === undefined) throw new BugError(`${source.name} is no script`);
  return declared.map(toolOption);
}

/** `sonde tools [show NAME…]`. Returns the exit status. */
export function tools(words: readonly string[]): number {
  const [verb, ...names] = words;
  if (verb === undefined || (verb === 'list' && names.length === 0)) {
    print(toolList());
    return 0;
  }
  if (verb !== 'show' || names.length === 0)
    throw new UsageError('tools: it is `sonde tools`, or `sonde tools show NAME`');
  for (const name of names) {
    const tool = findTool(name);
    if (tool === undefined) throw new UsageError(`tools: there is no tool called '${name}'`);
    print(readTool(tool));
  }
  return 0;
}
