import { type Frame, STOPPED_HERE, type ValueType } from '../spec/index.ts';
import { type ByteString, encodeText, escapeControls } from './byte-string.ts';
import type { FormatOptions } from './resolver.ts';

type StackType = Extract<ValueType, { kind: 'stack' }>;

/** A newline, then each frame with a newline after it. A stack that was not stored prints as an empty one. */
export function formatStack(type: StackType, id: bigint, pid: number, options: FormatOptions): ByteString {
  return `\n${stackAddresses(type, id, options)
    .map((address, index) => formatAddress(type, address, index > 0, pid, options))
    .join('')}`;
}

/** Only as many as the script asked for: the map may hold more. */
function stackAddresses(type: StackType, id: bigint, options: FormatOptions): readonly bigint[] {
  if (id < 0n) {
    options.onMissingStack?.(Number(-id));
    return [];
  }
  return options.resolver.stackAddresses(type.map, Number(id))?.slice(0, type.limit) ?? [];
}

function formatAddress(
  type: StackType,
  address: bigint,
  isReturn: boolean,
  pid: number,
  options: FormatOptions,
): ByteString {
  if (address === STOPPED_HERE)
    return `${type.mode === 'perf' ? '\t' : type.mode === 'raw' ? '' : '        '}<unwind failure>\n`;
  if (type.mode === 'raw') return `${hex(address)}\n`;
  const place = { isReturn, withBuildId: type.mode === 'build_id' };
  const { resolver } = options;
  const frames =
    type.space === 'kernel' ? resolver.kernelFrames(address, place) : resolver.userFrames(pid, address, place);
  return frames.map((frame) => `${formatFrame(type, frame, address, options)}\n`).join('');
}

function formatFrame(type: StackType, frame: Frame, address: bigint, options: FormatOptions): ByteString {
  switch (type.mode) {
    case 'perf':
      return `\t${hex(address)} ${perfName(type, frame, options)}`;
    case 'build_id':
      return frame.buildId === undefined
        ? `0x${hex(address)}`
        : `${frame.buildId} 0x${hex(frame.fileOffset ?? address)}`;
    default:
      return `        ${plainName(frame, address, options)}`;
  }
}

function plainName(frame: Frame, address: bigint, options: FormatOptions): ByteString {
  if (frame.name === undefined) return `0x${hex(address)}`;
  const name = outside(frame.name, options);
  return frame.inlined
    ? `[inlined] ${name}${place(frame, options)}`
    : `${name}${offset(frame)}${place(frame, options)}`;
}

function perfName(type: StackType, frame: Frame, options: FormatOptions): ByteString {
  if (frame.name === undefined) return '([unknown])';
  const name = outside(frame.name, options);
  if (frame.inlined) return `${name}${place(frame, options)} (inlined)`;
  const module = type.space === 'user' && frame.module !== undefined ? ` (${outside(frame.module, options)})` : '';
  return `${name}${offset(frame)}${place(frame, options)}${module}`;
}

function offset(frame: Frame): string {
  return `+${frame.offset ?? 0n}`;
}

function place(frame: Frame, options: FormatOptions): ByteString {
  return frame.file === undefined ? '' : `@${outside(frame.file, options)}:${frame.line ?? 0}`;
}

/** Names come from files that anyone may have made. */
function outside(text: string, options: FormatOptions): ByteString {
  const bytes = encodeText(text);
  return options.terminal ? escapeControls(bytes) : bytes;
}

function hex(address: bigint): string {
  return address.toString(16);
}
