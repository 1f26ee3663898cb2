/** Calls of functions whose types BTF gives: the kernel's that it lets programs call (kfuncs), and imported ones (spec M-46). */
import type { Btf, BtfType } from '../../../btf/index.ts';
import type { CallNode } from '../../builtins/index.ts';
import type { LinkedObject } from '../../../spec/index.ts';
import type { Expression } from '../../checked/index.ts';
import { isNumber, isWord, printType, sizeOf, typeFromBtf } from '../../types/index.ts';
import type { Type } from '../../types/index.ts';
import type { Context } from '../state/context.ts';
import { inSpace } from './fields.ts';
import { convert, widen } from './values.ts';

const MAX_ARGUMENTS = 5;
/** How far behind a function BTF may tell what it is. */
const TAG_DISTANCE = 4;

export interface KernelFunction {
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
  readonly result: Type;
}

/** Undefined: the kernel has no function of this name. */
export function findKernelFunction(
  btf: Btf | undefined,
  name: string,
): KernelFunction | 'not for programs' | undefined {
  const found = btf?.find(name, 'func');
  if (btf === undefined || found?.kind !== 'func') return undefined;
  return isForPrograms(btf, found) ? prototypeOf(btf, name) : 'not for programs';
}

/** Of a function by its name. */
export function prototypeOf(btf: Btf, name: string): KernelFunction | undefined {
  const found = btf.find(name, 'func');
  const prototype = found?.kind === 'func' ? btf.type(found.typeId) : undefined;
  if (prototype?.kind !== 'funcProto') return undefined;
  return {
    parameters: prototype.parameters.map((parameter) => ({
      name: parameter.name,
      type: typeFromBtf(btf, parameter.typeId),
    })),
    result: typeFromBtf(btf, prototype.typeId),
  };
}

/** Whether the kernel has a function of this name that programs may call. */
export function isKernelFunction(btf: Btf | undefined, name: string): boolean {
  return typeof findKernelFunction(btf, name) === 'object';
}

/** Kernels since 6.9 mark such functions; where none is marked, the verifier decides. */
function isForPrograms(btf: Btf, fn: BtfType): boolean {
  for (let id = fn.id + 1; id <= fn.id + TAG_DISTANCE && id < btf.firstId + btf.typeCount; id++) {
    const tag = btf.type(id);
    if (tag.kind === 'declTag' && tag.name === 'bpf_kfunc' && tag.typeId === fn.id) return true;
  }
  return btf.find('bpf_kfunc', 'declTag') === undefined;
}

export function checkKernelCall(context: Context, call: CallNode, fn: KernelFunction): Expression | undefined {
  const passed = checkPrototype(context, call, fn);
  if (passed === undefined) return undefined;
  return {
    kind: 'kernelCall',
    span: call.span,
    type: inSpace(fn.result, 'kernel'),
    name: call.name,
    arguments: passed,
  };
}

/** Of an imported function, which has a prototype like those of the kernel. */
export function checkLinkedCall(
  context: Context,
  call: CallNode,
  { object, prototype }: { readonly object: LinkedObject; readonly prototype: KernelFunction },
): Expression | undefined {
  const passed = checkPrototype(context, call, prototype);
  if (passed === undefined) return undefined;
  const type = inSpace(prototype.result, 'kernel');
  return { kind: 'linkedCall', span: call.span, type, object, name: call.name, arguments: passed };
}

/** The arguments as they are passed. */
function checkPrototype(context: Context, call: CallNode, fn: KernelFunction): readonly Expression[] | undefined {
  const { name } = call;
  const values = call.arguments.map((node) => context.expression(node));
  const { parameters, result } = fn;
  if (values.length !== parameters.length) {
    const wanted = parameters.length === 1 ? 'one argument' : `${parameters.length} arguments`;
    const names = parameters.map((parameter) => `${printType(parameter.type)} ${parameter.name}`).join(', ');
    return context.error('argument-count', call.span, `${name}() takes ${wanted} (${values.length} provided)`, {
      hints: [`${name}(${names})`],
    });
  }
  if (parameters.length > MAX_ARGUMENTS)
    return context.error('argument-count', call.span, `${name}() takes more arguments than a program can pass`);
  const passed = values.map((value, i) => {
    if (value === undefined) return undefined;
    const { type } = parameters[i]!;
    const fitting = passable(value, type);
    if (fitting !== undefined) return fitting;
    const types = `'${printType(type)}', not '${printType(value.type)}'`;
    return context.error('argument-type', call.arguments[i]!.span, `Argument ${i + 1} of ${name}() must be ${types}`);
  });
  if (!passed.every((value) => value !== undefined)) return undefined;
  if (result.kind !== 'void' && !isWord(result))
    return context.error('unsupported-type', call.span, `${name}() returns what fits no register`);
  return passed;
}

/** Words as the parameter wants them; what is larger is passed by its address, to a pointer. */
function passable(value: Expression, type: Type): Expression | undefined {
  if (type.kind === 'pointer') {
    if (value.type.kind === 'pointer') return value;
    if (isNumber(value.type)) return widen(value);
    return !isWord(value.type) && sizeOf(value.type) > 0 ? value : undefined;
  }
  if (!isWord(type) || !isNumber(value.type)) return undefined;
  return convert(value, type);
}
