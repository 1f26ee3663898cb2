import { toolTest } from './support.ts';

const python = (code: string): string => `exec python3 -Sc '${code}'`;

toolTest({
  tool: 'shmsnoop',
  title: 'a segment that is made, attached, left and removed',
  args: ['-p', 'PID'],
  workload: python(
    'import ctypes; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p; i = c.shmget(0, 8192, 0o600); p = c.shmat(i, None, 0); c.shmdt(ctypes.c_void_p(p)); c.shmctl(i, 0, None)',
  ),
  expect: [
    /^<pid> +python3 +shmget +[\da-f]+ key: 0x0, size: 8192, shmflg: 0x180$/m,
    /^<pid> +python3 +shmat +7f[\da-f]+ shmid: 0x[\da-f]+, shmaddr: 0x0, shmflg: 0x0$/m,
    /^<pid> +python3 +shmdt +0 shmaddr: 0x7f[\da-f]+$/m,
    /^<pid> +python3 +shmctl +0 shmid: 0x[\da-f]+, cmd: 0, buf: 0x0$/m,
  ],
});
