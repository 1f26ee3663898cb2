import { writtenFeatureNames } from '../../runtime/index.ts';
import type { Personality } from '../personality.ts';

/** What --help prints. Started as bpftrace there are no tools of our own. */
export function usage(personality: Personality): string {
  const lines = TEXT.split('\n').filter(
    (line) => personality === 'sonde' || !/ TOOL |sonde (fmt|tools|doctor|top|man|completion)/.test(line),
  );
  return lines.join('\n').replaceAll('sonde ', `${personality} `).replace('FEATURES', featureLines());
}

const WIDTH = 110;
const INDENT = ' '.repeat(34);

/** The names that --no-feature takes. */
function featureLines(): string {
  const lines = [INDENT];
  for (const name of writtenFeatureNames) {
    const word = name === writtenFeatureNames.at(-1) ? name : `${name}, `;
    if (lines.at(-1)!.length + word.length > WIDTH) lines.push(INDENT);
    lines[lines.length - 1] += word;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

const TEXT = `USAGE:
    sonde [options] FILE [ARGS]       run a script
    sonde [options] -e 'PROGRAM' [ARGS]
    sonde [options] - [ARGS]          run a script from standard input
    sonde [options] TOOL [ARGS]       run a shipped tool; sonde TOOL --help says which arguments it takes
    sonde tools [show TOOL]           list the tools, or print the script of one
    sonde -l [PATTERN | FILE]         list probes
    sonde check FILE…                 say what is wrong with scripts, without running them
    sonde lsp                         serve an editor: diagnostics, completion, hover, formatting
    sonde fmt FILE                    print a script in its canonical layout; with -o FILE rewrite that file
    sonde top TOOL [ARGS]             run a tool as a table that fills the screen and refreshes itself; q ends it
    sonde man                         the manual
    sonde completion bash|zsh|fish    print what completes command lines in that shell
    sonde doctor [--json]             what this machine allows, line by line, and what to change

OPTIONS:
    -e PROGRAM           run this text; the last one counts
    -l, --list [SEARCH]  list the probes that match; with -v their arguments too
    -p, --pid PID        trace this process only; end when it ends
    -c, --cmd COMMAND    run a command under observation; end when it ends
    -o, --output FILE    write the output to a file
    -f, --format FORMAT  text (default) or json
    --json               the same as --format json
    -B MODE              buffering of the output: line (default), full or none
    -q, --quiet          no message when attached
    -v, --verbose        say what is done and what the probes cost; the kernel's
                         whole log when it refuses a program
    -k, --warnings       also warn of failing reads and look-ups
    --no-warnings        no warnings
    -I DIR               look for C headers in this folder first; may be repeated
    --include FILE       read a C header before the script; may be repeated
    --unsafe             allow functions that change the system: system(), signal()
    --dry-run            compile, load and attach, then end
    --test, --bench      run the script's test or bench probes and report on them
    --mode MODE          test, bench, codegen (compile only), compiler-bench
    --probe-filter REGEX  only the attach points whose full name matches
    --info               what this kernel and this build can do
    -h, --help           this text
    -V, --version        the version

FINDING FUNCTIONS AND SYMBOLS:
    --debuginfo DIR[:DIR]         look for separate debug files here first
    --traceable-functions FILE    take the kernel's functions from this file
    --dwarf-pid PID               a further process whose stacks are unwound by its debug information
    --usdt-file-activation        activate usdt semaphores in every process that maps the file
    --no-feature NAME[,NAME]      do as if the kernel lacked it:
FEATURES

LOOKING INSIDE:
    -d, --debug STAGE    print a stage: all, parse, ast, types, codegen, codegen-opt, dis, libbpf, verifier;
                         without a stage (-d, -dd) print the compile and end
    --opt LIST           optimize by all (default), none, or -NAME and +NAME with commas between; help lists them
    --emit-elf FILE      compile only, and write a BPF object file
    --aot FILE           compile only, and write a program that runs the script without compiling it again
    -b, --btf, --verify-llvm-ir   accepted without effect

EXAMPLES:
    sonde -l 'tracepoint:syscalls:sys_enter_*'
    sonde -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
    sonde -e 'profile:hz:99 { @[kstack] = count(); }'
`;
