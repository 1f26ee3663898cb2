import { readFileSync } from 'node:fs';

let release: string | undefined;

/** The running kernel's release, `6.12.74-amd64`: uname(2)'s, without what loading node:os costs at a start. */
export function kernelRelease(): string {
  release ??= readFileSync('/proc/sys/kernel/osrelease', 'latin1').trimEnd();
  return release;
}

/** When and how it was built: `#1 SMP …`. */
export function kernelVersion(): string {
  return readFileSync('/proc/sys/kernel/version', 'latin1').trimEnd();
}
