/** Format strings of printf() and its like: their pieces, and what their arguments may be (spec section R). */
import type { FormatPiece } from '../../../spec/index.ts';
import { literalText } from '../../builtins/arguments.ts';
import type { CallNode } from '../../builtins/builtin.ts';
import type { Expression } from '../../checked/index.ts';
import { isNumber, printType } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { numberHint } from '../expressions/parameters.ts';
import { gfpFlags } from './gfp-flags.ts';
import { settled } from '../expressions/values.ts';

type Conversion = FormatPiece & { readonly kind: 'conversion' };

const SPECIFIER = /%(-?)(\+?)( ?)(#?)(0?)([0-9]+|\*)?(?:\.([0-9]+|\*)?)?([hlLjzt]*)(rx|rh|gr|[diouxXcspreEfFgGaAn%])/g;
const REFUSED = new Set(['e', 'E', 'f', 'F', 'g', 'G', 'a', 'A', 'n']);

/** The pieces of a format; `error` names a conversion that the language doesn't have. */
export function parseFormat(format: string): { readonly pieces: readonly FormatPiece[] } | { readonly error: string } {
  const pieces: FormatPiece[] = [];
  let text = '';
  let at = 0;
  for (const match of format.matchAll(SPECIFIER)) {
    text += format.slice(at, match.index);
    at = match.index + match[0].length;
    const conversion = match[9] ?? '';
    if (conversion === '%') {
      text += '%';
      continue;
    }
    if (REFUSED.has(conversion)) return { error: conversion };
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
    pieces.push(conversionOf(match));
  }
  text += format.slice(at);
  if (text !== '') pieces.push({ kind: 'text', text });
  return { pieces };
}

function conversionOf(match: RegExpExecArray): Conversion {
  const [whole, minus, plus, space, hash, zero, width, precision, modifiers, conversion] = match;
  return {
    kind: 'conversion',
    conversion: conversion ?? '',
    leftAlign: minus !== '',
    plus: plus !== '',
    space: space !== '',
    alternate: hash !== '',
    zeroPad: zero !== '',
    width: numberOf(width),
    // A lone point is a precision of 0.
    precision: precision === undefined && /\.[hlLjzt]*[a-zA-Z]+$/.test(whole) ? 0 : numberOf(precision),
    bits: bitsOf(modifiers ?? ''),
  };
}

/** `*` consumes no argument and is ignored. */
function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined || digits === '*' ? undefined : Math.min(Number(digits), 1_000_000);
}

function bitsOf(modifiers: string): Conversion['bits'] {
  if (/[ljzt]/.test(modifiers)) return 64;
  if (modifiers.includes('hh')) return 8;
  return modifiers.includes('h') ? 16 : 32;
}

/** Format and arguments of a call; the format is its first argument. */
export function checkFormat(
  context: Context,
  call: CallNode,
): { readonly format: readonly FormatPiece[]; readonly args: readonly Expression[] } | undefined {
  const format = call.arguments.length === 0 ? undefined : literalText(context, call, 0, ' as its format');
  const args = call.arguments.slice(1).map((node) => context.expression(node));
  if (format === undefined) return undefined;
  const parsed = parseFormat(format);
  if ('error' in parsed) return context.error('format', call.span, `unsupported format specifier: ${parsed.error}`);
  const conversions = parsed.pieces.filter((piece) => piece.kind === 'conversion');
  if (conversions.length !== args.length) {
    const problem = args.length < conversions.length ? 'not enough' : 'too many';
    return context.error(
      'format',
      call.span,
      `${problem} arguments for format string (${args.length} supplied, ${conversions.length} expected)`,
    );
  }
  if (!args.every((arg) => arg !== undefined)) return undefined;
  const wrong = args.findIndex((arg, index) => !accepts(conversions[index]?.conversion ?? '', arg.type));
  if (wrong >= 0) {
    const type = printType((args[wrong] as Expression).type);
    return context.error(
      'format',
      call.span,
      `unsupported format specifier for type '${type}': ${conversions[wrong]?.conversion ?? ''}`,
      { hints: numberHint(context, call.arguments[wrong + 1]) },
    );
  }
  for (const [index, { conversion }] of conversions.entries())
    if (conversion === 's') warnOfAddress(context, call.arguments[index + 1], args[index]);
  return { format: parsed.pieces.map((piece) => withFlags(context, piece)), args: args.map(settled) };
}

/** An argument that is nearly always meant as the text that it leads to. */
function warnOfAddress(
  context: Context,
  node: CallNode['arguments'][number] | undefined,
  value: Expression | undefined,
): void {
  if (node === undefined || value === undefined) return;
  const isText = value.type.kind === 'pointer' && value.type.to.kind === 'integer' && value.type.to.size === 1;
  const isArgument = node.kind === 'identifier' && /^arg[0-9]+$/.test(node.name);
  if (!isText && !isArgument) return;
  context.warning('address-as-text', node.span, '%s prints the number of this address, not the text that is there', {
    hints: [`Write str(${isArgument ? node.name : '…'}).`],
  });
}

function withFlags(context: Context, piece: FormatPiece): FormatPiece {
  const named = piece.kind === 'conversion' && piece.conversion === 'gr';
  return named ? { ...piece, flags: gfpFlags(context.script.target.btf) } : piece;
}

function accepts(conversion: string, type: Type): boolean {
  switch (conversion) {
    case 's':
      return type.kind !== 'none' && type.kind !== 'void';
    case 'r':
    case 'rx':
    case 'rh':
      return type.kind === 'buffer';
    default:
      return isNumber(type) || type.kind === 'pointer';
  }
}
