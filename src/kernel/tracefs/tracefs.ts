import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { SondeError, UnsupportedFeatureError } from '../../base/index.ts';
import { closeFd, mountDetached } from '../sys/index.ts';
import { parseTracepointFormat, type TracepointFormat } from './format.ts';

/** Most files here are shorter, and the kernel gives no more than a page at a time. */
const PIECE_BYTES = 8192;
const MOUNT_POINTS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/**
 * The kernel's tracing file system: which tracepoints there are, and how their records look. Where it is not
 * mounted, a mount of our own is made that nobody else sees and that ends with the process.
 */
export class Tracefs implements Disposable {
  readonly root: string;
  readonly #mountFd: number | undefined;

  private constructor(root: string, mountFd?: number) {
    this.root = root;
    this.#mountFd = mountFd;
  }

  /** Throws UnsupportedFeatureError, with advice, where tracefs can't be read. */
  static open(): Tracefs {
    const mounted = MOUNT_POINTS.find((path) => existsSync(`${path}/events`));
    return mounted === undefined ? Tracefs.openDetached() : new Tracefs(mounted);
  }

  /** A mount of our own, whether or not the system has one. Kernel 5.2, CAP_SYS_ADMIN. */
  static openDetached(): Tracefs {
    try {
      const fd = mountDetached('tracefs');
      return new Tracefs(`/proc/self/fd/${fd}`, fd);
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** Names of the event categories, sorted. */
  categories(): string[] {
    return this.#directories('events');
  }

  /** Names of the events in a category, sorted; empty for an unknown category. */
  events(category: string): string[] {
    return isPlainName(category) && existsSync(`${this.root}/events/${category}`)
      ? this.#directories(`events/${category}`)
      : [];
  }

  /** `category:event` of all tracepoints that can be attached to, sorted. Takes 2 ms. */
  tracepoints(): string[] {
    const lines = this.#read('available_events')?.split('\n') ?? [];
    return lines.filter((line) => line !== '').sort();
  }

  /** Undefined where there is no such tracepoint. */
  format(category: string, event: string): TracepointFormat | undefined {
    const text = this.#eventFile(category, event, 'format');
    return text === undefined ? undefined : parseTracepointFormat(text);
  }

  /** The number that perf_event_open knows the tracepoint by; undefined where there is no such tracepoint. */
  eventId(category: string, event: string): number | undefined {
    const text = this.#eventFile(category, event, 'id');
    return text === undefined ? undefined : Number(text);
  }

  /** Functions that ftrace can instrument: undefined where the kernel was built without it. */
  availableFilterFunctions(): { readonly name: string; readonly module?: string }[] | undefined {
    const text = this.#read('available_filter_functions');
    return text === undefined ? undefined : parseFilterFunctions(text);
  }

  close(): void {
    if (this.#mountFd !== undefined) closeFd(this.#mountFd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #eventFile(category: string, event: string, file: string): string | undefined {
    if (!isPlainName(category) || !isPlainName(event)) return undefined;
    return this.#read(`events/${category}/${event}/${file}`);
  }

  #read(path: string): string | undefined {
    try {
      return readText(`${this.root}/${path}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unreadable(error);
    }
  }

  #directories(path: string): string[] {
    try {
      const entries = readdirSync(`${this.root}/${path}`, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      throw unreadable(error);
    }
  }
}

/** `vfs_read`, or `nf_conntrack_in [nf_conntrack]`. */
export function parseFilterFunctions(text: string): { readonly name: string; readonly module?: string }[] {
  const functions: { name: string; module?: string }[] = [];
  for (const line of text.split('\n')) {
    const match = /^([^\s[]+)(?:\s+\[([^\]]+)\])?\s*$/.exec(line);
    // Functions that were freed or are ambiguous to the kernel show as addresses with this prefix.
    if (match === null || match[1]!.startsWith('__ftrace_invalid_address__')) continue;
    functions.push(match[2] === undefined ? { name: match[1]! } : { name: match[1]!, module: match[2] });
  }
  return functions;
}

let piece: Buffer | undefined;

/** For files whose size the kernel does not tell Node takes 64 KiB each; a script reads dozens. */
function readText(path: string): string {
  piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES);
  const fd = openSync(path, 'r');
  try {
    let text = '';
    for (;;) {
      const length = readSync(fd, piece, 0, PIECE_BYTES, null);
      if (length === 0) return text;
      text += piece.toString('latin1', 0, length);
    }
  } finally {
    closeSync(fd);
  }
}

function isPlainName(name: string): boolean {
  return /^[\w.-]+$/.test(name) && !name.startsWith('.');
}

function unreadable(cause: unknown): UnsupportedFeatureError {
  const advice =
    cause instanceof SondeError && cause.advice !== undefined
      ? cause.advice
      : 'Run as root, or mount it: `mount -t tracefs tracefs /sys/kernel/tracing`.';
  return new UnsupportedFeatureError(
    'tracefs',
    `the kernel's tracing file system can't be read: ${(cause as Error).message}`,
    {
      cause,
      advice: `${advice} Without it, raw tracepoints, profile and interval probes still work.`,
    },
  );
}

let shared: Tracefs | undefined;

/** The process's one tracefs, opened on first use and kept. */
export function tracefs(): Tracefs {
  shared ??= Tracefs.open();
  return shared;
}
