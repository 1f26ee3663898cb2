/** All that is not a plain run of a script. */
import { setThreadName, takeAwayFeatures } from '../kernel/index.ts';
import { featuresNamed } from '../runtime/index.ts';
import type { Arguments } from './arguments.ts';
import { checkFiles } from './check.ts';
import { compileAhead, runExecutable, writeObject } from './compile-ahead.ts';
import { completion } from './help/completion.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { formatFile } from './format.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { serveLanguage } from './lsp/lsp.ts';
import type { ToolCall } from './main.ts';
import { showManual } from './help/manual.ts';
import type { Messages } from './messages.ts';
import type { Personality } from './personality.ts';
import { readScript, readText } from './read-script.ts';
import { runScript } from './run-script.ts';
import { runTool, tools } from './tools/run-tool.ts';
import { top } from './top/top.ts';
import { print } from './write-fully.ts';

/** Returns the exit status. What is thrown is explained here: in a bundle of its own its classes are others than the caller's. */
export async function runCommand(args: Arguments, messages: Messages, personality: Personality): Promise<number> {
  try {
    return await run(args, messages, personality);
  } catch (error) {
    return explain(error, messages, { verbose: args.verbose, personality });
  }
}

/** As `runCommand`, of a tool. */
export async function callTool(call: ToolCall, args: Arguments, messages: Messages): Promise<number> {
  try {
    takeAwayFeatures(featuresNamed(args.withoutFeatures));
    return await runTool(call.tool, call.behind, args, messages);
  } catch (error) {
    return explain(error, messages, { verbose: args.verbose, personality: 'sonde' });
  }
}

async function run(args: Arguments, messages: Messages, personality: Personality): Promise<number> {
  if (args.task === 'fmt') return formatFile(args, messages);
  if (args.task === 'check') return checkFiles(args, messages, process.env);
  if (args.task === 'tools') return tools(args.positional);
  if (args.task === 'man') return showManual();
  if (args.task === 'completion') return completion(args);
  if (args.task === 'lsp') return serveLanguage(process.env);
  setThreadName(personality);
  takeAwayFeatures(featuresNamed(args.withoutFeatures));
  if (args.task === 'top') return top(args.afterDashes, args, messages);
  if (args.task === 'doctor') return doctor(args, messages);
  if (args.info) {
    print(info(personality));
    return 0;
  }
  if (args.list) return list(args, messages);
  const environment = process.env;
  if (args.runCompiled !== undefined) {
    const context = { args, messages, positional: args.positional, named: new Map(), environment };
    return runExecutable(readText(args.runCompiled), context);
  }
  const script = readScript(args, messages, personality);
  if (script === undefined) return 1;
  const { source, positional, named } = script;
  const context = { args, messages, positional, named, environment };
  const { aot, emitElf } = args;
  if (aot !== undefined) return compileAhead(source, context, aot);
  return runScript(source, context, { use: (compiled) => writeObject(emitElf!, compiled) });
}
