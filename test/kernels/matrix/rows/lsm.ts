import { readFileSync } from 'node:fs';
import { haveFeature } from '../../../../src/kernel/index.ts';
import type { Row } from '../row.ts';

/** Without bpf among the security modules programs attach and never run: that is refused. */
function isActive(): boolean {
  return haveFeature('fentry') && readFileSync('/sys/kernel/security/lsm', 'utf8').trim().split(',').includes('bpf');
}

export const rows: readonly Row[] = [
  {
    probe: 'lsm',
    form: 'a file that is opened, and the verdict so far',
    script:
      'lsm:file_open /pid == cpid && str(args.file.f_path.dentry.d_name.name) == "passwd"/ { @[probe, args.file.f_inode.i_uid.val, retval] = count(); }',
    actions: ['open'],
    // An overlay file system opens the file below, too.
    expect: /^@\[lsm:file_open, 0, 0\]: [12]$/,
    isThere: isActive,
    refusal: /lsm can't be attached|bpf is not among the active security modules/,
  },
];
