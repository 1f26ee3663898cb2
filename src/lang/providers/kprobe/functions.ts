/** What probes of kernel functions have in common: modules, names that the compiler made, functions to be careful with. */
import { nearest, type Diagnostic } from '../../diagnostic/index.ts';
import type { AttachPointText } from '../../syntax/index.ts';
import type { Target } from '../../target.ts';
import { didYouMean, missing, pointWarning } from '../messages.ts';
import type { Resolution, ResolveOptions } from '../provider.ts';

export function isLoaded(module: string, target: Target): boolean {
  return module === 'vmlinux' || target.modules().includes(module);
}

/** P-32. */
export function moduleMissing(
  module: string,
  point: AttachPointText,
  target: Target,
  options: ResolveOptions,
): Resolution {
  const hint = didYouMean(nearest(module, target.modules()));
  return missing(point, options, {
    code: 'module',
    message: `Kernel module '${module}' is not loaded.`,
    hints: hint === undefined ? [] : [hint],
  });
}

/** P-33: parts that the compiler split off are no functions of their own. */
export function isCompilerPart(name: string): boolean {
  return /\.(part|cold)\b/.test(name);
}

/** `sys_open` was a function once: now the processor is part of its name. */
export function systemCallHint(
  name: string,
  isReturn: boolean,
  functions: readonly { readonly name: string }[],
): string | undefined {
  const call = /^(?:sys|SyS|__x64_sys|__arm64_sys|__se_sys)_([a-z]\w*)$/.exec(name)?.[1];
  if (call === undefined) return undefined;
  const tracepoint = `tracepoint:syscalls:sys_${isReturn ? 'exit' : 'enter'}_${call}`;
  const own = functions.find((each) => each.name.endsWith(`_sys_${call}`) && /^__(?:x64|arm64)_/.test(each.name));
  const here = own === undefined ? '' : ` As a function it is called ${own.name} here.`;
  return `A system call is traced everywhere as ${tracepoint}.${here}`;
}

/** The locks that maps and the ring buffer take: a program that runs in the middle of them is refused by the kernel's guards. */
const DANGEROUS =
  /^(?:_raw_spin_(?:try)?lock(?:_irqsave|_irq|_bh)?|_raw_spin_unlock(?:_irqrestore|_irq|_bh)?|queued_spin_lock_slowpath|native_queued_spin_lock_slowpath|__pv_queued_spin_lock_slowpath|__bpf_(?:spin_lock|spin_unlock|ringbuf_reserve)|rqspinlock\w*|resilient_queued_spin_lock_slowpath|htab_lock_bucket)$/;

/** E-62. One warning for the point, whatever it matches. */
export function warnIfDangerous(point: AttachPointText, functions: readonly string[]): readonly Diagnostic[] {
  const found = functions.filter((name) => DANGEROUS.test(name));
  const [first] = found;
  if (first === undefined) return [];
  const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
  return [
    pointWarning(
      point,
      'dangerous-function',
      `${first}${more}: a function that programs themselves run into. What the kernel skips for that is counted as missed.`,
      ['Count into a map without a key (@ = count()), or probe the caller instead.'],
    ),
  ];
}
