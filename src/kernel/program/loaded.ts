/** The BPF programs of the whole system, whoever loaded them: targets of fentry and fexit. */
import { Command } from '../../abi/index.ts';
import { FormatError } from '../../base/index.ts';
import { Btf } from '../../btf/index.ts';
import { Attr, bpf, closeFd, tryBpf } from '../sys/index.ts';

/** A program whose functions have types. */
export interface TypedProgram {
  readonly id: number;
  /** Of its main function, whole: the kernel itself keeps 15 characters of a program's name. */
  readonly name: string;
  /** The main function's id in `btf`. */
  readonly typeId: number;
  readonly btf: Btf;
}

const INFO_BYTES = 228;
/** struct bpf_func_info: where the function begins, and its type. */
const FUNCTION_BYTES = 8;

/** All that are loaded now, by id. Those without types are left out: programs can't be attached to them. Kernel 5.5. */
export function loadedPrograms(): readonly TypedProgram[] {
  const found: TypedProgram[] = [];
  for (let id = 0; ;) {
    const next = new Attr(12).u32(0, id);
    if (tryBpf(Command.ProgGetNextId, next) < 0) return found;
    id = next.getU32(4);
    const fd = openProgram(id);
    // It may have been unloaded in between.
    if (fd === undefined) continue;
    try {
      const program = describe(fd, id);
      if (program !== undefined) found.push(program);
    } finally {
      closeFd(fd);
    }
  }
}

/** A descriptor, to be closed by the caller; undefined where no such program is loaded. */
export function openProgram(id: number): number | undefined {
  const fd = tryBpf(Command.ProgGetFdById, new Attr(12).u32(0, id));
  return fd < 0 ? undefined : fd;
}

function describe(fd: number, id: number): TypedProgram | undefined {
  const record = new Uint8Array(FUNCTION_BYTES);
  const info = new Attr(INFO_BYTES).u32(132, FUNCTION_BYTES).pointer(136, record).u32(144, 1);
  if (tryBpf(Command.ObjGetInfoByFd, infoRequest(fd, info)) < 0) return undefined;
  info.release();
  const btfId = info.getU32(128);
  const typeId = new DataView(record.buffer).getUint32(4, true);
  if (btfId === 0 || typeId === 0) return undefined;
  const btf = readBtf(btfId);
  const type = btf === undefined || typeId >= btf.typeCount ? undefined : btf.type(typeId);
  return btf === undefined || type?.kind !== 'func' ? undefined : { id, name: type.name, typeId, btf };
}

function infoRequest(fd: number, info: Attr): Attr {
  return new Attr(16).u32(0, fd).u32(4, info.bytes.length).pointer(8, info.bytes);
}

/** BTF that some program brought along; undefined where it is gone or malformed. */
function readBtf(id: number): Btf | undefined {
  const fd = tryBpf(Command.BtfGetFdById, new Attr(12).u32(0, id));
  if (fd < 0) return undefined;
  try {
    const size = new Attr(32);
    bpf(Command.ObjGetInfoByFd, infoRequest(fd, size));
    const bytes = new Uint8Array(size.getU32(8));
    const whole = new Attr(32).pointer(0, bytes).u32(8, bytes.length);
    bpf(Command.ObjGetInfoByFd, infoRequest(fd, whole));
    whole.release();
    return Btf.decode(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  } finally {
    closeFd(fd);
  }
}
