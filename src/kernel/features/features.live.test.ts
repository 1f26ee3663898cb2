import assert from 'node:assert/strict';
import { release } from 'node:os';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { HelperId, ProgramType } from '../../abi/index.ts';
import { describeFeature, featureNames, haveFeature, haveHelper, probeFeature, type FeatureName } from './index.ts';

/** What a kernel's configuration can leave out, however new it is, and the file that tells. */
const configurable: Partial<Record<FeatureName, () => boolean>> = {
  kprobe: () => existsSync('/sys/bus/event_source/devices/kprobe'),
  uprobe: () => existsSync('/sys/bus/event_source/devices/uprobe'),
};
/** Depends on options that show nowhere; the answer must still be yes or no. */
const undecided: ReadonlySet<FeatureName> = new Set([
  'kprobe-multi',
  'kprobe-session',
  'fentry',
  'probe-write-user',
  'override-return',
]);

function isAtLeast(minimum: string): boolean {
  const [major, minor] = release().split('.').map(Number) as [number, number];
  const [wantMajor, wantMinor] = minimum.split('.').map(Number) as [number, number];
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

for (const name of featureNames) {
  const { title, minimumKernel } = describeFeature(name);
  test(`${name} (${title}) is answered as ${minimumKernel} says`, () => {
    const answer = probeFeature(name);
    assert.notEqual(answer.answer, 'unclear', JSON.stringify(answer));
    if (answer.answer === 'no') assert.equal(answer.minimumKernel, minimumKernel);
    if (undecided.has(name)) return;
    const expected = configurable[name]?.() ?? isAtLeast(minimumKernel);
    assert.equal(answer.answer === 'yes', expected, JSON.stringify(answer));
    // That one feature follows from a newer one is the same answer.
    assert.equal(haveFeature(name), expected);
  });
}

test('helpers by program type', () => {
  assert.equal(haveHelper(ProgramType.PerfEvent, HelperId.perf_prog_read_value), true);
  assert.equal(haveHelper(ProgramType.RawTracepoint, HelperId.perf_prog_read_value), false);
  assert.equal(haveHelper(ProgramType.Tracepoint, 9999), false);
});
