import { Command, LinkType } from '../../abi/index.ts';
import type { Hook } from '../../spec/index.ts';
import { Attr, bpf, closeFd } from '../sys/index.ts';

/** The facts of a loaded program that attaching needs. */
export interface AttachableProgram {
  readonly fd: number;
  readonly name: string;
  /** BPF_* attach type that it was loaded for; 0 for most. */
  readonly expectedAttachType: number;
}

export interface LinkInfo {
  /** Kernel ids of the BPF links, as `bpftool link` shows them. None where the kernel is too old for links (before 5.15 for perf events). */
  readonly ids: readonly number[];
  /** Hits that the kernel counted as missed at the hook (kprobes; kernel 6.7). Recursion misses are the program's: see its `info`. */
  readonly missed: bigint;
}

/** A program attached to one or several hooks. It ends with `close`, and with the process in any case. */
export interface Link extends Disposable {
  readonly kind: Hook['kind'];
  info(): LinkInfo;
  /** Detaches. Perf tracepoints take tens of ms, waiting for the kernel's readers: see `detachLinks` for many. */
  close(): void;
  /** Whether each takes so long. */
  readonly isSlow: boolean;
  /** How many descriptors `detachFds` would hand over. */
  readonly detachCount: number;
  /** Hands over the descriptors with whose end the programs are detached, to be closed by the caller. */
  detachFds(): readonly number[];
  /** The descriptors that are left when the programs are detached; `close` closes them. */
  idleFds(): readonly number[];
}

/** Probes that are perf events, but for clocks and counters. */
const SLOW_KINDS: ReadonlySet<Hook['kind']> = new Set(['tracepoint', 'kprobe', 'uprobe']);

/** A link that consists of descriptors: BPF links, and perf events that live as long. */
export class DescriptorLink implements Link {
  readonly kind: Hook['kind'];
  #linkFds: readonly number[];
  #eventFds: readonly number[];

  constructor(kind: Hook['kind'], descriptors: { links: readonly number[]; events?: readonly number[] }) {
    this.kind = kind;
    this.#linkFds = descriptors.links;
    this.#eventFds = descriptors.events ?? [];
  }

  info(): LinkInfo {
    const infos = this.#linkFds.map(readLinkInfo);
    return { ids: infos.map(({ id }) => id), missed: infos.reduce((sum, { missed }) => sum + missed, 0n) };
  }

  get isSlow(): boolean {
    return SLOW_KINDS.has(this.kind);
  }

  get detachCount(): number {
    return (this.#linkFds.length === 0 ? this.#eventFds : this.#linkFds).length;
  }

  detachFds(): readonly number[] {
    // Before 5.15 a program ends with its event.
    if (this.#linkFds.length === 0) return this.#handOverEvents();
    const fds = this.#linkFds;
    this.#linkFds = [];
    return fds;
  }

  #handOverEvents(): readonly number[] {
    const fds = this.#eventFds;
    this.#eventFds = [];
    return fds;
  }

  idleFds(): readonly number[] {
    return this.#linkFds.length === 0 ? this.#eventFds : [];
  }

  close(): void {
    for (const fd of [...this.#linkFds, ...this.#eventFds]) closeFd(fd);
    this.#linkFds = [];
    this.#eventFds = [];
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const PERF_EVENT_KPROBE = 3;
const PERF_EVENT_KRETPROBE = 4;

function readLinkInfo(fd: number): { id: number; missed: bigint } {
  const info = new Attr(88);
  bpf(Command.ObjGetInfoByFd, new Attr(16).u32(0, fd).u32(4, 88).pointer(8, info.bytes));
  const id = info.getU32(4);
  switch (info.getU32(0)) {
    case LinkType.KprobeMulti:
      return { id, missed: info.getU64(32) };
    case LinkType.PerfEvent: {
      const type = info.getU32(16);
      return { id, missed: type === PERF_EVENT_KPROBE || type === PERF_EVENT_KRETPROBE ? info.getU64(48) : 0n };
    }
    default:
      return { id, missed: 0n };
  }
}
