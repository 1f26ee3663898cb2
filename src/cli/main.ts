/** The command `sonde`. Nothing is imported here that `--help` would not need: commands load what they use. */
import { SondeError } from '../base/index.ts';
import { type Arguments, parseArguments, UsageError } from './arguments.ts';
import { Messages } from './messages.ts';
import { type Personality, takePersonality, versionLine } from './personality.ts';
import { usage } from './usage.ts';
import { print } from './write-fully.ts';

let personality: Personality = 'sonde';

/** `argv` without the interpreter and the script. Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  personality = takePersonality(process.env);
  const messages = new Messages(process.env);
  let verbose = argv.includes('-v') || argv.includes('--verbose');
  try {
    const args = parseArguments(argv, personality);
    verbose = args.verbose;
    return await run(args, messages);
  } catch (error) {
    return await explain(error, messages, verbose);
  }
}

async function run(args: Arguments, messages: Messages): Promise<number> {
  if (args.help) {
    print(usage(personality));
    return 0;
  }
  if (args.version) {
    const { version } = await import('./version.ts');
    print(`${versionLine(personality, version())}\n`);
    return 0;
  }
  if (args.task === 'fmt') {
    const { formatFile } = await import('./format.ts');
    return formatFile(args, messages);
  }
  if (args.task === 'check') {
    const { checkFiles } = await import('./check.ts');
    return checkFiles(args, messages, process.env);
  }
  if (args.task === 'lsp') {
    const { serveLanguage } = await import('./lsp/lsp.ts');
    return serveLanguage(process.env);
  }
  const { setThreadName } = await import('../kernel/index.ts');
  setThreadName(personality);
  if (args.info) {
    const { info } = await import('./info.ts');
    print(info(personality));
    return 0;
  }
  if (args.list) {
    const { list } = await import('./list.ts');
    return list(args, messages);
  }
  if (args.runCompiled !== undefined) {
    const { runExecutable } = await import('./run-script.ts');
    const { readText } = await import('./read-script.ts');
    const context = { args, messages, positional: args.positional, named: new Map(), environment: process.env };
    return runExecutable(readText(args.runCompiled), context);
  }
  if (process.argv.length <= 2) {
    messages.write(usage(personality));
    return 1;
  }
  const { readScript } = await import('./read-script.ts');
  const script = readScript(args, messages, personality);
  if (script === undefined) return 1;
  const { runScript } = await import('./run-script.ts');
  const { source, positional, named } = script;
  return runScript(source, { args, messages, positional, named, environment: process.env });
}

async function explain(error: unknown, messages: Messages, verbose: boolean): Promise<number> {
  if (error instanceof UsageError) {
    messages.error(`USAGE: ${error.message}`);
    if (error.showUsage) messages.write(usage(personality));
    return 1;
  }
  if (!(error instanceof SondeError)) throw error;
  messages.exception(error, { verbose });
  const { statusOf } = await import('./run-script.ts');
  return statusOf(error);
}
