/** --emit-elf and --aot: a compiled script goes into a file instead of the kernel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strerror } from '../abi/index.ts';
import { SondeError, SystemError } from '../base/index.ts';
import { type CompileResult, namesIn, type SourceFile } from '../lang/index.ts';
import {
  bootTimeNs,
  ClosedPipeError,
  decodeCompiled,
  encodeCompiled,
  makeBpfObject,
  requireCapabilities,
} from '../runtime/index.ts';
import { parseStages, UsageError } from './arguments.ts';
import { compileScript, type RunContext } from './compile-script.ts';
import { packageRoot } from './package-root.ts';
import { runCompiled, STATUS_PIPE } from './run-script.ts';

type Compiled = NonNullable<CompileResult['compiled']>;

export function writeObject(path: string, { collection, plan }: Compiled): void {
  write(path, makeBpfObject(collection, plan.probes), 0o644);
}

/** What is looked up when it is compiled, and may be elsewhere after the next boot. */
const ADDRESSES = ['kaddr', 'uaddr', 'percpu_kaddr', 'cgroupid'];
/** Two start times whose traces in code are unmistakable. */
const START_TIMES = [0x534f_4e44_4531_0001n, 0x534f_4e44_4532_0003n] as const;

/** --aot. */
export function compileAhead(source: SourceFile, context: RunContext, path: string): number {
  const { args, positional } = context;
  if (args.pid !== undefined || args.command !== undefined || args.warnings === 2 || positional.length > 0)
    throw new UsageError('--aot: -p, -c, -k and parameters of the script are for its run, and are not supported there');
  let diagnosed = false;
  const compileAt = (bootTimeNs: bigint): CompileResult['compiled'] => {
    const messages = diagnosed ? { ...context, args: { ...args, warnings: 0 as const } } : context;
    diagnosed = true;
    const none = { pid: undefined, child: undefined, stages: parseStages([]) };
    return compileScript(source, messages, { ...none, bootTimeNs }).compiled;
  };
  return writeExecutable(path, source, compileAt) ? 0 : 1;
}

/** What --aot wrote. */
export async function runExecutable(text: string, context: RunContext): Promise<number> {
  const { args, positional } = context;
  const { program, pid, command, warnings } = args;
  if (positional.length > 0 || [program, pid, command].some((each) => each !== undefined) || warnings === 2)
    throw new UsageError('a script compiled by --aot takes no parameters, and no -e, -p, -c or -k');
  requireCapabilities();
  const { collection, plan } = readExecutable(text);
  const stages = parseStages(args.debug);
  try {
    return await runCompiled(plan.source, { collection, plan }, context, {
      child: undefined,
      target: undefined,
      stages,
    });
  } catch (error) {
    if (error instanceof ClosedPipeError) return STATUS_PIPE;
    throw error;
  }
}

/** `compileAt` compiles the script as if it started then. Returns false where that fails, which has been told. */
function writeExecutable(
  path: string,
  source: SourceFile,
  compileAt: (bootTimeNs: bigint) => Compiled | undefined,
): boolean {
  const names = namesIn(source);
  const address = ADDRESSES.find((name) => names.has(name));
  if (address !== undefined)
    throw new SondeError(`a script with ${address}() can't be compiled ahead of time: what it finds changes`);
  const [first, second] = [compileAt(START_TIMES[0]), compileAt(START_TIMES[1])];
  if (first === undefined || second === undefined) return false;
  const contents = encodeCompiled(first, second, START_TIMES);
  write(path, `${LAUNCHER(join(packageRoot(), 'bin/sonde'))}${MARK}\n${contents}\n`, 0o755);
  return true;
}

const MARK = '#-- compiled script --';
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const LAUNCHER = (sonde: string): string => `#!/bin/sh
# Made by sonde --aot: runs without compiling, on the kernel that it was made on.
sonde=${quoted(sonde)}
[ -x "$sonde" ] || sonde=sonde
exec "$sonde" --run-compiled "$0" "$@"
`;

/** Throws FormatError, SondeError. */
function readExecutable(text: string): Compiled {
  const at = text.indexOf(`\n${MARK}\n`);
  if (at < 0) throw new SondeError('this is no script compiled by sonde --aot');
  return decodeCompiled(text.slice(at + MARK.length + 2), bootTimeNs());
}

function write(path: string, contents: string | Uint8Array, mode: number): void {
  try {
    writeFileSync(path, contents, { mode });
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    throw new SystemError('open', -errno, `Can't write to ${path}: ${strerror(-errno)}`);
  }
}
