/** What this machine allows a tracer, one thing after the other, and what would have to change for more. */
import { existsSync, readFileSync } from 'node:fs';
import { architectureOf } from '../../abi/index.ts';
import { SondeError } from '../../base/index.ts';
import {
  capabilities,
  describeFeature,
  type FeatureAnswer,
  type FeatureName,
  featureNames,
  haveFeature,
  kallsyms,
  kernelBtfPaths,
  kernelRelease,
  probeFeature,
  takeInventory,
  tracefs,
} from '../../kernel/index.ts';
import { featureAdvice } from './advice.ts';

/** `ok`: nothing to do. `limited`: something is not to be had. `missing`: Sonde can't trace. */
export type CheckState = 'ok' | 'limited' | 'missing';

export interface Check {
  readonly area: string;
  readonly name: string;
  readonly state: CheckState;
  /** What was found. */
  readonly found: string;
  /** What that means, and what to change. */
  readonly advice?: string;
}

const OLDEST_KERNEL = '5.10';

/** Takes some tens of milliseconds, and a second where the kernel's symbols have to be read. */
export function examine(): readonly Check[] {
  return [...system(), ...rights(), ...types(), ...files(), ...hooks(), ...helpers()];
}

// ---- system and rights --------------------------------------------------------------------------------------

function isAtLeast(version: string): boolean {
  const [[major = 0, minor = 0], [ours = 0, ourMinor = 0]] = [version, kernelRelease()].map((each) =>
    each.split('.').map((part) => Number.parseInt(part, 10)),
  ) as [number[], number[]];
  return ours > major || (ours === major && ourMinor >= minor);
}

function system(): Check[] {
  const isRecent = isAtLeast(OLDEST_KERNEL);
  const architecture = architectureOf(process.arch);
  return [
    check(
      'System',
      'kernel',
      isRecent ? 'ok' : 'missing',
      `Linux ${kernelRelease()}`,
      'Sonde needs Linux 5.10 or later.',
    ),
    check(
      'System',
      'processor',
      architecture === undefined ? 'missing' : 'ok',
      architecture ?? process.arch,
      'Sonde knows x86_64 and arm64.',
    ),
  ];
}

function rights(): Check[] {
  const have = capabilities();
  const may = (name: 'BPF' | 'PERFMON'): boolean => have.has(name) || have.has('SYS_ADMIN');
  const capability = (name: 'BPF' | 'PERFMON', use: string): Check =>
    check(
      'Rights',
      `CAP_${name}`,
      may(name) ? 'ok' : 'missing',
      yesNo(may(name)),
      `${use}: run Sonde as root, or grant it.`,
    );
  const optional = (name: 'SYS_ADMIN' | 'SYSLOG' | 'SYS_PTRACE' | 'NET_ADMIN', use: string): Check =>
    check(
      'Rights',
      `CAP_${name}`,
      have.has(name) ? 'ok' : 'limited',
      yesNo(have.has(name)),
      `${use}: run Sonde as root, or grant it.`,
    );
  return [
    capability('BPF', 'It is needed to load programs'),
    capability('PERFMON', 'It is needed to trace'),
    optional('SYS_ADMIN', 'Without it there are no tracepoints by name and no BTF of modules where tracefs is closed'),
    optional('SYSLOG', 'Without it kernel stacks have no names'),
    optional('SYS_PTRACE', "Without it stacks of other users' processes have no names"),
    optional('NET_ADMIN', 'Without it there are no xdp and tc probes'),
    lockdown(),
    setting(
      'perf_event_paranoid',
      (value) => value <= 2 || may('PERFMON'),
      'Perf events are closed: echo 2 >/proc/sys/kernel/perf_event_paranoid, or run Sonde as root.',
    ),
    setting(
      'kptr_restrict',
      (value) => value < 2,
      'Kernel addresses are hidden even from root, so kernel stacks have no names: echo 1 >/proc/sys/kernel/kptr_restrict.',
    ),
  ];
}

/** `none [integrity] confidentiality`: the one in brackets holds. */
function lockdown(): Check {
  const text = readText('/sys/kernel/security/lockdown');
  const mode = text === undefined ? undefined : (/\[(\w+)\]/.exec(text)?.[1] ?? 'none');
  const advice =
    mode === 'confidentiality'
      ? 'Kernel memory and kprobes are closed to all: boot with lockdown=integrity or lockdown=none, or without Secure Boot.'
      : 'Writing to user memory is refused, other probes work: boot with lockdown=none for it.';
  const found = mode ?? 'not told (securityfs is not mounted)';
  return check('Rights', 'lockdown', mode === undefined || mode === 'none' ? 'ok' : 'limited', found, advice);
}

function setting(name: string, isGood: (value: number) => boolean, advice: string): Check {
  const text = readText(`/proc/sys/kernel/${name}`);
  if (text === undefined) return check('Rights', name, 'ok', 'not there');
  return check('Rights', name, isGood(Number(text)) ? 'ok' : 'limited', text, advice);
}

// ---- what the kernel tells ----------------------------------------------------------------------------------

function types(): Check[] {
  const path = kernelBtfPaths().find((each) => existsSync(each));
  const hasTypes = attempt(() => haveFeature('btf')) === true;
  return [
    check(
      'Kernel',
      'BTF',
      hasTypes ? 'ok' : 'limited',
      hasTypes ? (path ?? 'yes') : 'none',
      'Without it no field of a kernel struct is known: use a kernel with CONFIG_DEBUG_INFO_BTF, or name a BTF file in BPFTRACE_BTF.',
    ),
    symbols(),
  ];
}

function symbols(): Check {
  const count = attempt(() => kallsyms().size);
  if (typeof count === 'number') return check('Kernel', 'symbols', 'ok', `${count} in /proc/kallsyms`);
  return check('Kernel', 'symbols', 'limited', count.message, count.advice ?? 'Kernel stacks show addresses.');
}

function files(): Check[] {
  return [traceFiles(), cgroups(), bpfLsm()];
}

function traceFiles(): Check {
  const found = attempt(() => ({ root: tracefs().root, count: tracefs().tracepoints().length }));
  if (found instanceof SondeError)
    return check(
      'Kernel',
      'tracefs',
      'limited',
      found.message,
      found.advice ?? 'Tracepoints with their fields need it.',
    );
  const where = found.root.startsWith('/proc/') ? 'not mounted, Sonde mounts it for itself' : found.root;
  const state = found.count > 0 ? 'ok' : 'limited';
  return check(
    'Kernel',
    'tracefs',
    state,
    `${where}, ${found.count} tracepoints`,
    'No tracepoint can be read: run Sonde as root.',
  );
}

function cgroups(): Check {
  const mounts = readText('/proc/self/mounts') ?? '';
  const path = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  return check(
    'Kernel',
    'cgroup2',
    path === undefined ? 'limited' : 'ok',
    path ?? 'not mounted',
    'cgroup paths and probes of cgroups need it: mount -t cgroup2 cgroup2 /sys/fs/cgroup.',
  );
}

/** An lsm program attaches without it, and never runs. */
function bpfLsm(): Check {
  const list = readText('/sys/kernel/security/lsm');
  const isActive = list?.split(',').includes('bpf') === true;
  return check(
    'Kernel',
    'BPF as a security module',
    isActive ? 'ok' : 'limited',
    list ?? 'not told (securityfs is not mounted)',
    list === undefined
      ? 'Whether lsm probes would be called is not known: mount -t securityfs securityfs /sys/kernel/security.'
      : `lsm probes are never called: boot with lsm=${list},bpf.`,
  );
}

// ---- hooks and helpers --------------------------------------------------------------------------------------

function hooks(): Check[] {
  return [
    ...featureNames.map(feature),
    check(
      'Hooks',
      'hardware events',
      existsSync('/sys/bus/event_source/devices/cpu') ? 'ok' : 'limited',
      yesNo(existsSync('/sys/bus/event_source/devices/cpu')),
      'No hardware probes: this processor, or the virtual machine, offers no counters.',
    ),
  ];
}

function feature(name: FeatureName): Check {
  const { title } = describeFeature(name);
  const { without, option, isEssential } = featureAdvice[name] ?? { without: 'what needs it is refused' };
  const answer = probeFeature(name);
  const found = { yes: 'yes', no: 'no', unclear: 'not to be told' }[answer.answer];
  const state = answer.answer === 'yes' ? 'ok' : isEssential === true ? 'missing' : 'limited';
  return check(
    'Hooks',
    `${title} [${name.replaceAll('-', '_')}]`,
    state,
    found,
    `Without it ${without}. ${whyNot(answer, option)}`,
  );
}

/** A kernel that is new enough leaves it out by its configuration, or refuses it. */
function whyNot(answer: FeatureAnswer, option: string | undefined): string {
  if (answer.answer === 'yes') return '';
  if (answer.answer === 'unclear') return `It could not be tried: ${answer.error.message}.`;
  const { minimumKernel, reason } = answer;
  if (!isAtLeast(minimumKernel)) return `It came with kernel ${minimumKernel}.`;
  const built = option === undefined ? 'is built or locked' : `is built without ${option}, or locked`;
  return `Kernels have it since ${minimumKernel}; this one ${built} so that it is not there (${reason}).`;
}

function helpers(): Check[] {
  const inventory = takeInventory();
  return inventory.helpers.map(({ name, value }) =>
    check(
      'Helpers',
      name,
      value === true ? 'ok' : 'limited',
      yesNo(value === true),
      'Functions of the language that call it are refused.',
    ),
  );
}

// ---- small things -------------------------------------------------------------------------------------------

function check(area: string, name: string, state: CheckState, found: string, advice?: string): Check {
  return { area, name, state, found, ...(state === 'ok' || advice === undefined ? {} : { advice }) };
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

function attempt<T>(ask: () => T): T | SondeError {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SondeError) return error;
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
