// network: what is sent over TCP, by the subnet that it goes to, refreshed
//
// SUBNET is an IPv4 address with the bits of its network, such as 10.0.0.0/8; a packet counts for the first that it fits. Without any: the
// private networks, this machine, and all else. From Linux 6.4 on.

export const words = '[SUBNET...]';

export const options = `
  getopt("interval", 1, "i: seconds between reports");
  getopt("pid", 0, "p: only of this process");
  getopt("cgroup", "", "only this cgroup and those below it");
`;

const usual = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '0.0.0.0/0'];

/** In network byte order an address is read on this machine with its first byte lowest. */
function test(subnet: string): string {
  const [, address = '', bits = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(subnet) ?? [];
  const bytes = address.split('.').map(Number);
  const count = Number(bits);
  if (bits === '' || count > 32 || bytes.length !== 4 || bytes.some((byte) => byte > 255))
    throw new RangeError(`'${subnet}' is no subnet such as 10.0.0.0/8`);
  const mask = count === 0 ? 0 : (0xffff_ffff << (32 - count)) >>> 0;
  const value = (((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) & mask) >>> 0;
  return `($address & 0x${mask.toString(16)}) == 0x${value.toString(16)}`;
}

export function script(subnets: readonly string[]): string {
  const wantedOnes = subnets.length > 0 ? subnets : usual;
  const branches = wantedOnes
    .map((subnet) => `if (${test(subnet)}) { @bytes["${subnet}"] = sum(args.ret); }`)
    .join(' else ');
  return `
tracepoint:sock:sock_send_length
/args.protocol == 6 && args.family == 2 && args.ret > 0 && wanted(getopt("pid", 0), pid) && in_cgroup(getopt("cgroup", ""))/
{
  $address = bswap(((struct sock *)args.sk)->__sk_common.skc_daddr);
  ${branches}
}

interval:s:1
{
  @seconds++;
  if (@seconds % getopt("interval", 1) == 0) {
    time("%H:%M:%S\\n");
    print(@bytes);
    clear(@bytes);
  }
}

end
{
  clear(@bytes);
  clear(@seconds);
}
`;
}
