/** What a case of a suite may require of the running kernel: each is looked up where the kernel itself shows it. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

const tracing = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Null-separated entries of the kernel's symbols: readable without tracefs. */
function haveKernelSymbol(name: string): boolean {
  return readFileSync('/proc/kallsyms', 'latin1').includes(` ${name}\n`);
}

const features: Readonly<Record<string, () => boolean>> = {
  btf: () => existsSync('/sys/kernel/btf/vmlinux'),
  data_symbols: () => haveKernelSymbol('__per_cpu_offset'),
  kprobe: () => existsSync('/sys/bus/event_source/devices/kprobe/type'),
  no_kprobe: () => !existsSync('/sys/bus/event_source/devices/kprobe/type'),
  uprobe: () => existsSync('/sys/bus/event_source/devices/uprobe/type'),
  no_hardware_events: () => !existsSync('/sys/bus/event_source/devices/cpu/type'),
  hardware_events: () => existsSync('/sys/bus/event_source/devices/cpu/type'),
  uprobe_multi: () => haveKernelSymbol('bpf_uprobe_multi_link_attach'),
  mounted_tracefs: () => tracing.some((folder) => existsSync(`${folder}/events`)),
};

/** Throws for a name that is not a feature. */
export function haveFeature(name: string): boolean {
  const have = features[name];
  if (have === undefined) throw new Error(`no such feature: ${name}; there are ${Object.keys(features).join(', ')}`);
  return have();
}

/** True where the running kernel is at least of this version, such as `5.15`. */
export function kernelIsAtLeast(version: string): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const [ourMajor, ourMinor] = release().split('.').map(Number) as [number, number];
  return ourMajor > major || (ourMajor === major && ourMinor >= minor);
}
