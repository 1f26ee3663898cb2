import { type CaptureFormat, decodeCaptureFormat, encodeCaptureHeader, encodePacket } from '../output/index.ts';
import type { Backend, MessageSink } from './backend.ts';

/** Enough to know what kind of file is there. */
const START_BYTES = 24;

type Files = Pick<Backend, 'readFile' | 'appendFile'>;

/** Capture files of skboutput(), by path. A capture that is there is continued; any other file is left as it is. */
export class Captures {
  readonly #backend: Files;
  readonly #messages: MessageSink;
  readonly #formats = new Map<string, CaptureFormat>();

  constructor(backend: Files, messages: MessageSink) {
    this.#backend = backend;
    this.#messages = messages;
  }

  async add(path: string, timeNs: bigint, bytes: Uint8Array, wholeBytes: number): Promise<void> {
    const format = this.#formats.get(path) ?? (await this.#open(path));
    if (format === 'foreign') return;
    const reason = await this.#backend.appendFile(path, encodePacket(timeNs, bytes, wholeBytes, format));
    if (reason !== undefined) this.#giveUp(path, reason);
  }

  async #open(path: string): Promise<CaptureFormat> {
    const { format, problem } = await this.#look(path);
    this.#formats.set(path, format);
    if (problem !== undefined) this.#giveUp(path, problem);
    return format;
  }

  async #look(path: string): Promise<{ readonly format: CaptureFormat; readonly problem?: string }> {
    const start = await this.#backend.readFile(path, START_BYTES);
    if (start.ok && start.bytes.length > 0) {
      const format = decodeCaptureFormat(start.bytes);
      return format === 'foreign' ? { format, problem: 'it is there and is no capture (pcap)' } : { format };
    }
    const problem = await this.#backend.appendFile(path, encodeCaptureHeader());
    return problem === undefined ? { format: 'nanoseconds' } : { format: 'foreign', problem };
  }

  #giveUp(path: string, reason: string): void {
    this.#formats.set(path, 'foreign');
    this.#messages.write(`ERROR: failed to write packets to '${path}' (${reason})\n`);
  }
}
