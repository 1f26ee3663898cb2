export interface Entry {
  readonly name: string;
  /** File type and permissions, as in `st_mode`. */
  readonly mode: number;
  readonly bytes?: Buffer;
}

/** An archive in cpio's "newc" form, which the kernel unpacks as its first root file system. */
export function archive(entries: readonly Entry[]): Buffer {
  const parts = entries.map((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, record({ name: 'TRAILER!!!', mode: 0 }, 0)]);
}

/** A header of thirteen fields in hexadecimal, the name, the content; the latter two padded to four bytes. */
function record({ name, mode, bytes = Buffer.alloc(0) }: Entry, inode: number): Buffer {
  const [user, group, links, time, device, checksum] = [0, 0, 1, 0, 0, 0];
  const fields = [
    inode,
    mode,
    user,
    group,
    links,
    time,
    bytes.length,
    device,
    device,
    device,
    device,
    name.length + 1,
    checksum,
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(bytes)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
