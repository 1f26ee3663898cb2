import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Captures } from './captures.ts';

class Files {
  readonly contents = new Map<string, Uint8Array>();

  readFile(path: string, maxBytes: number) {
    const bytes = this.contents.get(path);
    if (bytes === undefined) return { ok: false, reason: 'No such file or directory' } as const;
    return { ok: true, bytes: bytes.subarray(0, maxBytes) } as const;
  }
  appendFile(path: string, bytes: Uint8Array): string | undefined {
    if (path.startsWith('/forbidden')) return 'Permission denied';
    this.contents.set(path, Buffer.concat([this.contents.get(path) ?? new Uint8Array(), bytes]));
    return undefined;
  }
}

const TIME = 1_700_000_000_123_456_789n;

function start() {
  const files = new Files();
  let messages = '';
  const captures = new Captures(files, { write: (text) => (messages += text) });
  return { files, captures, messages: () => messages };
}

test('F-12 a new capture: header, then time, length, whole length and bytes of each packet', async () => {
  const { files, captures, messages } = start();
  await captures.add('/a.pcap', TIME, new Uint8Array([1, 2, 3]), 60);
  await captures.add('/a.pcap', TIME + 1n, new Uint8Array([4]), 1);
  const bytes = Buffer.from(files.contents.get('/a.pcap')!);
  assert.equal(bytes.length, 24 + 16 + 3 + 16 + 1);
  assert.deepEqual(
    [bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt16LE(6), bytes.readUInt32LE(20)],
    [0xa1b23c4d, 2, 4, 1],
  );
  assert.deepEqual(
    [24, 28, 32, 36].map((at) => bytes.readUInt32LE(at)),
    [1_700_000_000, 123_456_789, 3, 60],
  );
  assert.deepEqual([...bytes.subarray(40, 43)], [1, 2, 3]);
  assert.equal(bytes.readUInt32LE(47), 123_456_790);
  assert.equal(messages(), '');
});

test('F-12 a capture that is there is continued in its own unit of time, whatever its link type', async () => {
  const { files, captures } = start();
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(101, 20);
  files.contents.set('/old.pcap', header);
  await captures.add('/old.pcap', TIME, new Uint8Array([9]), 1);
  const bytes = Buffer.from(files.contents.get('/old.pcap')!);
  assert.equal(bytes.length, 24 + 17);
  assert.equal(bytes.readUInt32LE(28), 123_456);
  assert.equal(bytes.readUInt32LE(20), 101);
});

test('F-12 no other file is touched, and what cannot be written is told once', async () => {
  const { files, captures, messages } = start();
  files.contents.set('/etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\n'));
  for (const path of ['/etc/passwd', '/forbidden/a.pcap', '/etc/passwd', '/forbidden/a.pcap'])
    await captures.add(path, TIME, new Uint8Array([1]), 1);
  assert.equal(Buffer.from(files.contents.get('/etc/passwd')!).toString(), 'root:x:0:0:root:/root:/bin/sh\n');
  assert.equal(
    messages(),
    "ERROR: failed to write packets to '/etc/passwd' (it is there and is no capture (pcap))\n" +
      "ERROR: failed to write packets to '/forbidden/a.pcap' (Permission denied)\n",
  );
});
