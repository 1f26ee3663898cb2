/**
 * The command `sonde`: what a run of a script needs, and no more. All else is in `commands.ts`, which is another part
 * of the bundle: what stands here is read at each start.
 */
import { existsSync } from 'node:fs';
import { setThreadName, takeAwayFeatures } from '../kernel/index.ts';
import { featuresNamed } from '../runtime/index.ts';
import { type Arguments, firstWord, parseArguments } from './arguments.ts';
import { explain } from './explain.ts';
import { Messages } from './messages.ts';
import { describeOptimizations } from './optimization-options.ts';
import { type Personality, takePersonality, versionLine } from './personality.ts';
import { readScript } from './read-script.ts';
import { runScript } from './run-script.ts';
import { findTool, type Tool } from './tools/catalogue.ts';
import { usage } from './help/usage.ts';
import { version } from './version.ts';
import { print } from './write-fully.ts';

/** `argv` without the interpreter and the script. Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const personality = takePersonality(process.env);
  const messages = new Messages(process.env);
  let verbose = argv.includes('-v') || argv.includes('--verbose');
  try {
    const called = personality === 'sonde' ? toolIn(argv) : undefined;
    const args = parseArguments(called === undefined ? argv : called.before, personality);
    verbose = args.verbose;
    if (called !== undefined) {
      const { callTool } = await import('./commands.ts');
      return await callTool(called, args, messages);
    }
    if (args.help) {
      print(usage(personality));
      return 0;
    }
    if (args.version) {
      print(`${versionLine(personality, version())}\n`);
      return 0;
    }
    if (args.optimizations.includes('help')) {
      print(describeOptimizations());
      return 0;
    }
    if (!isRun(args)) {
      const { runCommand } = await import('./commands.ts');
      return await runCommand(args, messages, personality);
    }
    return await run(args, messages, personality);
  } catch (error) {
    return explain(error, messages, { verbose, personality });
  }
}

/** The tool that a command line calls, with what stands before its name (Sonde's options) and behind it (the tool's). */
function toolIn(argv: readonly string[]): ToolCall | undefined {
  const at = firstWord(argv);
  if (at === undefined || existsSync(argv[at]!)) return undefined;
  const tool = findTool(argv[at]!);
  return tool === undefined ? undefined : { tool, before: argv.slice(0, at), behind: argv.slice(at + 1) };
}

export interface ToolCall {
  readonly tool: Tool;
  readonly before: readonly string[];
  readonly behind: readonly string[];
}

function isRun(args: Arguments): boolean {
  const { task, info, list, emitElf, aot, runCompiled } = args;
  return task === 'run' && !info && !list && [emitElf, aot, runCompiled].every((each) => each === undefined);
}

async function run(args: Arguments, messages: Messages, personality: Personality): Promise<number> {
  setThreadName(personality);
  takeAwayFeatures(featuresNamed(args.withoutFeatures));
  if (process.argv.length <= 2) {
    messages.write(usage(personality));
    return 1;
  }
  const script = readScript(args, messages, personality);
  if (script === undefined) return 1;
  const { source, positional, named } = script;
  return runScript(source, { args, messages, positional, named, environment: process.env });
}
