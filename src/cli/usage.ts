export const USAGE = `USAGE:
    sonde [options] FILE [ARGS]       run a script
    sonde [options] -e 'PROGRAM' [ARGS]
    sonde [options] - [ARGS]          run a script from standard input
    sonde [options] TOOL [ARGS]       run a shipped tool
    sonde -l [PATTERN | FILE]         list probes
    sonde fmt FILE                    print a script in its canonical layout; with -o FILE rewrite that file

OPTIONS:
    -e PROGRAM           run this text
    -l, --list [SEARCH]  list the probes that match; with -v their arguments too
    -p, --pid PID        trace this process only; end when it ends
    -c, --cmd COMMAND    run a command under observation; end when it ends
    -o, --output FILE    write the output to a file
    -f, --format FORMAT  text (default) or json
    -B MODE              buffering of the output: line (default), full or none
    -q, --quiet          no message when attached
    -v, --verbose        say what is done; the kernel's whole log when it refuses a program
    -d, --debug STAGE    print a stage of the compile: all, ast, types, codegen, codegen-opt, dis, verifier
    -k, --warnings       also warn of failing reads and look-ups
    --no-warnings        no warnings
    --unsafe             allow functions that change the system: system(), signal()
    --dry-run            compile, load and attach, then end
    --no-feature NAME    do as if the kernel lacked something: kprobe_multi, uprobe_multi, kprobe_session
    -h, --help           this text
    -V, --version        the version

EXAMPLES:
    sonde -l 'tracepoint:syscalls:sys_enter_*'
    sonde -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
    sonde -e 'profile:hz:99 { @[kstack] = count(); }'
`;
