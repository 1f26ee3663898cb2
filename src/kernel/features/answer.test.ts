import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeSyscalls } from '../sys/fake.ts';
import { systemError } from '../sys/index.ts';
import { answerTo } from './answer.ts';

const EPERM = 1;
const EINVAL = 22;
const ENOMEM = 12;

function answerOf(probe: () => boolean): string {
  return answerTo({ title: 't', minimumKernel: '5.8', probe }).answer;
}
function failing(errno: number): () => boolean {
  return () => {
    throw systemError('bpf(PROG_LOAD)', errno);
  };
}
function withCapabilities(low: number, high: number): Disposable {
  return new FakeSyscalls({
    capget: (_header, data) => {
      const view = new DataView((data as Uint8Array).buffer);
      view.setUint32(0, low, true);
      view.setUint32(12, high, true);
      return 0;
    },
  }).install();
}

test('yes, no with the kernel that has it, unclear with the error', () => {
  assert.equal(
    answerOf(() => true),
    'yes',
  );
  assert.deepEqual(answerTo({ title: 't', minimumKernel: '5.8', probe: failing(EINVAL) }), {
    answer: 'no',
    minimumKernel: '5.8',
    reason: 'bpf(PROG_LOAD): Invalid argument (EINVAL)',
  });
  const unclear = answerTo({ title: 't', minimumKernel: '5.8', probe: failing(ENOMEM) });
  assert.equal(unclear.answer, 'unclear');
  assert.match(String(unclear.answer === 'unclear' && unclear.error), /ENOMEM/);
});

test('what is refused for want of a capability is unclear; with all of them, it is a no', () => {
  {
    using _ = withCapabilities(0, 0);
    assert.equal(answerOf(failing(EPERM)), 'unclear');
  }
  {
    using _ = withCapabilities(0, (1 << 7) | (1 << 6));
    assert.equal(answerOf(failing(EPERM)), 'no');
  }
});
