import { Attr } from './attr.ts';
import { syscalls } from './syscalls.ts';

/** The capabilities that tracing can need, with their numbers. BPF and PERFMON exist since kernel 5.8. */
export const Capability = {
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYS_RESOURCE: 24,
  SYSLOG: 34,
  PERFMON: 38,
  BPF: 39,
} as const;
export type CapabilityName = keyof typeof Capability;

const VERSION_3 = 0x20080522;

/** Which of the capabilities that matter for tracing this process has in effect. */
export function capabilities(): ReadonlySet<CapabilityName> {
  const header = new Attr(8).u32(0, VERSION_3).u32(4, 0);
  // Two entries of {effective, permitted, inheritable}, low 32 bits first.
  const data = new Attr(24);
  if (syscalls().call('capget', header.bytes, data.bytes) < 0) return new Set();
  const effective = BigInt(data.getU32(0)) | (BigInt(data.getU32(12)) << 32n);
  const names = Object.keys(Capability) as CapabilityName[];
  return new Set(names.filter((name) => (effective >> BigInt(Capability[name])) & 1n));
}

/** One sentence for an EPERM: which capability is missing, or that the kernel itself refuses. CAP_SYS_ADMIN stands for BPF and PERFMON. */
export function permissionAdvice(...needed: CapabilityName[]): string {
  const have = capabilities();
  const missing = needed.filter(
    (name) => !have.has(name) && !(have.has('SYS_ADMIN') && (name === 'BPF' || name === 'PERFMON')),
  );
  if (missing.length === 0) {
    return 'No capability is missing: the kernel is locked down or its configuration forbids this, so another kind of probe is needed.';
  }
  const list = missing.map((name) => `CAP_${name}`).join(' and ');
  return `This needs ${list}: run it as root, or grant ${missing.length === 1 ? 'it' : 'them'} to the process.`;
}
