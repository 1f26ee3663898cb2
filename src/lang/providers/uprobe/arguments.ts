/**
 * Where a function finds its arguments at its first instruction, and leaves what it returns: by the C calling
 * conventions of x86-64 (System V) and arm64 (AAPCS64), from the types that debug information gives.
 */
import { registerLayout } from '../../../abi/index.ts';
import type { ArgumentField, TypedAccess, ValueAccess } from '../../checked/index.ts';
import type { DebugFunction, DebugParameter, DebugType } from '../../../spec/index.ts';
import type { Target } from '../../target.ts';
import type { Type } from '../../types/index.ts';
import { word, registerWord } from '../access.ts';
import { typeFromDebug } from './debug-type.ts';

/** How a value travels. */
type Class =
  /** In general registers, as many words. */
  | { readonly kind: 'words'; readonly count: number; readonly isWide: boolean }
  /** In floating-point registers (perhaps others too): programs in the kernel don't see those. */
  | { readonly kind: 'float'; readonly floats: number; readonly words: number }
  | { readonly kind: 'memory'; readonly alignment: number }
  /** Its address is given. */
  | { readonly kind: 'reference' }
  | { readonly kind: 'nothing' };

const NONE: Type = { kind: 'none' };
const WORD = 8;

/** Arguments by name, or why there are none. */
export function argumentsOf(fn: DebugFunction, target: Target): readonly ArgumentField[] | { readonly error: string } {
  if (fn.language === 'go')
    return { error: 'Go functions take their arguments in registers of their own choice, which is not supported.' };
  if (fn.language === 'rust' && !hasPlainSignature(fn))
    return { error: `How Rust gives arguments to '${fn.name}' is not laid down: use arg0, arg1, …` };
  const places = new Places(target);
  if (isReturnedThroughPointer(fn.result.type, target)) places.skipResultPointer();
  return fn.parameters
    .map((parameter) => ({ name: parameter.name, ...toldPlace(parameter, places.next(parameter.type), target) }))
    .filter(({ name, type }) => name !== '' && type.kind !== 'void');
}

/** Undefined: nothing is returned, or where programs in the kernel don't see it. */
export function returnValueOf(fn: DebugFunction, target: Target): TypedAccess | undefined {
  if (fn.language === 'go' || (fn.language === 'rust' && !hasPlainSignature(fn))) return undefined;
  const { type } = fn.result;
  const how = classify(type, target);
  const first = registerLayout(target.architecture).returnValue;
  const second = target.architecture === 'x86_64' ? 'dx' : 'r1';
  if (how.kind === 'words') return inRegisters(type, [first, second].slice(0, how.count), target);
  // On x86-64 the address of what was returned in memory is given back.
  if (target.architecture === 'x86_64' && (how.kind === 'memory' || how.kind === 'reference') && type.kind === 'record')
    return { type: typeFromDebug(type), access: memoryAt(first, 0, target) };
  return undefined;
}

/** In optimised code a parameter may be in another register than is usual, or have none since all callers give the same. */
function toldPlace({ type, location }: DebugParameter, usual: TypedAccess, target: Target): TypedAccess {
  if (location === undefined || classify(type, target).kind !== 'words' || type.kind === 'record') return usual;
  if (location.kind === 'constant') return { type: usual.type, access: { kind: 'immediate', value: location.value } };
  const name = registerNames[target.architecture][location.number];
  return name === undefined ? usual : inRegisters(type, [name], target);
}

/** In the order of their DWARF numbers. */
const registerNames: Readonly<Record<Target['architecture'], readonly string[]>> = {
  x86_64: 'ax dx cx bx si di bp sp r8 r9 r10 r11 r12 r13 r14 r15'.split(' '),
  arm64: [...Array.from({ length: 31 }, (_, i) => `r${i}`), 'sp'],
};

/** Numbers, pointers, and what consists of two of them: those travel as in C. */
function hasPlainSignature({ parameters, result }: DebugFunction): boolean {
  return [...parameters, { type: result.type }].every(({ type }) => isPlain(type));
}

function isPlain(type: DebugType): boolean {
  if (type.kind !== 'record') return type.kind !== 'unknown' && type.kind !== 'array';
  const members = type.members();
  return type.size === 16 && members.length === 2 && members.every((each) => isWordSized(each.type));
}

function isWordSized(type: DebugType): boolean {
  return type.kind === 'pointer' || (type.kind === 'integer' && type.size === WORD);
}

// ---- classes --------------------------------------------------------------------------------------------

function classify(type: DebugType, target: Target): Class {
  switch (type.kind) {
    case 'void':
      return { kind: 'nothing' };
    case 'integer':
    case 'bool':
    case 'enum':
    case 'pointer':
      return { kind: 'words', count: type.size > WORD ? 2 : 1, isWide: type.size > WORD };
    case 'float':
      return type.size > WORD && target.architecture === 'x86_64'
        ? { kind: 'memory', alignment: 16 }
        : { kind: 'float', floats: 1, words: 0 };
    case 'record':
      return target.architecture === 'x86_64' ? classifyX86(type) : classifyArm64(type);
    default:
      return type.kind === 'unknown' && type.size > 0 && type.size <= WORD
        ? { kind: 'words', count: 1, isWide: false }
        : { kind: 'memory', alignment: WORD };
  }
}

type RecordOf = DebugType & { readonly kind: 'record' };

function classifyX86(type: RecordOf): Class {
  if (type.isPassedByReference) return { kind: 'reference' };
  if (type.size > 16) return { kind: 'memory', alignment: alignmentOf(type) };
  const words: ('integer' | 'float' | undefined)[] = [];
  for (const { type: leaf, offset } of leavesOf(type, 0)) {
    if (offset % Math.max(1, naturalAlignment(leaf)) !== 0 || (leaf.kind === 'float' && leaf.size > WORD))
      return { kind: 'memory', alignment: alignmentOf(type) };
    const index = Math.floor(offset / WORD);
    words[index] = leaf.kind === 'float' ? (words[index] ?? 'float') : 'integer';
    if (leaf.size > WORD) words[index + 1] = 'integer';
  }
  const count = Math.ceil(type.size / WORD);
  const classes = Array.from({ length: count }, (_, index) => words[index] ?? 'integer');
  if (words.length === 0) return { kind: 'nothing' };
  const floats = classes.filter((each) => each === 'float').length;
  return floats > 0 ? { kind: 'float', floats, words: count - floats } : { kind: 'words', count, isWide: false };
}

function classifyArm64(type: RecordOf): Class {
  if (type.isPassedByReference) return { kind: 'reference' };
  const leaves = leavesOf(type, 0);
  const [first] = leaves;
  if (first === undefined) return { kind: 'nothing' };
  const isFloats =
    leaves.length <= 4 && leaves.every(({ type: leaf }) => leaf.kind === 'float' && leaf.size === first.type.size);
  if (isFloats) return { kind: 'float', floats: leaves.length, words: 0 };
  if (type.size > 16) return { kind: 'reference' };
  return { kind: 'words', count: Math.ceil(type.size / WORD), isWide: alignmentOf(type) === 16 };
}

interface Leaf {
  readonly type: DebugType & { readonly size: number };
  readonly offset: number;
}

/** Records may be large: who asks knows that this one is not. */
function leavesOf(type: DebugType, offset: number, found: Leaf[] = []): Leaf[] {
  if (found.length > 64) return found;
  if (type.kind === 'record') {
    for (const member of type.members()) leavesOf(member.type, offset + Math.floor(member.bitOffset / 8), found);
  } else if (type.kind === 'array') {
    const size = sizeOf(type.element);
    for (let i = 0; i < Math.min(type.count, 64); i++) leavesOf(type.element, offset + i * size, found);
  } else if (type.kind !== 'void') found.push({ type, offset });
  return found;
}

function sizeOf(type: DebugType): number {
  if (type.kind === 'array') return type.count * sizeOf(type.element);
  return type.kind === 'void' ? 0 : type.size;
}

function naturalAlignment({ size }: { readonly size: number }): number {
  return Math.min(16, size);
}

function alignmentOf(type: RecordOf): number {
  return leavesOf(type, 0).some(({ type: leaf }) => leaf.size === 16) ? 16 : WORD;
}

function isReturnedThroughPointer(type: DebugType, target: Target): boolean {
  // On arm64 the address has a register of its own.
  if (target.architecture !== 'x86_64' || type.kind !== 'record') return false;
  const { kind } = classify(type, target);
  return kind === 'memory' || kind === 'reference';
}

// ---- places ---------------------------------------------------------------------------------------------

/** Gives out registers and then the stack, argument by argument. */
class Places {
  readonly #target: Target;
  readonly #registers: readonly string[];
  #used = 0;
  #floats = 0;
  /** Bytes above the stack pointer: on x86-64 the return address is in between. */
  #stack: number;

  constructor(target: Target) {
    this.#target = target;
    this.#registers = registerLayout(target.architecture).functionArguments;
    this.#stack = target.architecture === 'x86_64' ? WORD : 0;
  }

  skipResultPointer(): void {
    this.#used++;
  }

  next(debug: DebugType): TypedAccess {
    const how = classify(debug, this.#target);
    switch (how.kind) {
      case 'nothing':
        return { type: NONE, access: { kind: 'immediate', value: 0n } };
      case 'words':
        return this.#words(debug, how.count, how.isWide);
      case 'float':
        return this.#float(debug, how);
      case 'memory':
        return this.#onStack(typeFromDebug(debug), sizeOf(debug), how.alignment);
      case 'reference':
        return this.#reference(debug);
    }
  }

  #words(debug: DebugType, count: number, isWide: boolean): TypedAccess {
    if (this.#target.architecture === 'arm64' && isWide) this.#used += this.#used % 2;
    if (this.#used + count > this.#registers.length) {
      // arm64 gives no later argument a register that this one didn't fit into.
      if (this.#target.architecture === 'arm64') this.#used = this.#registers.length;
      return this.#onStack(typeFromDebug(debug), sizeOf(debug), isWide ? 16 : WORD);
    }
    const names = this.#registers.slice(this.#used, this.#used + count);
    this.#used += count;
    return inRegisters(debug, names, this.#target);
  }

  #float(debug: DebugType, { floats, words }: Class & { readonly kind: 'float' }): TypedAccess {
    const fits = this.#floats + floats <= 8 && this.#used + words <= this.#registers.length;
    if (!fits) return this.#onStack(typeFromDebug(debug), sizeOf(debug), WORD);
    this.#floats += floats;
    this.#used += words;
    return { type: NONE, access: { kind: 'immediate', value: 0n } };
  }

  #reference(debug: DebugType): TypedAccess {
    const name = this.#registers[this.#used];
    if (name === undefined) {
      this.#stack += WORD;
      return { type: NONE, access: { kind: 'immediate', value: 0n } };
    }
    this.#used++;
    return { type: typeFromDebug(debug), access: memoryAt(name, 0, this.#target) };
  }

  #onStack(type: Type, size: number, alignment: number): TypedAccess {
    const bias = this.#target.architecture === 'x86_64' ? WORD : 0;
    const at = Math.ceil((this.#stack - bias) / alignment) * alignment + bias;
    this.#stack = at + Math.ceil(size / WORD) * WORD;
    return { type, access: memoryAt(registerLayout(this.#target.architecture).stackPointer, at, this.#target) };
  }
}

function memoryAt(register: string, displacement: number, target: Target): ValueAccess {
  return { kind: 'userMemory', base: registerWord(target, register), displacement: BigInt(displacement) };
}

function inRegisters(debug: DebugType, names: readonly string[], target: Target): TypedAccess {
  const type = typeFromDebug(debug);
  const words = names.map((name) => registerWord(target, name) as ValueAccess & { readonly kind: 'word' });
  if (debug.kind === 'record' || names.length > 1)
    return { type, access: { kind: 'registers', offsets: words.map(({ offset }) => offset) } };
  const size = debug.kind === 'integer' || debug.kind === 'enum' || debug.kind === 'bool' ? debug.size : WORD;
  const signed = (debug.kind === 'integer' || debug.kind === 'enum') && debug.signed;
  return { type, access: word(words[0]!.offset, size === 1 || size === 2 || size === 4 ? size : WORD, signed) };
}
