import { AttachType, Command, LinkType, MapType, ProgramType } from './generated/bpf.ts';

/** Names as bpftool prints them: `percpu_hash`, `raw_tracepoint`. Undefined for unknown numbers. */
export const mapTypeName = namer(MapType);
export const programTypeName = namer(ProgramType);
export const attachTypeName = namer(AttachType);
export const linkTypeName = namer(LinkType);
/** `MAP_CREATE`, as in `bpf(MAP_CREATE)`. */
export const commandName = namer(Command, true);

/** The names are made at the first question. */
function namer(constants: Readonly<Record<string, number>>, upper = false): (value: number) => string | undefined {
  let names: Map<number, string> | undefined;
  return (value) => (names ??= namesOf(constants, upper)).get(value);
}

function namesOf(constants: Readonly<Record<string, number>>, upper: boolean): Map<number, string> {
  const names = new Map<number, string>();
  for (const [key, value] of Object.entries(constants)) {
    const snake = key.replace(/(?!^)[A-Z]/g, '_$&');
    if (!names.has(value)) names.set(value, upper ? snake.toUpperCase() : snake.toLowerCase());
  }
  return names;
}
