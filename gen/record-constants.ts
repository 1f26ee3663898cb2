/**
 * Records macros and enumerators of the headers for user programs into `gen/data/constants.json`, for `gen/abi.ts`.
 * What these headers don't have is in `gen/data/kernel-constants.json`, by hand.
 *
 * Run it by hand on x86_64, with new headers (`node gen/record-constants.ts`). Needs linux-libc-dev, the C library's
 * headers and a C preprocessor (`cc -E`), which names what there is; values are read by our own reader of C.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readCSection } from '../src/lang/c/index.ts';
import { openTarget } from '../src/runtime/index.ts';

/** Headers for user programs whose constants scripts use, and the names that are wanted of them. */
const CONSTANT_HEADERS = [
  'errno.h',
  'fcntl.h',
  'poll.h',
  'sched.h',
  'signal.h',
  'time.h',
  'netinet/in.h',
  'netinet/tcp.h',
  ...['epoll', 'eventfd', 'file', 'inotify', 'mman', 'mount', 'resource', 'socket', 'stat', 'timerfd', 'wait'].map(
    (name) => `sys/${name}.h`,
  ),
  ...['capability', 'falloc', 'futex', 'if_ether', 'limits', 'magic', 'netlink', 'prctl', 'sched', 'seccomp'].map(
    (name) => `linux/${name}.h`,
  ),
];
const CONSTANT_NAMES =
  /^(?:(?:AF|AT|CAP|CLOCK|CLONE|EFD|EPOLL|ETH_P|F|FALLOC_FL|FD|FUTEX|IN|IP|IPPROTO|IPV6|LOCK|MADV|MAP|MCL|MREMAP|MS|MSG|NETLINK|O|P|PF|POSIX_FADV|PR|PRIO|PROT|RENAME|RLIMIT|RUSAGE|SA|SCHED|SECCOMP|SEEK|SFD|SHUT|SI|SO|SOCK|SOL|STATX|S|TCP|TFD|TIMER)_[A-Z0-9_]+|E[A-Z0-9]{2,}|EPOLL[A-Z]+|POLL[A-Z]+|SIG[A-Z0-9]+|S_I[A-Z]+|W[A-Z]+|[A-Z0-9_]+_MAGIC|(?:PATH|NAME)_MAX|INADDR_[A-Z]+)$/;
/** They differ between machines or C libraries, or are no numbers. */
const CONSTANTS_LEFT_OUT =
  /^(?:PF_MAX|AF_MAX|O_LARGEFILE|SIGSTKSZ|SIGRT.*|SIG_.*|SOCK_MAX|NETLINK_MAX.*|WCHAR.*|WINT.*|POLL_.*|POLLRDBAND_.*|CLONE_.*_MAX|.*_H|MAP_32BIT|EOF|EXIT.*|[A-Z]+_$)$/;

recordConstants();

function recordConstants(): void {
  const includes = `#define _GNU_SOURCE\n${CONSTANT_HEADERS.map((name) => `#include <${name}>\n`).join('')}`;
  const plain = preprocess(includes);
  const names = new Set(
    [...preprocess(includes, '-dM').matchAll(/^#define (\w+) /gm), ...plain.matchAll(/^\s*(\w+)(?: = [^,{}]*)?,?$/gm)]
      .map(([, name]) => name!)
      .filter((name) => CONSTANT_NAMES.test(name) && !CONSTANTS_LEFT_OUT.test(name)),
  );
  const { definitions } = readCSection(
    {
      source: { name: 'constants', text: includes },
      pieces: [{ span: { start: 0, end: includes.length } }],
      imports: [],
      includes: [],
      includeFolders: [],
      environment: {},
    },
    openTarget(),
  );
  const values = [...names].sort().flatMap((name) => {
    const value = definitions?.evaluate(name) ?? definitions?.enumerator(name)?.value;
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const text = JSON.stringify(Object.fromEntries(values), null, 1);
  writeFileSync(new URL('data/constants.json', import.meta.url), `${text}\n`);
}

function preprocess(code: string, ...options: string[]): string {
  return execFileSync('cc', ['-E', '-P', ...options, '-x', 'c', '-'], {
    input: code,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}
