import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRefusal, refusalMessage } from './verifier-log.ts';

/** Logs of real refusals, of kernels 6.18 and 6.12. */
const statistics = 'processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n';
const logs: readonly [name: string, log: string, message: string, slot: number | undefined][] = [
  [
    'the last line before the statistics is the reason',
    `0: R1=ctx() R10=fp0
0: (7a) *(u64 *)(r10 -8) = 0          ; R10=fp0 fp-8=0
3: (18) r1 = 0xffff8881043ea800       ; R1=map_ptr(map=m,ks=8,vs=8)
5: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=m,ks=8,vs=8)
6: (79) r3 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
${statistics}`,
    "the kernel's verifier refused program p: R0 invalid mem access 'map_value_or_null' (EACCES, at 6: r3 = *(u64 *)(r0 +0))",
    6,
  ],
  [
    'a bound is told with the access that it is about',
    `7: (79) r3 = *(u64 *)(r0 +8)
invalid access to map value, value_size=8 off=8 size=8
R0 min value is outside of the allowed memory range
${statistics}`,
    "the kernel's verifier refused program p: invalid access to map value, value_size=8 off=8 size=8: R0 min value is outside of the allowed memory range (EACCES, at 7: r3 = *(u64 *)(r0 +8))",
    7,
  ],
  [
    'refusals before the walk name their instruction',
    `jump out of range from insn 3 to 10\n${statistics}`,
    "the kernel's verifier refused program p: jump out of range from insn 3 to 10 (EACCES)",
    3,
  ],
  [
    'or none',
    `unknown opcode ff\n${statistics}`,
    "the kernel's verifier refused program p: unknown opcode ff (EACCES)",
    undefined,
  ],
  [
    'states are not reasons',
    `0: R1=ctx() R10=fp0\nfrom 3 to 5: R0=1 R10=fp0\n${statistics}`,
    'the kernel refused program p: EACCES, without a reason',
    undefined,
  ],
  ['an empty log has none', '', 'the kernel refused program p: EACCES, without a reason', undefined],
  [
    'a log cut off at its start',
    `)\n9: (b7) r0 = 0   ; R0=0\n10: (95) exit\nAt program exit the register R0 has smin=-1\n`,
    "the kernel's verifier refused program p: At program exit the register R0 has smin=-1 (EACCES, at 10: exit)",
    10,
  ],
];

for (const [name, log, message, slot] of logs) {
  test(name, () => {
    assert.equal(refusalMessage('p', 13, log), message);
    assert.equal(readRefusal(log)?.slot, slot);
  });
}
