/** Functions on text: strlen(), strcap(), strcontains(), strstr(), str_concat(). Literals are folded. */
import { INT64, UINT64 } from '../checked/index.ts';
import type { Expression } from '../checked/index.ts';
import { encodeText } from '../source/index.ts';
import type { Context } from '../passes/state/context.ts';
import { textHint } from '../passes/expressions/parameters.ts';
import { boolean, constant, text } from '../passes/expressions/values.ts';
import { printType, sizeOf } from '../types/index.ts';
import { argument } from './arguments.ts';
import type { CallNode, FunctionBuiltin } from './builtin.ts';
import { arrayAsText } from './memory.ts';

export const textFunctions: readonly FunctionBuiltin[] = [
  { name: 'strlen', arguments: [1, 1], value: length },
  { name: 'strcap', arguments: [1, 1], value: capacity },
  { name: 'strstr', arguments: [2, 2], value: position },
  { name: 'strcontains', arguments: [2, 2], value: contains },
  { name: 'str_concat', arguments: [2, 2], value: concat },
];

/** A string, or an array of bytes read as one. */
function textArgument(context: Context, call: CallNode, index: number): Expression | undefined {
  const value = context.expression(argument(call, index));
  if (value === undefined || value.type.kind === 'string') return value;
  if (value.type.kind === 'array' && sizeOf(value.type.element) === 1)
    return arrayAsText(value.span, value, value.type);
  const isPointer = value.type.kind === 'pointer';
  const hints = isPointer ? ['str(…) reads the text that a pointer points to.'] : textHint(argument(call, index));
  return context.error(
    'argument-type',
    call.span,
    `${call.name}() expects a string (${printType(value.type)} provided)`,
    { hints },
  );
}

function twoTexts(context: Context, call: CallNode): readonly [Expression, Expression] | undefined {
  const left = textArgument(context, call, 0);
  const right = textArgument(context, call, 1);
  return left === undefined || right === undefined ? undefined : [left, right];
}

function length(context: Context, call: CallNode): Expression | undefined {
  const value = textArgument(context, call, 0);
  if (value === undefined) return undefined;
  if (value.kind === 'string') return constant(call.span, UINT64, BigInt(bytesOf(value.value).length));
  return { kind: 'call', span: call.span, type: UINT64, call: { function: 'strlen', value } };
}

/** Bytes of the buffer, the NUL among them. */
function capacity(context: Context, call: CallNode): Expression | undefined {
  const value = textArgument(context, call, 0);
  return value === undefined ? undefined : constant(call.span, INT64, BigInt(sizeOf(value.type)));
}

function position(context: Context, call: CallNode): Expression | undefined {
  const texts = twoTexts(context, call);
  if (texts === undefined) return undefined;
  const [haystack, needle] = texts;
  if (haystack.kind === 'string' && needle.kind === 'string')
    return constant(call.span, INT64, BigInt(indexOfBytes(bytesOf(haystack.value), bytesOf(needle.value))));
  if (!context.script.target.have('loop')) {
    return context.error('helper', call.span, `${call.name}() needs the helper bpf_loop, which this kernel lacks`, {
      hints: ['it came with kernel 5.17'],
    });
  }
  return { kind: 'call', span: call.span, type: INT64, call: { function: 'strstr', haystack, needle } };
}

function contains(context: Context, call: CallNode): Expression | undefined {
  const found = position(context, call);
  if (found === undefined) return undefined;
  if (found.kind === 'constant') return boolean(call.span, found.value >= 0n);
  const zero = constant(call.span, INT64, 0n);
  return { kind: 'compare', span: call.span, type: { kind: 'bool' }, operator: 'sge', left: found, right: zero };
}

function concat(context: Context, call: CallNode): Expression | undefined {
  const texts = twoTexts(context, call);
  if (texts === undefined) return undefined;
  const [left, right] = texts;
  const size = context.script.config.maxStrlen;
  if (left.kind === 'string' && right.kind === 'string') {
    const joined = text(call.span, left.value + right.value);
    return { ...joined, type: { kind: 'string', size: Math.max(size, sizeOf(joined.type)) } };
  }
  return { kind: 'call', span: call.span, type: { kind: 'string', size }, call: { function: 'concat', left, right } };
}

/** Up to the NUL, which an escape may have put inside. */
function bytesOf(value: string): Uint8Array {
  const bytes = encodeText(value);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function indexOfBytes(haystack: Uint8Array, needle: Uint8Array): number {
  for (let at = 0; at + needle.length <= haystack.length; at++)
    if (needle.every((byte, index) => haystack[at + index] === byte)) return at;
  return -1;
}
