import { readFileSync } from 'node:fs';
import { closeFd } from './process.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

/** A network interface of the namespace that this process is in. */
export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
  /** ARPHRD_*: 1 Ethernet, 772 loopback, 65534 none. */
  readonly type: number;
}

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFINDEX = 0x8933;
const SIOCGIFHWADDR = 0x8927;
/** struct ifreq: the name, then what is asked for. */
const REQUEST_BYTES = 40;
const NAME_BYTES = 16;

/** All of them, sorted by name. /sys/class/net may show another namespace's: the kernel is asked itself. Throws SystemError. */
export function networkInterfaces(): readonly NetworkInterface[] {
  const fd = checked('socket', syscalls().call('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    return interfaceNames()
      .map((name) => describe(fd, name))
      .filter((found) => found !== undefined);
  } finally {
    closeFd(fd);
  }
}

function interfaceNames(): readonly string[] {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .map((line) => /^\s*(\S+):/.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** Undefined where it went away meanwhile. */
function describe(fd: number, name: string): NetworkInterface | undefined {
  const index = ask(fd, SIOCGIFINDEX, name)?.getInt32(NAME_BYTES, true);
  const type = ask(fd, SIOCGIFHWADDR, name)?.getUint16(NAME_BYTES, true);
  return index === undefined || type === undefined ? undefined : { name, index, type };
}

function ask(fd: number, request: number, name: string): DataView | undefined {
  const bytes = new Uint8Array(REQUEST_BYTES);
  bytes.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES - 1));
  return syscalls().call('ioctl', fd, request, bytes) < 0 ? undefined : new DataView(bytes.buffer);
}
