/**
 * What the compiler does only to make programs cheaper. Each of these can be switched off (`--opt=-NAME`): the program then
 * takes the plain path and does the same. `docs/performance.md` shows this list, and a test holds it to it.
 */
export interface OptimizationText {
  readonly name: string;
  /** What it does, and why the meaning stays. */
  readonly text: string;
}

export const optimizations = [
  {
    name: 'hooks',
    text: 'Attaches by the cheapest hook at which the same is seen: a kprobe by fentry, a perf tracepoint as a raw one; only where the script asks for nothing that tells them apart.',
  },
  {
    name: 'dispatch',
    text: 'Attaches many tracepoints of system calls as one raw tracepoint whose program goes by the number of the call; calls of 32-bit programs, which these tracepoints leave out, it leaves out too.',
  },
  {
    name: 'multi-links',
    text: 'Attaches all places of a kprobe or uprobe by one link; the program is told by its cookie at which it is, as by single links.',
  },
  {
    name: 'sessions',
    text: 'Joins the entries and returns of the same functions in one program, which first asks on which side it is and then runs that half unchanged.',
  },
  {
    name: 'predicate-first',
    text: 'Asks the predicate before variables are prepared, where it uses none: what is refused there sees none of them.',
  },
  {
    name: 'direct-reads',
    text: 'Loads members of kernel structs through typed pointers instead of by a helper; only as the types declare them, and a load through a bad pointer gives 0, as the helper does.',
  },
  {
    name: 'share',
    text: 'Takes the process, the CPU and fields of the context once for all uses on a way through the program: they stay the same during a run.',
  },
  {
    name: 'reuse-reads',
    text: 'Looks an element of a map up once where it is read again with the same key and nothing in between may have written to the map: what others write meanwhile might as well come after both.',
  },
  {
    name: 'in-place',
    text: 'Writes a word into the element that a map has already, instead of updating the map: one store is as indivisible as an update. Not for maps from which elements are deleted.',
  },
  {
    name: 'wide-stores',
    text: 'Copies, clears and writes keys, tuples and texts by the widest words that their places are aligned for, not by bytes: the same bytes.',
  },
  {
    name: 'word-compare',
    text: 'Compares short texts and values by words, not by bytes: equal words are equal bytes, and of unequal ones the order of the bytes is kept.',
  },
  {
    name: 'no-zeroing',
    text: 'Leaves out zeros where all is written before it is read: variables that are assigned first, tuples without gaps, the name of a process on kernels that fill all of it.',
  },
  {
    name: 'log2',
    text: "Finds a histogram's bucket by five halvings without a loop, instead of bit by bit: both give the highest bit.",
  },
  {
    name: 'fold',
    text: 'Computes with constants while it compiles, as the kernel would, and leaves out what changes nothing, such as adding 0; a division by 0 is left to the run.',
  },
  {
    name: 'strength',
    text: 'Multiplies and divides by powers of two through shifts and masks; of divisions only unsigned ones, where both are the same.',
  },
  {
    name: 'copies',
    text: 'Puts a value in the place of its copies: where all ways that meet bring the same value, it is that value.',
  },
  {
    name: 'dead-code',
    text: 'Drops computations and loads whose results nothing uses; what acts on memory or calls the kernel stays.',
  },
  {
    name: 'jump-threading',
    text: 'Leads a way that brings a known value to a decision on it straight to its outcome; only past blocks that do nothing but decide.',
  },
  {
    name: 'merge-blocks',
    text: 'Joins blocks between which nothing decides, and jumps over empty ones: the same instructions in the same order.',
  },
  {
    name: 'layout',
    text: 'Puts what rarely runs (losses, warnings) at the end, and the test of a loop behind its body: one jump less on the way that is taken.',
  },
  {
    name: 'coalesce',
    text: 'Gives values that are copied into one another the same register, so that the copy is none; only where they are never alive at once.',
  },
] as const satisfies readonly OptimizationText[];
