/** The process of -c: made before the compile (its pid is `cpid`), held until everything is attached. */
import { accessSync, closeSync, constants, statSync, writeSync } from 'node:fs';
import { delimiter, join, resolve as resolvePath } from 'node:path';
import { SystemError } from '../base/index.ts';
import { openPipe, reapChild, spawnProcess } from '../kernel/index.ts';

/**
 * Waits for a line, then becomes the command. If the tracer dies first, the pipe ends and so does this process: no
 * stopped process is left behind, as one that waits for SIGCONT would be.
 */
const GATE = 'read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&- "$@"';

const KILL_AFTER_MS = 1000;
/** SIGCHLD tells at once that the child has ended; should it be lost, this finds out. */
const REAP_INTERVAL_MS = 100;

export class ChildCommand {
  readonly pid: number;
  /** Path of the file that it runs. */
  readonly program: string;
  readonly exited: Promise<void>;
  #gate: number | undefined;
  #hasExited = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(pid: number, program: string, gate: number) {
    this.pid = pid;
    this.program = resolvePath(program);
    this.#gate = gate;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.exited = promise;
    const look = (): void => {
      if (this.#hasExited || !reapChild(pid)) return;
      this.#hasExited = true;
      clearInterval(timer);
      process.removeListener('SIGCHLD', look);
      resolve();
    };
    const timer = setInterval(look, REAP_INTERVAL_MS);
    timer.unref();
    this.#timer = timer;
    process.on('SIGCHLD', look);
  }

  /** Throws SystemError where the command is not there or can't be run. */
  static spawn(command: string): ChildCommand {
    const [name = '', ...args] = splitWords(command);
    const path = findExecutable(name);
    const { read, write } = openPipe();
    try {
      const pid = spawnProcess({
        path: '/bin/sh',
        argv: ['sh', '-c', GATE, name, path, ...args],
        environment: process.env,
        descriptors: [[read, 3]],
      });
      return new ChildCommand(pid, path, write);
    } catch (error) {
      closeSync(write);
      throw error;
    } finally {
      closeSync(read);
    }
  }

  /** Lets it run. */
  release(): void {
    if (this.#gate === undefined) return;
    try {
      writeSync(this.#gate, 'go\n');
    } catch {
      // It died early: that is seen as its end.
    }
    closeSync(this.#gate);
    this.#gate = undefined;
  }

  /** SIGTERM, and SIGKILL if that is not enough. Resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#hasExited) return;
    this.#timer.ref(); // Nothing else may be left to wait for.
    this.#kill('SIGTERM');
    const timer = setTimeout(() => this.#kill('SIGKILL'), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** Until it is reaped, its number is no one else's. */
  #kill(signal: NodeJS.Signals): void {
    if (!this.#hasExited) process.kill(this.pid, signal);
  }
}

/** Splits as a shell would: blanks, quotes, backslashes; no expansions. Throws SystemError where a quote stays open. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote === "'" && c !== "'") word += c;
    else if (c === quote) quote = undefined;
    else if (quote === undefined && (c === "'" || c === '"')) {
      quote = c;
      word ??= '';
    } else if (c === '\\' && (quote === undefined || '"\\$`'.includes(text[i + 1] ?? ''))) {
      i++;
      word = (word ?? '') + (text[i] ?? '');
    } else if (quote === undefined && /\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote !== undefined)
    throw new SystemError('execve', 22, `Failed to fork child: a quote (${quote}) is not closed in: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

function findExecutable(name: string): string {
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder || '.', name));
  let reason = 'No such file or directory';
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
      reason = 'Is a directory';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') reason = 'Permission denied';
    }
  }
  throw new SystemError(
    'execve',
    2,
    `Failed to fork child: Path '${name}' does not exist or is not executable (${reason})`,
  );
}
