import { errnoName } from '../../abi/index.ts';

/** What a verifier log says about the refusal. */
export interface Refusal {
  /** One or two lines. */
  readonly reason: string;
  /** Position in 8-byte slots of the instruction that was refused. */
  readonly slot: number | undefined;
  /** That instruction, as the verifier prints it. */
  readonly text: string | undefined;
}

/** Lines that follow the reason. */
const STATISTICS =
  /^(processed \d+ insns|verification time|stack depth|insns? processed|max_states|peak_states|mark_read)\b/;
/** `12: (85) call bpf_foo#6  ; R0=…`: an instruction under verification. */
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) (.*?)\s*(?:;.*)?$/;
/** `12: R0=…`, `from 3 to 5: R0=…`, `; source line`, `func#0 @0`: the verifier's state. */
const STATE =
  /^(\d+: R\d|\d+: frame\d|from \d+ to \d+|\d+ to \d+|;|func#|Live regs|last_idx|regs=|mark_precise|parent |(cur|old) state:)/;
/** Refusals before the walk through the program name the instruction themselves. */
const NAMED_SLOT = /\b(?:insn|insn_idx|instruction|from insn|at insn)[ :]+(\d+)/;
/** Lines that say little without the one before them: what of the access is wrong, but not which. */
const NEEDS_PREVIOUS = /^(\s|R\d+ (min|max) value is outside|R\d+ unbounded memory access|arg#\d+ )/;

/** Finds the reason in the text of a verifier log. Undefined for a log that has none. */
export function readRefusal(log: string): Refusal | undefined {
  const lines = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  while (lines.length > 0 && STATISTICS.test(lines.at(-1)!)) lines.pop();
  const last = lines.findLastIndex((line) => !INSTRUCTION.test(line) && !STATE.test(line));
  const at = lines.findLastIndex((line) => INSTRUCTION.test(line));
  const instruction = at < 0 ? undefined : INSTRUCTION.exec(lines[at]!)!;
  if (last < 0) return undefined;
  const reason = lines[last]!.trim();
  const previous = lines[last - 1];
  const needsPrevious =
    NEEDS_PREVIOUS.test(lines[last]!) && previous !== undefined && !INSTRUCTION.test(previous) && !STATE.test(previous);
  const named = NAMED_SLOT.exec(reason);
  const slot = instruction?.[1] ?? named?.[1];
  return {
    reason: needsPrevious ? `${previous.trim()}: ${reason}` : reason,
    slot: slot === undefined ? undefined : Number(slot),
    text: instruction?.[2],
  };
}

/** `the kernel's verifier refused program NAME: REASON (EACCES, at 5: call bpf_foo#6)`. */
export function refusalMessage(program: string, errno: number, log: string): string {
  const refusal = readRefusal(log);
  const code = errnoName(errno) ?? `errno ${errno}`;
  if (refusal === undefined) return `the kernel refused program ${program}: ${code}, without a reason`;
  const place = refusal.text === undefined || refusal.slot === undefined ? '' : `, at ${refusal.slot}: ${refusal.text}`;
  return `the kernel's verifier refused program ${program}: ${refusal.reason} (${code}${place})`;
}
