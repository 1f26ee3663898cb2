/** What BTF tells about the kernel's raw tracepoints: which there are, and what their programs are given. */
import { AttachType, ProgramType } from '../../../abi/index.ts';
import type { Btf, BtfType, PrototypeType } from '../../../btf/index.ts';
import type { ArgumentField, ProbeVariant } from '../../checked/index.ts';
import { isWord, sizeOf, typeFromBtf, type Type } from '../../types/index.ts';
import { word } from '../access.ts';

const PREFIX = 'btf_trace_';

/** Looking for a name takes a millisecond or two, listing them all ten times that. */
export function haveRawTracepoint(btf: Btf | undefined, event: string): boolean {
  if (btf === undefined) return false;
  const known = allNames.get(btf);
  return known === undefined ? btf.find(PREFIX + event, 'typedef') !== undefined : known.has(event);
}

const allNames = new WeakMap<Btf, ReadonlySet<string>>();

export function rawTracepointNames(btf: Btf): ReadonlySet<string> {
  let names = allNames.get(btf);
  if (names === undefined) {
    names = new Set(
      [...btf.names('typedef')].filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)),
    );
    allNames.set(btf, names);
  }
  return names;
}

/** Arguments without the first one, which is the kernel's own. The type that names the tracepoint has no names for them: a function does. */
export function rawTracepointParameters(btf: Btf, event: string): PrototypeType['parameters'] | undefined {
  for (const prefix of ['__probestub_', '__traceiter_', '__bpf_trace_']) {
    const found = btf.find(prefix + event, 'func');
    const prototype = found === undefined ? undefined : btf.type(found.typeId);
    if (prototype?.kind === 'funcProto') return prototype.parameters.slice(1);
  }
  const typedef: BtfType | undefined = btf.find(PREFIX + event, 'typedef');
  const pointer = typedef?.kind === 'typedef' ? btf.type(typedef.typeId) : undefined;
  const prototype = pointer?.kind === 'pointer' ? btf.type(pointer.typeId) : undefined;
  return prototype?.kind === 'funcProto' ? prototype.parameters.slice(1) : undefined;
}

/** Each argument is a word of the context, a smaller one in its low bytes. What is passed by value and is no word has no field. */
export function rawTracepointFields(btf: Btf, event: string): readonly ArgumentField[] | undefined {
  return rawTracepointParameters(btf, event)?.flatMap(({ name, typeId }, index) => {
    const type = kernelPointer(typeFromBtf(btf, typeId));
    if (name === '' || !isWord(type)) return [];
    const access = word(index * 8, sizeOf(type) as 1 | 2 | 4 | 8, 'signed' in type && type.signed);
    return [{ name, type, access }];
  });
}

/** The same in a typed program: pointers to structs are loaded through. */
export function typedFields(fields: readonly ArgumentField[]): readonly ArgumentField[] {
  return fields.map((field) =>
    field.type.kind === 'pointer' && field.type.to.kind === 'record' && field.access.kind === 'word'
      ? { ...field, access: { ...field.access, typed: true, trusted: true } }
      : field,
  );
}

function kernelPointer(type: Type): Type {
  return type.kind === 'pointer' && type.space === 'none' ? { ...type, space: 'kernel' } : type;
}

/** The plain program, or the one whose pointers the verifier knows. */
export function rawProgram(
  kind: 'raw' | 'btf',
  event: string,
): Pick<ProbeVariant, 'programType' | 'expectedAttachType' | 'attachTo'> {
  if (kind === 'raw') return { programType: ProgramType.RawTracepoint };
  return {
    programType: ProgramType.Tracing,
    expectedAttachType: AttachType.TraceRawTp,
    attachTo: { kind: 'typedef', name: PREFIX + event },
  };
}

export function rawHook(kind: 'raw' | 'btf', event: string) {
  return { kind: kind === 'raw' ? 'rawTracepoint' : 'btfTracepoint', event } as const;
}
