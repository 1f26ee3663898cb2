/** The process of -c: made before the compile (its pid is `cpid`), held until everything is attached. */
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Socket } from 'node:net';
import { SystemError } from '../base/index.ts';

/**
 * Waits for a line, then becomes the command. If the tracer dies first, the pipe ends and so does this process: no
 * stopped process is left behind, as one that waits for SIGCONT would be.
 */
const GATE = 'read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&- "$@"';

const KILL_AFTER_MS = 1000;

export class ChildCommand {
  readonly pid: number;
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  #hasExited = false;

  private constructor(child: ChildProcess, pid: number) {
    this.#process = child;
    this.pid = pid;
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.#hasExited = true;
        resolve();
      });
    });
  }

  /** Throws SystemError where the command is not there or can't be run. */
  static spawn(command: string): ChildCommand {
    const [name = '', ...args] = splitWords(command);
    const path = findExecutable(name);
    // Loaded only here: it brings sockets and streams along.
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn('/bin/sh', ['-c', GATE, name, path, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
    if (child.pid === undefined) throw new SystemError('fork', 0, 'Failed to fork child: /bin/sh could not be started');
    // Without a handler a gate that died early would end us too.
    (child.stdio[3] as Socket).on('error', () => undefined);
    return new ChildCommand(child, child.pid);
  }

  /** Lets it run. */
  release(): void {
    (this.#process.stdio[3] as Socket).end('go\n');
  }

  /** SIGTERM, and SIGKILL if that is not enough. Resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#hasExited) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
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
  if (quote !== undefined) throw new SystemError('execve', 22, `Failed to fork child: a quote (${quote}) is not closed in: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

function findExecutable(name: string): string {
  const candidates = name.includes('/') ? [name] : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder || '.', name));
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
  throw new SystemError('execve', 2, `Failed to fork child: Path '${name}' does not exist or is not executable (${reason})`);
}
