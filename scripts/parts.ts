/**
 * Which part of the bundle a module of src/ goes to. A start reads the part `sonde` and no other; a module of another
 * part is read, with all of its part, when something of it is first used.
 */

/** The files that the command line starts from. */
export const entryPoints: Readonly<Record<string, string>> = { sonde: 'cli/main.ts', commands: 'cli/commands.ts' };

/**
 * Parts that few runs need, by the beginnings of their modules' names. What only they import is theirs too. A module
 * that others use while they are loaded (a table that is put together from it, a class that extends its) can't be here.
 */
export const lateParts: Readonly<Record<string, readonly string[]>> = {
  /** Object files, and names and unwinding of user code: for user probes and stacks. */
  symbols: ['elf/', 'symbols/', 'runtime/unwinding', 'lang/lower/unwind', 'lang/providers/uprobe/variant'],
  /** What few scripts say, what is told of mistakes, and what few programs print. */
  rare: [
    'abi/generated/constants',
    'asm/disassemble',
    'btf/builder',
    'btf/print',
    'cli/explain',
    'cli/help/usage',
    'cli/optimization-options',
    'kernel/kallsyms/',
    'kernel/link/iterator',
    'kernel/link/packets',
    'kernel/program/loaded',
    'kernel/program/verifier-log',
    'lang/c/',
    'lang/checked/print',
    'lang/expand/c-macros',
    'lang/ir/print',
    'lang/lower/packet',
    'lang/lower/series',
    'lang/optimization-list',
    'lang/passes/statements/gfp-flags',
    'lang/providers/kprobe/prototype',
    'lang/providers/kprobe/relatives',
    'lang/providers/usdt/operands',
    'lang/syntax/habits',
    'lang/syntax/print',
    'output/json',
    'output/pcap',
    'output/rate',
    'output/series',
    'output/strftime',
    'runtime/iterator-walk',
    'runtime/target/c-code',
    'runtime/target/headers',
    'runtime/target/read-object',
    'session/captures',
    'session/json-presenter',
    'session/measured-runs',
  ],
};
