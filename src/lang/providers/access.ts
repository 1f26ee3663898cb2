/** How programs of the tracing types get at registers. */
import { registerLayout, registerOffset } from '../../abi/index.ts';
import type { ContextAccess, ProbeContext } from '../checked/index.ts';
import { nearest } from '../diagnostic/index.ts';
import type { Target } from '../target.ts';
import { findTaggedType, type Type } from '../types/index.ts';

type WordSize = 1 | 2 | 4 | 8;

export function word(offset: number, size: WordSize = 8, signed = false): ContextAccess {
  return { kind: 'word', offset, size, signed };
}

/** The whole of a register in a context that starts with `struct pt_regs`. The name must be one of the architecture's. */
export function registerWord(target: Target, name: string): ContextAccess {
  return word(registerOffset(target.architecture, name) ?? 0);
}

/** What every program with registers at the start of its context shares. */
export function registerContext(
  target: Target,
  contextStruct: string,
): Pick<ProbeContext, 'register' | 'contextType' | 'userMode'> {
  return {
    register: (name) => findRegister(target, name),
    contextType: structOrVoid(target, contextStruct),
    ...(target.architecture === 'x86_64'
      ? { userMode: { kind: 'maskEquals', base: registerWord(target, 'cs'), mask: 3, equals: 3 } }
      : {}),
  };
}

function findRegister(target: Target, name: string): ContextAccess | { readonly error: string } {
  if (registerOffset(target.architecture, name) !== undefined) return registerWord(target, name);
  const names = Object.keys(registerLayout(target.architecture).offsets);
  const close = nearest(name, names);
  const advice = close === undefined ? `it has ${names.join(', ')}` : `did you mean '${close}'?`;
  return { error: `'${name}' is not a register of ${target.architecture}: ${advice}` };
}

function structOrVoid(target: Target, name: string): Type {
  return (target.btf === undefined ? undefined : findTaggedType(target.btf, 'struct', name)) ?? { kind: 'void' };
}

/** `arg0` … of a function that follows the C calling convention. */
export function functionArgument(target: Target): (index: number) => ContextAccess | { readonly error: string } {
  const names = registerLayout(target.architecture).functionArguments;
  return (index) => {
    const name = names[index];
    if (name !== undefined) return registerWord(target, name);
    return {
      error: `${target.architecture} doesn't support arg${index}: it passes ${names.length} arguments in registers (arg0 to arg${names.length - 1})`,
    };
  };
}

export function functionReturnValue(target: Target): NonNullable<ProbeContext['returnValue']> {
  const { returnValue } = registerLayout(target.architecture);
  return { type: { kind: 'integer', size: 8, signed: false }, access: registerWord(target, returnValue) };
}
