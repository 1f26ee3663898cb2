import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUsdtArguments } from './operands.ts';

/** `i32 [base+8]`: type, then place. */
function shown(text: string, architecture: 'x86_64' | 'arm64' = 'x86_64'): string[] {
  return parseUsdtArguments(text, architecture).map((argument) => {
    if ('error' in argument) return argument.error;
    const { type, operand } = argument;
    const name = `${type.signed ? 'i' : 'u'}${type.size * 8}`;
    if (operand.kind === 'constant') return `${name} ${operand.value}`;
    if (operand.kind === 'register') return `${name} @${operand.offset}`;
    const { symbol = '', base = '', index, scale, displacement } = operand;
    const indexed =
      index === undefined ? '' : `+@${index.offset}:${index.signed ? 'i' : 'u'}${index.size * 8}*${scale}`;
    return `${name} [${symbol}${base === '' ? '' : `@${base}`}${indexed} ${displacement}]`;
  });
}

test('P-61 registers of every width on x86-64', () => {
  assert.deepEqual(shown('8@%rax 4@%eax -2@%ax 1@%al -1@%ah 8@%r12 -4@%r9d 2@%r10w 1@%r15b 1@%sil -4@%edi 8@%rip'), [
    'u64 @80',
    'u32 @80',
    'i16 @80',
    'u8 @80',
    'i8 @81',
    'u64 @24',
    'i32 @64',
    'u16 @56',
    'u8 @0',
    'u8 @104',
    'i32 @112',
    'u64 @128',
  ]);
});

test('P-61 constants and memory on x86-64', () => {
  assert.deepEqual(
    shown(
      '-4@$-5 8@$0x10 8@-16(%rbp) -4@(%rbx) 8@8(%rax,%rcx,4) 4@(,%rdx,8) 8@0x601040 4@table(%rip) -4@table+4(%rip)',
    ),
    [
      'i32 -5',
      'u64 16',
      'u64 [@32 -16]',
      'i32 [@40 0]',
      'u64 [@80+@88:u64*4 8]',
      'u32 [+@96:u64*8 0]',
      'u64 [ 6295616]',
      'u32 [table 0]',
      'i32 [table 4]',
    ],
  );
  assert.deepEqual(shown('4@8+table(%rip) 8@name@GOTPCREL(%rip) %rax'), ['u32 [table 8]', 'u64 [name 0]', 'u64 @80']);
});

test('P-61 the forms of arm64', () => {
  assert.deepEqual(
    shown(
      '8@x0 -4@w1 8@[sp, 16] -4@[sp,12] 8@[x29, -8] 4@[x1, x2] 8@[x0, x3, lsl 3] 4@[x0, w4, sxtw 2] 8@5 -4@-1 8@xzr 8@sp',
      'arm64',
    ),
    [
      'u64 @0',
      'i32 @8',
      'u64 [@248 16]',
      'i32 [@248 12]',
      'u64 [@232 -8]',
      'u32 [@8+@16:u64*1 0]',
      'u64 [@0+@24:u64*8 0]',
      'u32 [@0+@32:i32*4 0]',
      'u64 5',
      'i32 -1',
      'u64 0',
      'u64 @248',
    ],
  );
});

test('P-61 what can not be read says why, and leaves the others', () => {
  assert.deepEqual(shown('8f@%xmm0 4@%eax 16@%rax 8@%zmm1 8@%fs:16 8@(%rax'), [
    "'8f@%xmm0' is a floating-point number",
    'u32 @80',
    "'16@%rax' has 16 bytes",
    "'8@%zmm1' is of a form that is not known",
    "'8@%fs:16' is of a form that is not known",
    "'8@(%rax' is of a form that is not known",
  ]);
  assert.deepEqual(shown('8@x31 8@d0', 'arm64'), [
    "'8@x31' is of a form that is not known",
    "'8@d0' is of a form that is not known",
  ]);
});

test('any text is read without a throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'-48f@%$rabx0123(),[]+ spwlxi'.split('')) }),
      fc.constantFrom('x86_64', 'arm64'),
      (text, arch) => {
        for (const argument of parseUsdtArguments(text, arch)) assert.ok('error' in argument || argument.type.size > 0);
      },
    ),
  );
});
