import { closeFd } from './process.ts';
import { checked } from './errors.ts';
import { syscalls } from './syscalls.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
/** `sun_path` of struct sockaddr_un. */
const PATH_BYTES = 108;

/**
 * Sends one datagram to a Unix socket: a path, or with `@` in front a name that is in no file system. Throws
 * SystemError.
 */
export function sendUnixDatagram(path: string, text: string): void {
  const name = new TextEncoder().encode(path);
  if (name.length >= PATH_BYTES) throw new RangeError(`the path of a Unix socket is too long: ${path}`);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  if (path.startsWith('@')) address[2] = 0;
  const payload = new TextEncoder().encode(text);
  const fd = checked('socket', syscalls().call('socket', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    checked('sendto', syscalls().call('sendto', fd, payload, payload.length, flags, address, address.length));
  } finally {
    closeFd(fd);
  }
}
