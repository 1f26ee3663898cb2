// locks: orders of taking mutexes that can end in a deadlock
//
// While it runs, each mutex of process PID that a thread takes while it holds others is noted. At the end it reports each circle
// of mutexes that threads took in orders that contradict each other: were they to do that at the same time, none could go on.

import type { Report } from '../src/cli/tools/tool-module.ts';

export const words = '';

export const options = `
  getopt("pid", 0, "p,$1: the process");
  getopt("binary", "libc", "the file that has the lock functions, where it isn't the C library");
  getopt("lock-symbols", "pthread_mutex_lock,pthread_mutex_trylock", "functions that take a mutex, with commas between");
  getopt("unlock-symbols", "pthread_mutex_unlock", "functions that give one back");
  getopt("edges", 65536, "e: so many pairs of mutexes at most");
  getopt("threads", 65536, "t: so many mutexes held at a time at most");
  getopt("verbose", false, "v: how many pairs of mutexes were seen, too");
  getopt("dump-graph", "", "write the pairs to this file, in the language of Graphviz");
`;

type Given = ReadonlyMap<string, string | undefined>;

const HELD_AT_MOST = 16;

const taking = (pid: number, points: (kind: string) => string): string => `
${points('uprobe')}
/pid == ${pid}/
{
  @wants[tid] = arg0;
}

// A mutex is held from the return on, where its caller is the first frame; a try may have failed.
${points('uretprobe')}
/pid == ${pid} && has_key(@wants, tid)/
{
  $mutex = @wants[tid];
  delete(@wants, tid);
  if ((retval & 0xffffffff) == 0) {
    $n = @count[tid];
    for $i : 0..${HELD_AT_MOST} {
      if ($i >= $n) {
        break;
      }
      $holds = @held[tid, (uint64)$i];
      if ($holds != $mutex && !has_key(@edges, ($holds, $mutex))) {
        @edges[$holds, $mutex] = 1;
        printf("%llx %llx %d %s\\n%s\\n%s", $holds, $mutex, tid, comm, @stacks[tid, (uint64)$i], ustack(8));
      }
    }
    if ($n < ${HELD_AT_MOST}) {
      @held[tid, $n] = $mutex;
      @stacks[tid, $n] = ustack(8);
      @count[tid] = $n + 1;
    }
  }
}
`;

const givingBack = (pid: number, points: string): string => `
${points}
/pid == ${pid} && @count[tid] > 0/
{
  $n = @count[tid];
  let $at : uint64 = ${HELD_AT_MOST};
  for $i : 0..${HELD_AT_MOST} {
    if ($i < $n && @held[tid, (uint64)$i] == arg0) {
      $at = (uint64)$i;
    }
  }
  if ($at < ${HELD_AT_MOST}) {
    $last = $n - 1;
    @held[tid, $at] = @held[tid, $last];
    @stacks[tid, $at] = @stacks[tid, $last];
    delete(@held, (tid, $last));
    delete(@stacks, (tid, $last));
    @count[tid] = $last;
  }
}
`;

export function script(_: readonly string[], given: Given): string {
  const pid = Number(given.get('pid') ?? 0);
  if (!(pid > 0)) throw new RangeError('which process? PID is missing');
  const binary = given.get('binary') ?? 'libc';
  const points = (kind: string, symbols: string): string =>
    symbols
      .split(',')
      .map((symbol) => {
        if (!/^[\w*:~]+$/.test(symbol)) throw new RangeError(`'${symbol}' is no function`);
        return `${kind}:${binary}:${symbol}`;
      })
      .join(',\n');
  const locks = given.get('lock-symbols') ?? 'pthread_mutex_lock,pthread_mutex_trylock';
  const edges = Number(given.get('edges') ?? 65536);
  return `
config = { missing_probes = ignore }

let @edges = hash(${edges});
let @held = hash(${Number(given.get('threads') ?? 65536)});
let @stacks = hash(${Number(given.get('threads') ?? 65536)});

begin
{
  _ = (getopt("pid", 0), getopt("binary", ""), getopt("lock-symbols", ""), getopt("unlock-symbols", ""), getopt("edges", 0),
    getopt("threads", 0), getopt("verbose"), getopt("dump-graph", ""));
}

${taking(pid, (kind) => points(kind, locks))}
${givingBack(pid, points('uprobe', given.get('unlock-symbols') ?? 'pthread_mutex_unlock'))}
end
{
  clear(@wants);
  clear(@held);
  clear(@stacks);
  clear(@count);
  clear(@edges);
}
`;
}

/** One mutex was taken while another was held. */
interface Edge {
  readonly held: string;
  readonly taken: string;
  readonly thread: string;
  readonly heldStack: string;
  readonly takenStack: string;
}

export function report(_: readonly string[], given: Given): Report {
  const edges: Edge[] = [];
  return {
    event({ type, data }) {
      if (type !== 'printf' || typeof data !== 'string') return '';
      const [, held, taken, tid, comm, stacks] = /^(\S+) (\S+) (\d+) (.*)\n([^]*)$/.exec(data) ?? [];
      if (held === undefined || stacks === undefined) return '';
      const [heldStack = '', takenStack = ''] = stacks.split(/\n\n+/).filter((part) => part.trim() !== '');
      edges.push({ held, taken: taken!, thread: `${tid} (${comm})`, heldStack, takenStack });
      return '';
    },
    end() {
      const file = given.get('dump-graph');
      const count = given.has('verbose') ? `${edges.length} pairs of mutexes were taken one in the other.\n\n` : '';
      return count + (file === undefined ? '' : dump(file, edges)) + findCircles(edges).map(describe).join('\n');
    },
  };
}

/** Each circle once, as the edges that lead round: for each edge the shortest way back. */
function findCircles(edges: readonly Edge[]): readonly (readonly Edge[])[] {
  const from = Map.groupBy(edges, ({ held }) => held);
  const seen = new Set<string>();
  return edges.flatMap((first) => {
    const back = shortestWay(from, first.taken, first.held);
    if (back === undefined) return [];
    const circle = [first, ...back];
    const name = circle
      .map(({ held }) => held)
      .toSorted()
      .join(' ');
    if (seen.has(name)) return [];
    seen.add(name);
    return [circle];
  });
}

function shortestWay(from: ReadonlyMap<string, readonly Edge[]>, start: string, goal: string): Edge[] | undefined {
  const cameBy = new Map<string, Edge>();
  const queue = [start];
  for (const mutex of queue) {
    for (const edge of from.get(mutex) ?? []) {
      if (cameBy.has(edge.taken) || edge.taken === start) continue;
      cameBy.set(edge.taken, edge);
      if (edge.taken === goal) {
        const way: Edge[] = [];
        for (let at = goal; at !== start; at = way[0]!.held) way.unshift(cameBy.get(at)!);
        return way;
      }
      queue.push(edge.taken);
    }
  }
  return undefined;
}

function describe(circle: readonly Edge[]): string {
  const names = new Map(circle.map(({ held }, index) => [held, `M${index}`]));
  const name = (mutex: string): string => `${names.get(mutex)} (0x${mutex})`;
  const order = [...circle, circle[0]!].map(({ held }) => name(held)).join(' -> ');
  const parts = circle.map(
    ({ held, taken, thread, heldStack, takenStack }) =>
      `Thread ${thread} took ${name(taken)} here:\n${indent(takenStack)}\nwhile it held ${name(held)}, taken here:\n${indent(heldStack)}\n`,
  );
  return `Possible deadlock: mutexes are taken in a circle.\n${order}\n\n${parts.join('\n')}`;
}

const indent = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `    ${line.trim()}`)
    .join('\n');

function dump(file: string, edges: readonly Edge[]): string {
  const lines = edges.map(
    ({ held, taken, thread }) => `  "0x${held}" -> "0x${taken}" [label="${thread.replaceAll('"', '')}"];`,
  );
  process.getBuiltinModule('node:fs').writeFileSync(file, `digraph mutexes {\n${lines.join('\n')}\n}\n`);
  return '';
}
