/**
 * The command `sonde`: what a run of a script needs, and no more. All else is in `commands.ts`, which the build makes
 * another bundle of: what stands here is read at each start.
 */
import { setThreadName } from '../kernel/index.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { explain } from './explain.ts';
import { Messages } from './messages.ts';
import { type Personality, takePersonality, versionLine } from './personality.ts';
import { readScript } from './read-script.ts';
import { runScript } from './run-script.ts';
import { usage } from './usage.ts';
import { version } from './version.ts';
import { print } from './write-fully.ts';

/** `argv` without the interpreter and the script. Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const personality = takePersonality(process.env);
  const messages = new Messages(process.env);
  let verbose = argv.includes('-v') || argv.includes('--verbose');
  try {
    const args = parseArguments(argv, personality);
    verbose = args.verbose;
    if (args.help) {
      print(usage(personality));
      return 0;
    }
    if (args.version) {
      print(`${versionLine(personality, version())}\n`);
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

function isRun(args: Arguments): boolean {
  const { task, info, list, emitElf, aot, runCompiled } = args;
  return task === 'run' && !info && !list && [emitElf, aot, runCompiled].every((each) => each === undefined);
}

async function run(args: Arguments, messages: Messages, personality: Personality): Promise<number> {
  setThreadName(personality);
  if (process.argv.length <= 2) {
    messages.write(usage(personality));
    return 1;
  }
  const script = readScript(args, messages, personality);
  if (script === undefined) return 1;
  const { source, positional, named } = script;
  return runScript(source, { args, messages, positional, named, environment: process.env });
}
