import { readFileSync } from 'node:fs';
import { UnsupportedFeatureError } from '../../base/index.ts';
import { kallsyms } from '../kallsyms/index.ts';

const BLACKLIST = '/sys/kernel/debug/kprobes/blacklist';

/** A sentence on why the kernel refuses a function that it knows; undefined where it can't be told. */
export function whyExcluded(name: string): string | undefined {
  if (isBlacklisted(name))
    return `${name} is on the kernel's list of functions that must not be probed (${BLACKLIST}): trace its caller, or a tracepoint.`;
  if (isInitCode(name)) return `${name} ran only while the kernel started: its code (section .init.text) is no more.`;
  return undefined;
}

function isBlacklisted(name: string): boolean {
  try {
    return readFileSync(BLACKLIST, 'utf8')
      .split('\n')
      .some((line) => line.endsWith(`\t${name}`));
  } catch {
    return false;
  }
}

function isInitCode(name: string): boolean {
  try {
    const symbols = kallsyms();
    const [at, begin, end] = [name, '__init_begin', '__init_end'].map((each) => symbols.addressOf(each));
    return at !== undefined && begin !== undefined && end !== undefined && at >= begin && at < end;
  } catch (error) {
    if (error instanceof UnsupportedFeatureError) return false;
    throw error;
  }
}
