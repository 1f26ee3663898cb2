/** Formatting by the kernel: for its trace pipe, and for the file of a pinned iterator, which anyone may read. */
import type { FormatPiece } from '../../spec/index.ts';
import { INT64, type Expression, type Statement } from '../checked/index.ts';
import type { Context } from '../passes/state/context.ts';
import { convert } from '../passes/expressions/values.ts';
import { isNumber, printType } from '../types/index.ts';
import type { CallNode } from './builtin.ts';

type Conversion = FormatPiece & { readonly kind: 'conversion' };

const KERNEL_FORMATS = new Set(['d', 'i', 'u', 'x', 'p', 'c', 's']);
/** Values that bpf_seq_printf takes. */
const MAX_ARGUMENTS = 12;

export function isKernelFormat(piece: Conversion): boolean {
  const isPlain = !piece.leftAlign && !piece.plus && !piece.space && !piece.alternate && !piece.zeroPad;
  return isPlain && piece.width === undefined && piece.precision === undefined && KERNEL_FORMATS.has(piece.conversion);
}

export function kernelFormat(pieces: readonly FormatPiece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === 'text') return piece.text.replaceAll('%', '%%');
      const flags = `${piece.leftAlign ? '-' : ''}${piece.plus ? '+' : ''}${piece.zeroPad ? '0' : ''}${piece.space ? ' ' : ''}`;
      const size = piece.bits === 64 && /[diux]/i.test(piece.conversion) ? 'll' : '';
      return `%${flags}${piece.width ?? ''}${size}${piece.conversion}`;
    })
    .join('');
}

/** The probe is an iterator that others will read. */
export function isTextOutput(context: Context): boolean {
  return context.program.variant.context.output === 'text';
}

/** Of an iterator's file the kernel keeps only what is printed into it: everything else has no place there. True: refused. */
export function refusedInIterator(context: Context, call: CallNode, what = `${call.name}()`): boolean {
  if (context.program.variant.context.output === undefined) return false;
  context.error('not-in-probe', call.span, `${what} can not be used with iter probes`, {
    hints: ['What an iterator gives is read from its file: printf(), and print() of values, write into it.'],
  });
  return true;
}

export function formatInKernel(
  context: Context,
  call: CallNode,
  { format, args }: { readonly format: readonly FormatPiece[]; readonly args: readonly Expression[] },
): readonly Statement[] {
  if (args.length > MAX_ARGUMENTS) {
    context.error('argument-count', call.span, `The kernel prints up to ${MAX_ARGUMENTS} values at once`);
    return [];
  }
  const conversions = format.filter((piece) => piece.kind === 'conversion');
  const wrong = conversions.findIndex((piece, index) => !isPrintable(piece, args[index]));
  if (wrong >= 0) {
    const { conversion } = conversions[wrong]!;
    const message = `The kernel can't print a value of type '${printType((args[wrong] as Expression).type)}' with this kind of %${conversion}`;
    const hints = [
      'A pinned iterator is printed by the kernel: %d %i %u %x %X %p %c of numbers, %s of strings, with a width.',
    ];
    context.error('format', call.span, message, { hints });
    return [];
  }
  return printed(call, kernelFormat(format), args);
}

function isPrintable({ conversion, precision, alternate }: Conversion, arg: Expression | undefined): boolean {
  if (arg === undefined || precision !== undefined || alternate) return false;
  if (conversion === 's') return arg.type.kind === 'string';
  return conversion === 'X' || (KERNEL_FORMATS.has(conversion) && (isNumber(arg.type) || arg.type.kind === 'pointer'));
}

/** print() of a value: the forms that the kernel can write as we do. */
export function printInKernel(context: Context, call: CallNode, value: Expression): readonly Statement[] {
  const { type } = value;
  if (type.kind === 'string') return printed(call, '%s\n', [value]);
  if (type.kind === 'pointer') return printed(call, '0x%llx\n', [value]);
  if (type.kind === 'integer')
    return printed(call, type.signed ? '%lld\n' : '%llu\n', [convert(value, type.signed ? INT64 : type)]);
  context.error('argument-type', call.span, `The kernel can't print a value of type '${printType(type)}'`, {
    hints: ['A pinned iterator is printed by the kernel: integers, pointers and strings.'],
  });
  return [];
}

function printed(call: CallNode, format: string, args: readonly Expression[]): readonly Statement[] {
  const expression: Expression = {
    kind: 'call',
    span: call.span,
    type: { kind: 'void' },
    call: { function: 'seqPrintf', format, args },
  };
  return [{ kind: 'expression', span: call.span, expression }];
}
