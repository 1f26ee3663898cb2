/** Expressions whose value fits a register. */
import { BugError } from '../../base/index.ts';
import type { ArithmeticOperator, Expression, ScriptMap } from '../checked/index.ts';
import type { BinaryOp, Value } from '../ir/index.ts';
import { isWord, sizeOf } from '../types/index.ts';
import {
  lowerAddressOf,
  lowerKernelCall,
  lowerLinkedCall,
  lowerMapFind,
  lowerMapLength,
  lowerStackLength,
} from './addresses.ts';
import { readBuiltin } from './builtins.ts';
import { memcmp, swapBytes, writeUser } from './bytes.ts';
import { probeRead, readContext, truth } from './context.ts';
import { writeToTracePipe } from './debug.ts';
import { writeToIterator } from './iterator.ts';
import { type Address, Helper, type Lowering, pointer, warn, whenRare } from './lowering.ts';
import { readAggregation, readMapWord, lowerMapDelete, lowerMapHasKey, lowerIncrement } from './maps.ts';
import { compareMemory, compareStrings, strncmp } from './strings.ts';
import { findText } from './text-search.ts';
import { textLength } from './text.ts';
import { loadThroughTypes } from './typed-reads.ts';
import { socketCookie } from './trusted.ts';
import { wordFormat } from './word-format.ts';

const OPERATORS: Record<ArithmeticOperator, BinaryOp> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  udiv: 'udiv',
  sdiv: 'sdiv',
  umod: 'umod',
  smod: 'smod',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: 'shl',
  shr: 'lshr',
};

export function lowerWord(l: Lowering, e: Expression): Value {
  const b = l.builder;
  switch (e.kind) {
    case 'constant':
      return b.constant(e.value);
    case 'variable':
      return l.readVariable(e.variable);
    case 'mapRead':
      return readMapWord(l, e);
    case 'aggregationRead':
      return readAggregation(l, e);
    case 'unary':
      return lowerUnary(l, e);
    case 'arithmetic':
      return lowerArithmetic(l, e);
    case 'compare':
      return truth(l, e.operator, l.word(e.left), l.word(e.right));
    case 'compareStrings':
      return compareStrings(l, e);
    case 'compareMemory':
      return compareMemory(l, e);
    case 'logical':
    case 'conditional':
      return lowerChoice(l, e);
    case 'convert':
      return lowerConversion(l, e);
    case 'read':
      return lowerRead(l, e);
    case 'context':
      return readContext(l, e.access);
    case 'contextPointer':
      return b.context();
    case 'member':
      return loadFrom(l, l.address(e.operand), e);
    case 'element':
      return lowerElement(l, e);
    case 'builtin':
      return readBuiltin(l, e.name);
    case 'call':
      return lowerCall(l, e);
    case 'increment':
      return writing(l, e.target.kind === 'variable' ? undefined : e.target.map, lowerIncrement(l, e));
    case 'mapDelete':
      return writing(l, e.map, lowerMapDelete(l, e));
    case 'mapHasKey':
      return lowerMapHasKey(l, e);
    case 'mapFind':
      return lowerMapFind(l, e);
    case 'mapLength':
      return lowerMapLength(l, e);
    case 'addressOf':
      return lowerAddressOf(l, e);
    case 'kernelCall':
      return lowerKernelCall(l, e);
    case 'linkedCall':
      return lowerLinkedCall(l, e);
    case 'ownCall':
      return l.callOwn(e) as Value;
    case 'sequence':
      l.statements(e.statements);
      return l.word(e.value);
    case 'string':
    case 'aggregate':
      throw new BugError(`${e.kind} is no word`);
  }
}

/** What was read of the map is not known any more. */
function writing(l: Lowering, map: ScriptMap | undefined, result: Value): Value {
  if (map !== undefined) l.reads.forget(map.name);
  return result;
}

function lowerUnary(l: Lowering, e: Expression & { kind: 'unary' }): Value {
  const b = l.builder;
  const operand = l.word(e.operand);
  switch (e.operator) {
    case 'neg':
      return b.negate(operand);
    case 'not':
      return b.binary('xor', operand, b.constant(-1));
    case 'logicalNot':
      return truth(l, 'eq', operand, b.constant(0));
  }
}

function lowerArithmetic(l: Lowering, e: Expression & { kind: 'arithmetic' }): Value {
  const b = l.builder;
  const left = l.word(e.left);
  const right = l.word(e.right);
  switch (e.operator) {
    case 'shl':
    case 'shr':
      return b.binary(OPERATORS[e.operator], left, b.binary('and', right, b.constant(63)));
    case 'udiv':
    case 'sdiv':
    case 'umod':
    case 'smod':
      return lowerDivision(l, e, left, right);
    default:
      return b.binary(OPERATORS[e.operator], left, right);
  }
}

function lowerDivision(l: Lowering, e: Expression & { kind: 'arithmetic' }, left: Value, right: Value): Value {
  const b = l.builder;
  if (right.op === 'const' && right.value !== 0n) return divide(l, e.operator, left, right);
  const result = b.temporary();
  const byZero = b.block({ cold: true });
  const divides = b.block();
  const done = b.block();
  b.branch('eq', right, b.constant(0), byZero, divides);
  b.enter(byZero);
  b.scope(() => {
    const message =
      'Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.';
    warn(l, { message, level: 1, span: e.span });
    b.write(result, b.constant(1));
    b.jump(done);
  });
  b.enter(divides);
  b.scope(() => {
    b.write(result, divide(l, e.operator, left, right));
    b.jump(done);
  });
  b.enter(done);
  return b.read(result);
}

/** Kernels before 6.6 lack signed division: it is done on absolute values there. */
function divide(l: Lowering, operator: ArithmeticOperator, left: Value, right: Value): Value {
  const b = l.builder;
  const isSigned = operator === 'sdiv' || operator === 'smod';
  if (!isSigned || l.script.target.have('signed-division')) return b.binary(OPERATORS[operator], left, right);
  const unsigned = b.binary(operator === 'sdiv' ? 'udiv' : 'umod', absolute(l, left), absolute(l, right));
  // The quotient is negative where the signs differ, the remainder where the dividend is.
  const sign = operator === 'sdiv' ? b.binary('xor', left, right) : left;
  const mask = b.binary('ashr', sign, b.constant(63));
  return b.binary('sub', b.binary('xor', unsigned, mask), mask);
}

function absolute(l: Lowering, value: Value): Value {
  const b = l.builder;
  const mask = b.binary('ashr', value, b.constant(63));
  return b.binary('sub', b.binary('xor', value, mask), mask);
}

/** Short-circuit operators and ?: on words. */
function lowerChoice(l: Lowering, e: Expression & { kind: 'logical' | 'conditional' }): Value {
  const b = l.builder;
  const result = b.temporary();
  const yes = b.block();
  const no = b.block();
  const done = b.block();
  lowerCondition(l, e.kind === 'conditional' ? e.condition : e, yes, no);
  b.enter(yes);
  b.scope(() => {
    b.write(result, e.kind === 'conditional' ? l.word(e.then) : b.constant(1));
    b.jump(done);
  });
  b.enter(no);
  b.scope(() => {
    b.write(result, e.kind === 'conditional' ? l.word(e.else) : b.constant(0));
    b.jump(done);
  });
  b.enter(done);
  return b.read(result);
}

type IrBlock = ReturnType<Lowering['builder']['block']>;

/** Branches on a condition without making its value. */
export function lowerCondition(l: Lowering, e: Expression, yes: IrBlock, no: IrBlock): void {
  const b = l.builder;
  if (e.kind === 'compare') {
    const left = l.word(e.left);
    b.branch(e.operator, left, l.word(e.right), yes, no);
  } else if (e.kind === 'unary' && e.operator === 'logicalNot') {
    lowerCondition(l, e.operand, no, yes);
  } else if (e.kind === 'convert' && e.type.kind === 'bool' && isWord(e.operand.type)) {
    lowerCondition(l, e.operand, yes, no);
  } else if (e.kind === 'logical') {
    const middle = b.block();
    if (e.operator === 'and') lowerCondition(l, e.left, middle, no);
    else lowerCondition(l, e.left, yes, middle);
    b.enter(middle);
    b.scope(() => lowerCondition(l, e.right, yes, no));
  } else {
    b.branch('ne', l.word(e), b.constant(0), yes, no);
  }
}

function lowerConversion(l: Lowering, e: Expression & { kind: 'convert' }): Value {
  const b = l.builder;
  const from = e.operand.type;
  if (!isWord(from)) return arrayToWord(l, e);
  const operand = l.word(e.operand);
  if (e.type.kind === 'bool') return from.kind === 'bool' ? operand : truth(l, 'ne', operand, b.constant(0));
  const to = wordFormat(e.type);
  const source = wordFormat(from);
  // What is extended by its own sign stays as it is in a wider type of that sign, and in any 64-bit type.
  if (source.size < to.size && (source.signed === to.signed || !source.signed)) return operand;
  if (source.size === to.size && source.signed === to.signed) return operand;
  return b.extend(to.size, to.signed, operand);
}

/** An array of integers of the same size as the word. */
function arrayToWord(l: Lowering, e: Expression & { kind: 'convert' }): Value {
  const place = l.temporary(8);
  l.store(e.operand, place, true);
  const { size, signed } = wordFormat(e.type);
  return l.builder.load(size, signed, place.base, place.offset);
}

function lowerRead(l: Lowering, e: Expression & { kind: 'read' }): Value {
  const { size, signed } = wordFormat(e.type);
  if (e.address.kind === 'contextPointer') return readRegisterOf(l, e, signed);
  const direct = loadThroughTypes(l, e);
  if (direct !== undefined) return direct;
  const address = l.builder.add(l.word(e.address), e.offset);
  if (e.bits === undefined) return probeRead(l, e.space, address, size, signed);
  return extractBits(l, probeRead(l, e.space, address, size, false), e.bits, signed);
}

/** The kernel shows programs of some types another context than lies in memory, in whole words only. */
function readRegisterOf(l: Lowering, e: Expression & { kind: 'read' }, signed: boolean): Value {
  const { size } = wordFormat(e.type);
  const isObject = e.type.kind === 'pointer' && l.program.variant.context.output !== undefined;
  if (isObject && e.offset > 0) return readContext(l, { kind: 'object', offset: e.offset });
  // What stands for a packet is read member by member.
  if (l.program.variant.context.packet !== undefined)
    return l.builder.load(size, signed, l.builder.context(), e.offset);
  const inWord = e.offset % 8;
  const word = l.builder.load(8, false, l.builder.context(), e.offset - inWord);
  const bits = e.bits ?? { offset: 0, size: 8 * size };
  return extractBits(l, word, { offset: 8 * inWord + bits.offset, size: bits.size }, signed);
}

function extractBits(l: Lowering, word: Value, bits: { offset: number; size: number }, signed: boolean): Value {
  const b = l.builder;
  const atTop = b.binary('shl', word, b.constant(64 - bits.offset - bits.size));
  return b.binary(signed ? 'ashr' : 'lshr', atTop, b.constant(64 - bits.size));
}

function loadFrom(l: Lowering, place: Address, e: Expression & { kind: 'member' }): Value {
  const { size, signed } = wordFormat(e.type);
  const at = { base: place.base, offset: place.offset + e.offset };
  if (e.bits !== undefined) return extractBits(l, l.builder.load(size, false, at.base, at.offset), e.bits, signed);
  // Packed structs and strings may hold words at odd places: those are read by halves on the stack.
  return l.builder.load(size, signed, at.base, at.offset);
}

function lowerElement(l: Lowering, e: Expression & { kind: 'element' }): Value {
  const b = l.builder;
  const elementSize = sizeOf(e.type);
  // On the stack a variable offset is not allowed everywhere: the array is put where it is.
  const place = scratchCopy(l, e.operand);
  const index = l.word(e.index);
  const result = b.temporary();
  const inside = b.block();
  const done = b.block();
  const outside = b.block({ cold: true });
  b.branch('ult', index, b.constant(e.count), inside, outside);
  b.enter(inside);
  b.scope(() => {
    const { size, signed } = wordFormat(e.type);
    const at = b.binary('add', pointer(l, place), b.binary('mul', index, b.constant(elementSize)));
    b.write(result, b.load(size, signed, at));
    b.jump(done);
  });
  b.enter(outside);
  b.scope(() => {
    warn(l, { message: 'Array access out of bounds. This can lead to unexpected results.', level: 1, span: e.span });
    b.write(result, b.constant(0));
    b.jump(done);
  });
  b.enter(done);
  return b.read(result);
}

/** The value in the per-CPU scratch area. */
export function scratchCopy(l: Lowering, e: Expression): Address {
  const place = l.permanent(Math.max(sizeOf(e.type) + 1, 65));
  l.store(e, place, true);
  return place;
}

function lowerCall(l: Lowering, e: Expression & { kind: 'call' }): Value {
  const { call } = e;
  switch (call.function) {
    case 'strncmp':
      return strncmp(l, call);
    case 'strstr':
      return findText(l, call);
    case 'strlen':
      return textLength(l, call);
    case 'memcmp':
      return memcmp(l, call);
    case 'bswap':
      return swapBytes(l, call);
    case 'writeUser':
      return writeUser(l, e, call);
    case 'debugf':
      return writeToTracePipe(l, call);
    case 'seqPrintf':
      return writeToIterator(l, call);
    case 'socketCookie':
      return socketCookie(l, call);
    case 'stackLength':
      return lowerStackLength(l, call.space, call.limit);
    case 'ancestorCgroup':
      return l.builder.call(Helper.get_current_ancestor_cgroup_id, [l.builder.constant(call.level)]);
    case 'override':
      return l.builder.call(Helper.override_return, [l.builder.context(), l.word(call.value)]);
    case 'signal': {
      const helper = call.thread ? Helper.send_signal_thread : Helper.send_signal;
      const result = l.builder.call(helper, [l.word(call.signal)]);
      whenRare(l, 'ne', result, l.builder.constant(0), () =>
        warn(l, { helper: 'send_signal', level: 1, span: e.span }, result),
      );
      return result;
    }
    default:
      throw new BugError(`${call.function}() gives no word`);
  }
}
