import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText, complaintsIn, statementsOf } from '../testing/check-script.ts';
import { sampleTarget } from '../testing/target.ts';
import type { Target } from '../target.ts';

const able: Target = Object.create(sampleTarget(), { have: { value: () => true } }) as Target;

test('F-62 override() takes any integer and stands where it is written', () => {
  const program = 'kprobe:vfs_read { $x = (int32)-12; override($x); if (pid == 5) { override(0); } @n = count(); }';
  assert.deepEqual(
    statementsOf(program, { unsafe: true, target: able }).filter((line) => line.includes('override')),
    ['override(int64($x#0)):int64', 'override(0:int64):int64'],
  );
});

test('F-62 E-32 where override() is not available', () => {
  assert.deepEqual(complaintsIn('override(1);', { unsafe: true, target: able }), [
    '9-20 ERROR: The override function can not be used with special probes',
    'HINT: Only a kprobe at the entry of a function can return in its place.',
  ]);
  const refused = (script: string, target?: Target): string =>
    checkText(script, { unsafe: true, ...(target === undefined ? {} : { target }) }).rendered;
  assert.equal(
    refused('kretprobe:vfs_read { override(1); }', able),
    `stdin:1:22-33: ERROR: The override function can not be used with kretprobe probes
kretprobe:vfs_read { override(1); }
                     ~~~~~~~~~~~
HINT: Only a kprobe at the entry of a function can return in its place.
`,
  );
  assert.equal(
    refused('kprobe:vfs_read { override(1); }'),
    `stdin:1:19-30: ERROR: This kernel doesn't let programs return in a function's place.
kprobe:vfs_read { override(1); }
                  ~~~~~~~~~~~
HINT: It is built without CONFIG_BPF_KPROBE_OVERRIDE.
`,
  );
  assert.match(refused('kprobe:vfs_read { override("x"); }', able), /override\(\) expects an integer/);
});

test('F-56 F-58 functions of other kinds of probes say which', () => {
  assert.deepEqual(complaintsIn('skboutput("a.pcap", 0, 1, 0); path(0, 5); socket_cookie(0);'), [
    '9-37 ERROR: skboutput() expects a pointer to a struct sk_buff (int8 provided)',
    '39-49 ERROR: The path function can not be used with special probes',
    "HINT: The kernel has it for 'fentry', 'fexit', 'lsm' and 'iter' probes.",
    '51-67 ERROR: The socket_cookie function can not be used with special probes',
    "HINT: The kernel has it for 'fentry', 'fexit', 'lsm' and 'iter' probes.",
  ]);
});
