/** tools/README.md: that it says of each tool what its tests do, and which tools nothing here can exercise. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readme } from '../../gen/tools.ts';

const text = readme();

test('the list of tools is that of their headers and tests', () => {
  assert.equal(readFileSync(join(import.meta.dirname, '../../tools/README.md'), 'utf8'), text, 'run node gen/tools.ts');
});

test('each tool has a test; all but a few are exercised', () => {
  assert.doesNotMatch(text, /\| not yet \|/);
  assert.deepEqual(
    [...text.matchAll(/^\| \[([\w-]+)\].* not exercised: (.*?) \|/gm)].map(([, tool, reason]) => `${tool}: ${reason}`),
    [
      'cpufreq: the frequency of virtual CPUs never changes',
      'llcstat: a virtual machine without counters of its cache',
      'biolatency-kp: the functions that it probes are there up to Linux 6.4',
      "zfsdist: there is no zfs here; it is as ext4's",
      "zfsslower: there is no zfs here; it is as ext4's",
    ],
  );
});
