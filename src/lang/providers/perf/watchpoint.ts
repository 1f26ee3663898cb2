/** watchpoint: when the bytes at an address are read, written or executed (spec P-85, P-86). */
import { PerfType } from '../../../abi/index.ts';
import type { Hook } from '../../../spec/index.ts';
import { readOutsideInteger, type AttachPointText } from '../../syntax/index.ts';
import type { Architecture, Target } from '../../target.ts';
import { isPattern } from '../glob.ts';
import { pointError, refused, wrongCount } from '../messages.ts';
import type { Provider, Resolution, ResolveOptions } from '../provider.ts';
import { perfEventVariant } from './context.ts';

export const watchpoint: Provider = {
  name: 'watchpoint',
  aliases: ['watchpoint', 'w'],
  resolve,
  list: () => ({ lines: [], notes: [] }),
};

/** Gone from bpftrace with 0.25, as the form below. */
export const asyncwatchpoint: Provider = {
  name: 'asyncwatchpoint',
  aliases: ['asyncwatchpoint', 'aw'],
  resolve: (point) =>
    refuse(point, 'There are no asyncwatchpoint probes any more', [
      'bpftrace removed asyncwatchpoint in 0.25: watchpoint:0xADDRESS:LENGTH:MODE watches an address, unwatch() ends it.',
      ARGUMENT_HINT,
    ]),
  list: () => ({ lines: [], notes: [] }),
};

const ARGUMENT_HINT =
  'To see what a function is given, trace the function: uprobe:PATH:FUNCTION or kprobe:FUNCTION { print(arg0); }.';
const FORM = 'watchpoint:0xADDRESS:LENGTH:MODE';
const LENGTHS: readonly bigint[] = [1n, 2n, 4n, 8n];
/** HW_BREAKPOINT_*. */
const ACCESS: Readonly<Record<string, number>> = { r: 1, w: 2, rw: 3, x: 4 };
/** What the debug registers can do, and how long the instruction's place has to be called. */
const MODES: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['w', 'rw', 'x'],
  arm64: ['r', 'w', 'rw', 'x'],
};
const EXECUTE_BYTES: Readonly<Record<Architecture, bigint>> = { x86_64: 8n, arm64: 4n };
/** Addresses from here on are the kernel's. */
const KERNEL_START = 1n << 63n;

function refuse(point: AttachPointText, message: string, hints: readonly string[] = []): Resolution {
  return refused(pointError(point, 'watchpoint', message, hints));
}

function resolve(point: AttachPointText, target: Target, options: ResolveOptions): Resolution {
  const [, place, length, mode, ...more] = point.components;
  if (place !== undefined && /^[A-Za-z_]\w*\+arg\d+$/.test(place.text)) {
    return refuse(point, `A watchpoint can't follow an argument of a function: ${place.text}`, [
      'bpftrace removed this form in 0.25.',
      ARGUMENT_HINT,
    ]);
  }
  if (place === undefined || length === undefined || mode === undefined || more.length > 0)
    return wrongCount(point, 'watchpoint', '3', FORM);
  if ([place, length, mode].some(isPattern))
    return refuse(point, 'watchpoint probe type does not support wildcards', [`Write it as ${FORM}.`]);
  const address = addressOf(place.text, target);
  if (address === undefined) {
    const hints = [`Write it as ${FORM}, or with the name of a variable of the kernel.`];
    return refuse(point, `Invalid address of watchpoint: '${place.text}'`, hints);
  }
  if (address <= 0n) return refuse(point, 'A watchpoint can not be at address 0');
  const lengthBytes = readOutsideInteger(length.text);
  if (lengthBytes === undefined || !LENGTHS.includes(lengthBytes))
    return refuse(point, `Invalid length of watchpoint: '${length.text}'`, ['A length is 1, 2, 4 or 8 bytes.']);
  const letters = mode.text.split('').sort().join('');
  const access = ACCESS[letters];
  const problem = problemOf({ address, lengthBytes, letters, written: mode.text }, target, options);
  if (problem !== undefined || access === undefined) return refuse(point, problem?.[0] ?? '', problem?.slice(1));
  const pid = options.pid ?? options.childPid;
  const hook: Hook & { kind: 'perfEvent' } = {
    kind: 'perfEvent',
    eventType: PerfType.Breakpoint,
    config: 0n,
    period: 1n,
    cpus: 'all',
    breakpoint: { address, lengthBytes: Number(lengthBytes), access },
    ...(pid === undefined ? {} : { pid }),
  };
  const name = `watchpoint:0x${address.toString(16)}:${lengthBytes}:${mode.text}`;
  return { variants: [perfEventVariant('watchpoint', name, hook, target)], diagnostics: [] };
}

function addressOf(text: string, target: Target): bigint | undefined {
  if (/^-?\d/.test(text)) return readOutsideInteger(text);
  return /^[A-Za-z_]\w*$/.test(text) ? target.kernelSymbol(text) : undefined;
}

interface Wanted {
  readonly address: bigint;
  readonly lengthBytes: bigint;
  readonly letters: string;
  readonly written: string;
}

/** What is wrong, then hints. */
function problemOf(wanted: Wanted, target: Target, { pid, childPid }: ResolveOptions): readonly string[] | undefined {
  const { address, lengthBytes, letters, written } = wanted;
  const { architecture } = target;
  const modes = MODES[architecture];
  if (ACCESS[letters] === undefined)
    return [`Invalid mode of watchpoint: '${written}'`, `On ${architecture} a mode is ${listed(modes)}.`];
  if (!modes.includes(letters))
    return [`${architecture} can't watch for '${written}'`, `Its modes are ${listed(modes)}.`];
  const length = EXECUTE_BYTES[architecture];
  if (letters === 'x' && lengthBytes !== length)
    return [`A watchpoint for execution has the length ${length} on ${architecture}, found ${lengthBytes}`];
  if (letters !== 'x' && address % lengthBytes !== 0n)
    return [
      `A watchpoint of ${lengthBytes} bytes has to be at a multiple of ${lengthBytes}: 0x${address.toString(16)}`,
    ];
  if (pid === undefined && childPid === undefined && address < KERNEL_START)
    return [
      `0x${address.toString(16)} is an address of a process, and none is given`,
      'Name the process with -p PID, or start it with -c COMMAND.',
    ];
  return undefined;
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
