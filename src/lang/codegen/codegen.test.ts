import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HelperId } from '../../abi/index.ts';
import { disassemble } from '../../asm/index.ts';
import { Builder, clean } from '../ir/index.ts';
import { argument, build, choice, countPerProcess, event, loop } from '../testing/shapes.ts';
import { generateCode } from './index.ts';

function listing(shape: (b: Builder) => void): string {
  const code = generateCode(clean(build(shape)));
  assert.ok('instructions' in code);
  return disassemble(code.instructions).replaceAll(/^ *\d+: \(..\) /gm, '  ');
}

test('a look-up, a null check and an atomic add, without a needless move', () => {
  assert.equal(
    listing(countPerProcess),
    `\
  call bpf_get_current_pid_tgid#14
  r0 >>= 32
  *(u64 *)(r10 -8) = r0
  r1 = map[counts]
  r2 = r10
  r2 += -8
  call bpf_map_lookup_elem#1
  if r0 == 0x0 goto pc+4
  r5 = 1
  lock *(u64 *)(r0 +0) += r5
f.1:
  r0 = 0
  exit
f.9:
  *(u64 *)(r10 -16) = 1
  r1 = map[counts]
  r2 = r10
  r2 += -8
  r3 = r10
  r3 += -16
  r4 = 1
  call bpf_map_update_elem#2
  goto pc-12
`,
  );
});

test('a loop jumps once per round and copies no variable', () => {
  assert.equal(
    listing(loop),
    `\
  r5 = *(u64 *)(r1 +8)
  r4 = *(u64 *)(r1 +16)
  r3 = 0
  goto pc+5
f.6:
  r2 = r3
  r2 *= r3
  r5 += r2
  r3 += 1
  goto pc+0
f.5:
  if r3 < 0xa goto pc-6
  r5 ^= r4
  r4 = map[data][0]+8
  *(u64 *)(r4 +0) = r5
  r0 = 0
  exit
`,
  );
});

test('both sides of a choice compute in the register of the result', () => {
  assert.equal(
    listing(choice),
    `\
  r5 = *(u64 *)(r1 +8)
  if r5 s>= 0x64 goto pc+2
  r5 *= 3
  goto pc+1
f.2:
  r5 = 7
f.3:
  r4 = map[data][0]+8
  lock *(u64 *)(r4 +0) += r5
  r0 = 0
  exit
`,
  );
});

test('only what is needed after a call goes to saved registers; a lost record is counted out of line', () => {
  assert.equal(
    listing(event),
    `\
  r6 = r1
  call bpf_get_current_pid_tgid#14
  r7 = r0
  r0 >>= 32
  if r0 != 0x4d2 goto pc+15
  call bpf_ktime_get_ns#5
  r8 = r0
  r1 = map[ring]
  r2 = 32
  r3 = 0
  call bpf_ringbuf_reserve#131
  if r0 == 0x0 goto pc+9
  *(u64 *)(r0 +0) = r8
  *(u32 *)(r0 +8) = r7
  r5 = *(u64 *)(r6 +16)
  *(u64 *)(r0 +16) = r5
  r1 = r0
  r2 = 1
  call bpf_ringbuf_submit#132
f.1:
  r0 = 0
  exit
f.12:
  r5 = map[data][0]+0
  r4 = 1
  lock *(u64 *)(r5 +0) += r4
  goto pc-7
`,
  );
});

test('swapped variables need three moves', () => {
  const text = listing((b) => {
    b.write(1, argument(b, 0));
    b.write(2, argument(b, 1));
    const [head, body, done] = [b.block(), b.block(), b.block()];
    b.jump(head);
    b.enter(head, { loop: true });
    b.branch('ult', b.read(1), b.constant(9), body, done);
    b.enter(body);
    const [first, second] = [b.read(1), b.read(2)];
    b.write(1, second);
    b.write(2, first);
    b.jump(head);
    b.seal(head);
    b.enter(done);
    b.exit(b.binary('sub', b.read(1), b.read(2)));
  });
  assert.match(
    text,
    /:\n {2}(r\d) = (r\d)\n {2}\2 = (r\d)\n {2}\3 = \1\n {2}goto pc\+0\nf\.\d+:\n {2}if \2 < 0x9 goto pc-5\n/,
  );
});

test('a product is computed in the register of whichever factor is not needed any more', () => {
  const text = listing((b) => {
    const [x, y] = [argument(b, 0), argument(b, 1)];
    b.store(8, b.mapValue('data', 0), 0, b.binary('mul', x, y));
    b.store(8, b.mapValue('data', 8), 0, x);
    b.exit(b.constant(0));
  });
  assert.match(text, /^ {2}(r\d) = .*\n {2}(r\d) = .*\n {2}\2 \*= \1\n/);
});

test('immediates that the verifier or the format refuses go through a register', () => {
  const text = listing((b) => {
    const x = argument(b, 0);
    b.exit(b.binary('add', b.binary('udiv', x, b.constant(0)), b.binary('xor', x, b.constant(2n ** 31n))));
  });
  assert.match(text, /(r\d) = 0\n {2}(r\d) = .*\n {2}\2 \/= \1\n/);
  assert.match(text, /(r\d) = 0x80000000\n {2}r\d \^= \1\n/);
});

test('an offset that an instruction can not hold is added to the address', () => {
  const text = listing((b) => {
    b.store(8, argument(b, 0), 40_000, b.constant(1));
    b.exit(b.constant(0));
  });
  assert.match(text, /r4 = r5\n {2}r4 \+= 40000\n {2}\*\(u64 \*\)\(r4 \+0\) = 1\n/);
});

test('more values than registers: those are kept on the stack that are used least', () => {
  const text = listing((b) => {
    const values = Array.from({ length: 6 }, () => b.call(HelperId.get_prandom_u32, []));
    b.exit(values.reduce((sum, value) => b.binary('add', sum, value)));
  });
  assert.equal(text.match(/\*\(u64 \*\)\(r10 -\d+\) = r0/g)?.length, 1);
  assert.equal(text.match(/r\d = \*\(u64 \*\)\(r10 -\d+\)/g)?.length, 1);
});

test('an endless loop of nothing is compiled, for the verifier to refuse', () => {
  const text = listing((b) => {
    const head = b.block();
    b.jump(head);
    b.enter(head, { loop: true });
    b.jump(head);
    b.seal(head);
  });
  assert.equal(text, 'f.1:\n  goto pc-1\n');
});

test('slots that nothing uses take no room, and too many are reported', () => {
  const withSlots = (used: number) =>
    build((b) => {
      b.slot(400);
      for (let i = 0; i < used; i++) b.store(8, b.frame(b.slot(100)), 0, b.constant(0));
      b.exit(b.constant(0));
    });
  const code = generateCode(withSlots(4));
  assert.ok('instructions' in code);
  assert.equal(code.stackBytes, 4 * 104);
  assert.deepEqual(generateCode(withSlots(5)), { stackOverflow: 5 * 104 });
});

test('instructions know where in the script they come from', () => {
  const b = new Builder('f');
  b.span = { start: 3, end: 9 };
  b.store(8, b.mapValue('data', 0), 0, b.constant(1));
  b.exit(b.constant(0));
  const code = generateCode(b.finish());
  assert.ok('instructions' in code);
  assert.deepEqual(code.instructions[0]?.source, { start: 3, end: 9 });
});
