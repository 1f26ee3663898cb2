/**
 * Many system calls at once. Each perf tracepoint of a system call costs 65 ms to detach; one raw tracepoint on
 * all of them, with a filter by number, stands for any number of them.
 */
import { registerLayout, registerOffset, syscallNumberOfTracepoint } from '../../../abi/index.ts';
import type { ArgumentField, ContextAccess, ProbeVariant, SystemCallFilter } from '../../checked/index.ts';
import type { Target, TracepointField } from '../../target.ts';
import { findTaggedType, isWord, sizeOf, type RecordType } from '../../types/index.ts';
import { word } from '../access.ts';
import type { ResolveOptions } from '../provider.ts';
import { scalarFieldType } from './c-type.ts';
import type { TracepointMatch } from './matches.ts';
import { rawHook, rawProgram } from './raw.ts';
import { ownFields } from './record-fields.ts';

export type Side = 'enter' | 'exit';

export interface SystemCallMatch extends TracepointMatch {
  readonly side: Side;
  readonly number: number;
}

/** Undefined for other tracepoints, and for system calls that are newer than the table of numbers. */
export function systemCallOf(match: TracepointMatch, target: Target): SystemCallMatch | undefined {
  const parts = match.category === 'syscalls' ? /^sys_(enter|exit)_(.+)$/.exec(match.event) : null;
  const number = parts === null ? undefined : syscallNumberOfTracepoint(target.architecture, parts[2]!);
  return number === undefined ? undefined : { ...match, side: parts![1] as Side, number };
}

/** Splits by what the used arguments look like, so that one program fits all calls of a group. */
export function groupBySignature(
  calls: readonly SystemCallMatch[],
  target: Target,
  options: ResolveOptions,
): readonly (readonly SystemCallMatch[])[] {
  const used = [...options.uses.args].filter((name) => name !== '__syscall_nr');
  return [
    ...Map.groupBy(
      calls,
      (call) => `${call.side}/${call.side === 'exit' ? '' : signature(call, used, target)}`,
    ).values(),
  ];
}

function signature(call: SystemCallMatch, used: readonly string[], target: Target): string {
  if (used.length === 0) return '';
  const fields = argumentFields(call, target);
  const wanted = used.includes('*') ? fields : used.map((name) => fields.find((field) => field.name === name));
  return wanted.map((field) => (field === undefined ? '-' : `${field.name}@${field.offset}:${field.type}`)).join(',');
}

function argumentFields(call: SystemCallMatch, target: Target): readonly TracepointField[] {
  const format = target.tracepointFormat(call.category, call.event);
  return format === undefined ? [] : ownFields(format).filter((field) => field.name !== '__syscall_nr');
}

/** All calls are of one side, and of one signature. */
export function rawSystemCalls(
  calls: readonly SystemCallMatch[],
  title: string,
  target: Target,
  options: ResolveOptions,
): ProbeVariant {
  const side = calls[0]!.side;
  const event = `sys_${side}`;
  // Whether the kernel types its tracepoints takes a trial to find out: most scripts don't need to know.
  const readsRegisters = side === 'exit' || [...options.uses.args].some((name) => name !== '__syscall_nr');
  const direct = readsRegisters && haveTypedTracepoints(target);
  const number = side === 'enter' ? word(8, 8, true) : syscallNumberOnExit(target, direct);
  const args = fieldsOf(calls, number, direct, target, options);
  const usesRegisters =
    number.kind === 'pointed' ||
    args.some((field) => options.uses.args.has(field.name) && field.access.kind === 'pointed');
  const kind = direct && usesRegisters ? 'btf' : 'raw';
  const compat = compatFilter(target);
  return {
    provider: 'tracepoint',
    phase: 'run',
    ...rawProgram(kind, event),
    points: [{ hook: rawHook(kind, event), name: calls.length === 1 ? fullName(calls[0]!) : title }],
    pointCount: calls.length,
    context: {
      space: 'user',
      probeName:
        calls.length === 1
          ? { kind: 'fixed', name: fullName(calls[0]!) }
          : {
              kind: 'symbolic',
              access: number,
              names: new Map(calls.map((call) => [BigInt(call.number), fullName(call)])),
            },
      probeType: 'tracepoint',
      args,
      kernelStack: true,
      userStack: true,
    },
    systemCalls: {
      number,
      numbers: calls.map((call) => call.number).sort((a, b) => a - b),
      ...(compat === undefined ? {} : { compat }),
    },
    filterByPid: options.pid !== undefined,
  };
}

function haveTypedTracepoints(target: Target): boolean {
  return target.btf !== undefined && target.have('btf-tracepoint');
}

function fullName(call: TracepointMatch): string {
  return `tracepoint:${call.category}:${call.event}`;
}

/** Only what all calls of the group have, at one place and of one type. */
function fieldsOf(
  calls: readonly SystemCallMatch[],
  number: ContextAccess,
  direct: boolean,
  target: Target,
  options: ResolveOptions,
): readonly ArgumentField[] {
  const fields: ArgumentField[] = [
    { name: '__syscall_nr', type: { kind: 'integer', size: 4, signed: true }, access: number },
  ];
  if (calls[0]!.side === 'exit')
    return [...fields, { name: 'ret', type: { kind: 'integer', size: 8, signed: true }, access: word(8, 8, true) }];
  const needsFormats = [...options.uses.args].some((name) => name !== '__syscall_nr');
  if (!needsFormats) return fields;
  const [first, ...others] = calls.map((call) => argumentFields(call, target));
  const shared = first!.filter((field) =>
    others.every((other) =>
      other.some((each) => each.name === field.name && each.offset === field.offset && each.type === field.type),
    ),
  );
  return [...fields, ...shared.flatMap((field) => registerField(field, direct, target))];
}

/** Arguments stand in slots of 8 bytes after the number, in order of their registers. */
function registerField(field: TracepointField, direct: boolean, target: Target): readonly ArgumentField[] {
  const register = registerLayout(target.architecture).syscallArguments[(field.offset - 16) / 8];
  const type = scalarFieldType(field, target.btf, 'user');
  if (register === undefined || field.size !== 8 || !isWord(type)) return [];
  const access: ContextAccess = {
    kind: 'pointed',
    base: word(0),
    offset: registerOffset(target.architecture, register)!,
    size: sizeOf(type) as 1 | 2 | 4 | 8,
    signed: 'signed' in type && type.signed,
    direct,
  };
  return [{ name: field.name, type, access }];
}

/** The entry's tracepoint is told the number; on exit it is found where the entry left it. */
function syscallNumberOnExit(target: Target, direct: boolean): ContextAccess & { kind: 'pointed' } {
  const field = target.btf === undefined ? undefined : recordOf(target, 'pt_regs')?.field('syscallno');
  if (field !== undefined)
    return { kind: 'pointed', base: word(0), offset: field.offset, size: 4, signed: true, direct };
  const { syscallNumber } = registerLayout(target.architecture);
  return {
    kind: 'pointed',
    base: word(0),
    offset: registerOffset(target.architecture, syscallNumber)!,
    size: 8,
    signed: true,
    direct,
  };
}

/** The system calls of 32-bit programs have numbers of their own: the kernel's tracepoints leave them out. */
function compatFilter(target: Target): SystemCallFilter['compat'] {
  const info = recordOf(target, 'task_struct')?.field('thread_info');
  if (info?.type.kind !== 'record') return undefined;
  const [name, size, mask] =
    target.architecture === 'x86_64' ? (['status', 4, TS_COMPAT] as const) : (['flags', 8, TIF_32BIT] as const);
  const field = info.type.field(name);
  return field === undefined ? undefined : { offsetInTask: info.offset + field.offset, size, mask };
}

const TS_COMPAT = 2;
const TIF_32BIT = 1 << 22;

function recordOf(target: Target, name: string): RecordType | undefined {
  const type = target.btf === undefined ? undefined : findTaggedType(target.btf, 'struct', name);
  return type?.kind === 'record' ? type : undefined;
}

/** raw_syscalls:sys_enter and sys_exit: the raw tracepoint itself, 32-bit calls included. Undefined where `args` needs the record. */
export function rawSyscallsVariant(
  match: TracepointMatch,
  target: Target,
  options: ResolveOptions,
): ProbeVariant | undefined {
  const used = [...options.uses.args];
  if (!used.every((name) => name === 'id' || (name === 'ret' && match.event === 'sys_exit'))) return undefined;
  const direct = match.event === 'sys_exit' && used.includes('id') && haveTypedTracepoints(target);
  const long = { kind: 'integer', size: 8, signed: true } as const;
  const id = match.event === 'sys_enter' ? word(8, 8, true) : syscallNumberOnExit(target, direct);
  const args: ArgumentField[] = [{ name: 'id', type: long, access: id }];
  if (match.event === 'sys_exit') args.push({ name: 'ret', type: long, access: word(8, 8, true) });
  const kind = direct ? 'btf' : 'raw';
  return {
    provider: 'tracepoint',
    phase: 'run',
    ...rawProgram(kind, match.event),
    points: [{ hook: rawHook(kind, match.event), name: fullName(match) }],
    pointCount: 1,
    context: {
      space: 'kernel',
      probeName: { kind: 'fixed', name: fullName(match) },
      probeType: 'tracepoint',
      args,
      kernelStack: true,
      userStack: true,
    },
    filterByPid: options.pid !== undefined,
  };
}
