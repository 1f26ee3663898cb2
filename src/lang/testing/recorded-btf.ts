/** Which of a kernel's types a compile looks at, so that a recording holds these and no others. */
import { encodeSubset, type Btf, type BtfKind, type BtfType, type SubsetRoot } from '../../btf/index.ts';

export interface BtfRecording {
  /** Answers as the original does. */
  readonly btf: Btf;
  /** A BTF with what was looked at. */
  encode(): Uint8Array;
}

export function recordBtf(original: Btf): BtfRecording {
  const roots = new Map<string, SubsetRoot>();
  const add = (type: BtfType): void =>
    void (type.name !== '' && roots.set(`${type.kind} ${type.name}`, { name: type.name, kind: type.kind }));
  const seen = new Map<number, BtfType>();
  /** A struct is a root of its own only when somebody looks into it: many are merely pointed to. */
  const watched = (type: BtfType): BtfType => {
    if (type.kind !== 'struct' && type.kind !== 'union') return type;
    let known = seen.get(type.id);
    if (known === undefined) {
      known = Object.defineProperty({ ...type }, 'members', { enumerable: true, get: () => (add(type), type.members) });
      seen.set(type.id, known);
    }
    return known;
  };
  const overrides: Readonly<Record<string, unknown>> = {
    type: (id: number) => watched(original.type(id)),
    find: (name: string, kind: BtfKind) => {
      const found: BtfType | undefined = kind === undefined ? original.find(name) : original.find(name, kind);
      if (found !== undefined) add(found);
      return found === undefined ? undefined : watched(found);
    },
    types: (kind: BtfKind) => searched(original.types(kind), add),
  };
  const btf = new Proxy(original, {
    get(target, property) {
      if (typeof property === 'string' && property in overrides) return overrides[property];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { btf, encode: () => encodeSubset(original, [...roots.values()]) };
}

/** Who stops in the middle has found what was looked for. */
function* searched(types: Iterable<BtfType>, found: (type: BtfType) => void): Generator<BtfType> {
  let last: BtfType | undefined;
  let isComplete = false;
  try {
    for (const type of types) {
      last = type;
      yield type;
    }
    isComplete = true;
  } finally {
    if (!isComplete && last !== undefined) found(last);
  }
}
