import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError, UnsupportedFeatureError } from '../../base/index.ts';
import { FakeSyscalls } from '../sys/fake.ts';
import { parseFilterFunctions, parseTracepointFormat, Tracefs } from './index.ts';

const format = `name: demo
ID: 42
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;
\tfield:__rel_loc u8[] blob;\toffset:12;\tsize:4;\tsigned:0;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:unsigned long args[6];\toffset:32;\tsize:48;\tsigned:0;
\tfield:const char * filename;\toffset:80;\tsize:8;\tsigned:0;
\tfield:const struct sk_buff *skb;\toffset:88;\tsize:8;\tsigned:0;
\tfield:__u8 saddr[sizeof(struct sockaddr_in6)];\toffset:96;\tsize:28;\tsigned:0;
\tfield:unsigned int flag:3;\toffset:124;\tsize:4;\tsigned:0;
\tfield special:u8 raw;\toffset:128;\tsize:1;
\tfield:unsigned long dst[2][3];\toffset:136;\tsize:48;\tsigned:0;

print fmt: "field:%s", REC->comm
`;

test('reads every form of field', () => {
  const { name, id, fields } = parseTracepointFormat(format);
  assert.deepEqual([name, id], ['demo', 42]);
  assert.deepEqual(
    fields.map((f) => [f.type, f.name, f.offset, f.size, f.signed, f.dataLocation, f.arrayLength]),
    [
      ['unsigned short', 'common_type', 0, 2, false, undefined, undefined],
      ['int', 'common_pid', 4, 4, true, undefined, undefined],
      ['__data_loc char[]', 'name', 8, 4, false, 'absolute', undefined],
      ['__rel_loc u8[]', 'blob', 12, 4, false, 'relative', undefined],
      ['char[16]', 'comm', 16, 16, false, undefined, '16'],
      ['unsigned long[6]', 'args', 32, 48, false, undefined, '6'],
      ['const char *', 'filename', 80, 8, false, undefined, undefined],
      ['const struct sk_buff *', 'skb', 88, 8, false, undefined, undefined],
      ['__u8[sizeof(struct sockaddr_in6)]', 'saddr', 96, 28, false, undefined, 'sizeof(struct sockaddr_in6)'],
      ['unsigned int', 'flag', 124, 4, false, undefined, undefined],
      ['u8', 'raw', 128, 1, false, undefined, undefined],
      ['unsigned long[2][3]', 'dst', 136, 48, false, undefined, '2'],
    ],
  );
});

test('damaged formats are FormatErrors', () => {
  const damaged = [
    '',
    'name: x\n',
    'name: x\nID: y\n',
    format.replace('offset:16', 'offset:?'),
    format.replace('char comm[16]', '[16]'),
  ];
  for (const text of damaged) assert.throws(() => parseTracepointFormat(text), FormatError);
});

test('functions that can be traced', () => {
  assert.deepEqual(parseFilterFunctions('vfs_read\nnf_hook [nf_tables]\n__ftrace_invalid_address___12\n\n'), [
    { name: 'vfs_read' },
    { name: 'nf_hook', module: 'nf_tables' },
  ]);
});

test('without the right to mount it, tracefs says what is missing and what still works', () => {
  using _ = new FakeSyscalls({ fsopen: () => -1, capget: () => 0 }).install();
  assert.throws(
    () => Tracefs.openDetached(),
    (error: unknown) => {
      assert.ok(error instanceof UnsupportedFeatureError);
      assert.equal(
        error.message,
        "the kernel's tracing file system can't be read: fsopen of tracefs: Operation not permitted (EPERM)",
      );
      assert.match(
        error.advice!,
        /^This needs CAP_SYS_ADMIN: .* Without it, raw tracepoints, profile and interval probes still work\.$/,
      );
      return true;
    },
  );
});
