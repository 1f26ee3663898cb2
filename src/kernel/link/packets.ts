import { closeSync, constants, openSync } from 'node:fs';
import { AttachType, Command, Errno } from '../../abi/index.ts';
import { UnsupportedFeatureError } from '../../base/index.ts';
import type { PacketHook } from '../../spec/index.ts';
import {
  Attr,
  bpfAdvice,
  bpfCallName,
  checked,
  closeFd,
  permissionAdvice,
  syscalls,
  systemError,
  tryBpf,
} from '../sys/index.ts';
import { DescriptorLink, type AttachableProgram, type Link } from './link.ts';

/**
 * A program that is given packets: XDP (link: kernel 5.9), TC (tcx link: 6.6), cgroup (link: 5.7), or the filter of a
 * packet socket (3.19) that nobody reads. It ends with its descriptor.
 */
export function attachPackets(program: AttachableProgram, hook: PacketHook): Link {
  switch (hook.at) {
    case 'xdp':
      return attachXdp(program, hook);
    case 'ingress':
      return attachTcx(program, hook, AttachType.TcxIngress);
    case 'egress':
      return attachTcx(program, hook, AttachType.TcxEgress);
    case 'socket':
      return attachSocket(program, hook);
    case 'cgroupIngress':
      return attachCgroup(program, hook.path, AttachType.CgroupInetIngress);
    case 'cgroupEgress':
      return attachCgroup(program, hook.path, AttachType.CgroupInetEgress);
  }
}

type InterfaceHook = Extract<PacketHook, { readonly interface: string }>;

function linkAttr(program: AttachableProgram, target: number, attachType: number): Attr {
  return new Attr(64).u32(0, program.fd).u32(4, target).u32(8, attachType);
}

function finish(result: number, where: string, advise: (errno: number) => string | undefined): Link {
  const what = `${bpfCallName(Command.LinkCreate)} at ${where}`;
  return new DescriptorLink('packets', { links: [checked(what, result, advise)] });
}

/** XDP_FLAGS_SKB_MODE: on the packets that the kernel made for itself already, which every interface can. */
const GENERIC_MODE = 2;

function attachXdp(program: AttachableProgram, { interface: name, index }: InterfaceHook): Link {
  const request = (flags: number): number =>
    tryBpf(Command.LinkCreate, linkAttr(program, index, AttachType.Xdp).u32(12, flags));
  let result = request(0);
  if (result === -Errno.EOPNOTSUPP || result === -Errno.EINVAL || result === -Errno.ENOMEM)
    result = request(GENERIC_MODE);
  return finish(result, name, (errno) =>
    errno === Errno.EBUSY
      ? `${name} has an XDP program already, and takes only one: tc:${name}:ingress sees the packets that this one lets pass.`
      : interfaceAdvice(errno, name),
  );
}

function attachTcx(program: AttachableProgram, { interface: name, index }: InterfaceHook, attachType: number): Link {
  const result = tryBpf(Command.LinkCreate, linkAttr(program, index, attachType));
  // An attach type that the kernel doesn't know yet.
  if (result === -Errno.EINVAL) {
    throw new UnsupportedFeatureError('tcx', `this kernel can't attach a program to ${name} by a tcx link`, {
      minimumKernel: '6.6',
      advice: `socket:${name} sees the same packets on every kernel.`,
    });
  }
  return finish(result, name, (errno) => interfaceAdvice(errno, name));
}

function interfaceAdvice(errno: number, name: string): string | undefined {
  if (errno === Errno.ENODEV) return `There is no interface ${name} any more.`;
  return errno === Errno.EPERM ? permissionAdvice('NET_ADMIN', 'BPF') : bpfAdvice(errno);
}

function attachCgroup(program: AttachableProgram, path: string, attachType: number): Link {
  let folder: number;
  try {
    folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    const errno = -((cause as NodeJS.ErrnoException).errno ?? 0);
    throw systemError(`open of ${path}`, errno, { cause, advice: 'The cgroup is gone.' });
  }
  try {
    const result = tryBpf(Command.LinkCreate, linkAttr(program, folder, attachType));
    return finish(result, path, (errno) => cgroupAdvice(errno, path));
  } finally {
    closeSync(folder);
  }
}

function cgroupAdvice(errno: number, path: string): string | undefined {
  switch (errno) {
    case Errno.EBADF:
      return `${path} is not in the hierarchy of version 2 (cgroup2).`;
    case Errno.EPERM:
      return `Another program has ${path} or a cgroup above it for itself. ${permissionAdvice('NET_ADMIN', 'BPF') ?? ''}`.trim();
    default:
      return bpfAdvice(errno);
  }
}

// ---- packet sockets -----------------------------------------------------------------------------------------

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ATTACH_BPF = 50;
/** Every protocol, in network byte order. */
const ETH_P_ALL = 0x0300;

/** The filter comes first: a socket without protocol gets nothing until it is bound. */
function attachSocket(program: AttachableProgram, { interface: name, index }: InterfaceHook): Link {
  const { call } = syscalls();
  const fd = checked(`socket for ${name}`, call('socket', AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), () =>
    permissionAdvice('NET_RAW'),
  );
  try {
    const value = new Attr(4).u32(0, program.fd).bytes;
    checked('setsockopt(SO_ATTACH_BPF)', call('setsockopt', fd, SOL_SOCKET, SO_ATTACH_BPF, value, value.length));
    const address = new Attr(20).u32(0, AF_PACKET | (ETH_P_ALL << 16)).u32(4, index).bytes;
    checked(`bind to ${name}`, call('bind', fd, address, address.length), (errno) => interfaceAdvice(errno, name));
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return new DescriptorLink('packets', { links: [], events: [fd] });
}
