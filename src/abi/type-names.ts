import { AttachType, Command, LinkType, MapType, ProgramType } from './generated/bpf.ts';

/** Names as bpftool prints them: `percpu_hash`, `raw_tracepoint`. Undefined for unknown numbers. */
export const mapTypeName = namer(MapType);
export const programTypeName = namer(ProgramType);
export const attachTypeName = namer(AttachType);
export const linkTypeName = namer(LinkType);
/** `MAP_CREATE`, as in `bpf(MAP_CREATE)`. */
export const commandName = namer(Command, true);

function namer(constants: Readonly<Record<string, number>>, upper = false): (value: number) => string | undefined {
  const names = new Map<number, string>();
  for (const [key, value] of Object.entries(constants)) {
    const snake = key.replace(/(?!^)[A-Z]/g, '_$&');
    if (!names.has(value)) names.set(value, upper ? snake.toUpperCase() : snake.toLowerCase());
  }
  return (value) => names.get(value);
}
