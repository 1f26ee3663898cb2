/** What a feature that is missing takes away, what stands for it, and what would bring it. */
import type { FeatureName } from '../../kernel/index.ts';

export interface FeatureAdvice {
  /** Nothing works without it. */
  readonly isEssential?: true;
  /** What is done, or not to be had, without it. */
  readonly without: string;
  /** Option of the kernel's configuration. */
  readonly option?: string;
}

export const featureAdvice: Readonly<Partial<Record<FeatureName, FeatureAdvice>>> = {
  btf: {
    without: 'kernel structs have to be declared in the script; no fentry, iter and typed arguments',
    option: 'CONFIG_DEBUG_INFO_BTF',
  },
  'module-btf': { without: 'types of modules are not known', option: 'CONFIG_DEBUG_INFO_BTF_MODULES' },
  kfunc: { without: "scripts can't call functions of the kernel" },
  'ring-buffer': { isEssential: true, without: 'Sonde does not run' },
  'mmapable-array': { isEssential: true, without: 'Sonde does not run' },
  'large-map-key': { without: 'map keys have 512 bytes at most' },
  'map-batch': { without: 'maps are read key by key, which takes longer' },
  'map-batch-percpu-array': { without: 'such maps are read key by key, which takes longer' },
  'no-prealloc-tracing': { without: 'maps take all of their memory at the start' },
  'raw-tracepoint': { isEssential: true, without: 'Sonde does not run' },
  'btf-tracepoint': { without: 'tracepoints are read by helpers, which costs more', option: 'CONFIG_DEBUG_INFO_BTF' },
  fentry: {
    without: 'no fentry, fexit and lsm probes; kprobes see the same functions',
    option: 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS',
  },
  'perf-link': { without: 'programs are set on perf events, which takes longer to end' },
  kprobe: {
    without: 'no kprobe and kretprobe; tracepoints are the nearest',
    option: 'CONFIG_KPROBES and CONFIG_KPROBE_EVENTS',
  },
  'kprobe-multi': { without: 'functions are attached one by one', option: 'CONFIG_FPROBE' },
  'kprobe-session': {
    without: 'entry and return of many functions are two programs and two links',
    option: 'CONFIG_FPROBE',
  },
  uprobe: { without: 'no uprobe, uretprobe and usdt', option: 'CONFIG_UPROBE_EVENTS' },
  'uprobe-ref-counter': { without: 'usdt probes with a semaphore are not switched on' },
  'uprobe-multi': { without: 'places in programs are attached one by one' },
  'uprobe-session': { without: 'entry and return of a function are two probes' },
  'attach-cookie': { without: 'a probe with many points that asks for its name gets a program for each' },
  'attach-cookie-raw-tracepoint': { without: 'raw tracepoints that ask for their name get a program each' },
  'current-task-btf': { without: 'the current task is read by helpers, which costs more' },
  'probe-read-kernel': { without: 'memory of kernel and processes is not told apart' },
  'ktime-boot': { without: 'nsecs leaves out the time that the machine was suspended' },
  'lookup-percpu-elem': { without: "print() of a map's entry inside of a probe is not to be had" },
  'for-each-map-elem': { without: 'no loops over maps in scripts' },
  loop: { without: 'loops are unrolled, and have fewer turns; no search in texts' },
  'rdonly-cast': { without: 'structs are read by helpers, which costs more' },
  'probe-write-user': { without: 'no write_user()' },
  'override-return': { without: 'no override()', option: 'CONFIG_BPF_KPROBE_OVERRIDE' },
  'atomic-fetch': { without: 'scratch memory is shared out more simply' },
  'signed-division': { without: 'signed numbers are divided in more steps' },
  'sign-extension': { without: 'signed numbers are widened in two steps' },
};
