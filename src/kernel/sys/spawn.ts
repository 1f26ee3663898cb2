/**
 * Starts a process through libc's posix_spawn(). Node's own module for it loads sockets and streams, which takes
 * longer than everything else that is done before a script is attached.
 */
import { SystemError } from '../../base/index.ts';
import { strerror } from '../../abi/index.ts';
import { cString } from './attr.ts';
import { checked } from './errors.ts';
import { holdUntilHere, libcFunction } from './native.ts';
import { syscalls } from './syscalls.ts';

export interface SpawnOptions {
  /** Absolute, or relative to the current directory: not looked up. */
  readonly path: string;
  /** With the name that the process is to see as its own. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Descriptors of ours that the process gets, and the numbers it gets them under. 0, 1 and 2 are shared as they are. */
  readonly descriptors: readonly (readonly [ours: number, theirs: number])[];
}

/** Larger than these structs are in any libc. */
const STRUCT_BYTES = 512;
const SIGSET_BYTES = 128;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** Node ignores these; what is ignored stays so in a new program. SIGPIPE and SIGXFSZ, as bits from signal 1. */
const IGNORED_BY_NODE = (1n << 12n) | (1n << 24n);

/** Returns the process id. Throws SystemError. */
export function spawnProcess(options: SpawnOptions): number {
  const functions = libc();
  const actions = new Uint8Array(STRUCT_BYTES);
  const attributes = new Uint8Array(STRUCT_BYTES);
  const defaults = new BigUint64Array(SIGSET_BYTES / 8);
  defaults[0] = IGNORED_BY_NODE;
  const noSignals = new BigUint64Array(SIGSET_BYTES / 8);
  const address = (buffer: Uint8Array | BigUint64Array): bigint => syscalls().addressOf(buffer);
  functions.initActions(address(actions));
  // Node marked the standard ones to be closed in other programs: a copy onto itself takes that mark away.
  for (const [ours, theirs] of [[0, 0], [1, 1], [2, 2], ...options.descriptors] as const)
    functions.addDup2(address(actions), ours, theirs);
  functions.initAttributes(address(attributes));
  functions.setDefaults(address(attributes), address(defaults));
  functions.setMask(address(attributes), address(noSignals));
  functions.setFlags(address(attributes), POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const path = cString(options.path);
  const argv = new StringArray(options.argv);
  const environment = new StringArray(
    Object.entries(options.environment).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  );
  const pid = new Uint8Array(4);
  const errno = Number(
    functions.spawn(
      address(pid),
      address(path),
      address(actions),
      address(attributes),
      address(argv.pointers),
      address(environment.pointers),
    ),
  );
  functions.destroyActions(address(actions));
  functions.destroyAttributes(address(attributes));
  holdUntilHere([actions, attributes, defaults, noSignals, path, argv, environment, pid]);
  if (errno !== 0) throw new SystemError('posix_spawn', errno, `Can't run ${options.path}: ${strerror(errno)}`);
  return new DataView(pid.buffer).getInt32(0, true);
}

/** Both ends of a pipe, closed in programs that this process starts. */
export function openPipe(): { readonly read: number; readonly write: number } {
  const O_CLOEXEC = 0o2000000;
  const ends = new Uint8Array(8);
  checked('pipe2', syscalls().call('pipe2', ends, O_CLOEXEC));
  const view = new DataView(ends.buffer);
  return { read: view.getInt32(0, true), write: view.getInt32(4, true) };
}

/** Has the child process ended? Then it is gone for good after this call. */
export function reapChild(pid: number): boolean {
  const WNOHANG = 1;
  return syscalls().call('wait4', pid, 0, WNOHANG, 0) !== 0;
}

/** `char *[]`, ended by a null pointer. */
class StringArray {
  readonly pointers: BigUint64Array;
  readonly strings: readonly Uint8Array[];

  constructor(texts: readonly string[]) {
    this.strings = texts.map(cString);
    this.pointers = new BigUint64Array(texts.length + 1);
    for (const [i, text] of this.strings.entries()) this.pointers[i] = syscalls().addressOf(text);
  }
}

type Call = (...args: (number | bigint)[]) => number | bigint;
type Libc = Readonly<
  Record<
    | 'spawn'
    | 'initActions'
    | 'addDup2'
    | 'destroyActions'
    | 'initAttributes'
    | 'setDefaults'
    | 'setMask'
    | 'setFlags'
    | 'destroyAttributes',
    Call
  >
>;

let loaded: Libc | undefined;

function libc(): Libc {
  loaded ??= {
    spawn: libcFunction('int posix_spawn(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)'),
    initActions: libcFunction('int posix_spawn_file_actions_init(int64_t)'),
    addDup2: libcFunction('int posix_spawn_file_actions_adddup2(int64_t, int, int)'),
    destroyActions: libcFunction('int posix_spawn_file_actions_destroy(int64_t)'),
    initAttributes: libcFunction('int posix_spawnattr_init(int64_t)'),
    setDefaults: libcFunction('int posix_spawnattr_setsigdefault(int64_t, int64_t)'),
    setMask: libcFunction('int posix_spawnattr_setsigmask(int64_t, int64_t)'),
    setFlags: libcFunction('int posix_spawnattr_setflags(int64_t, int16_t)'),
    destroyAttributes: libcFunction('int posix_spawnattr_destroy(int64_t)'),
  };
  return loaded;
}
