import { readFileSync } from 'node:fs';
import { Command } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { Hook } from '../../spec/index.ts';
import { Attr, bpfAdvice, bpfCallName, checked, tryBpf } from '../sys/index.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

const MODULES = '/sys/kernel/security/lsm';

/** Hook of the Linux security modules: kernel 5.7. The program was bound to it at load. */
export function attachLsm(program: AttachableProgram, hook: Hook & { readonly kind: 'lsm' }): Link {
  refuseWithoutEffect();
  const result = tryBpf(Command.RawTracepointOpen, new Attr(24).u32(8, program.fd));
  const fd = checked(`${bpfCallName(Command.RawTracepointOpen)} of lsm:${hook.name}`, result, bpfAdvice);
  return new DescriptorLink('lsm', { links: [fd] });
}

/** Without `bpf` among the active modules the kernel loads and attaches such programs all the same, and never runs them. */
function refuseWithoutEffect(): void {
  const modules = activeModules();
  if (modules === undefined || modules.includes('bpf')) return;
  throw new UnsupportedFeatureError(
    'lsm',
    `programs at LSM hooks would never run here: bpf is not among the active security modules (${modules.join(',')})`,
    { advice: `Start the kernel with lsm=${[...modules, 'bpf'].join(',')} on its command line.` },
  );
}

/** Undefined where that can't be read: securityfs may not be mounted. */
function activeModules(): readonly string[] | undefined {
  try {
    return readFileSync(MODULES, 'utf8').trim().split(',');
  } catch {
    return undefined;
  }
}
