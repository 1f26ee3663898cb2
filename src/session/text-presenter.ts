import { paint, renderExpansion, renderLocated, renderPlace, type SourceText } from '../base/index.ts';
import {
  type ByteBuffer,
  type ByteString,
  compileRecordWriter,
  decodeText,
  escapeControls,
  type FormatArgument,
  type FormatOptions,
  formatArgument,
  formatMap,
  formatRates,
  type MapPrintOptions,
  type MapSnapshot,
  type RateRow,
  type RecordFormat,
  type RecordWriter,
  type ValueBytes,
} from '../output/index.ts';
import type { WarningSite } from '../spec/index.ts';
import type { MessageSink } from './backend.ts';
import type { Presenter, TextKind } from './presenter.ts';

export interface TextPresenterOptions {
  readonly out: ByteBuffer;
  readonly messages: MessageSink;
  readonly source: SourceText;
  readonly format: FormatOptions;
  readonly quiet: boolean;
  /** What is attached is said before it is, on the output. */
  readonly oldAttachMessage: boolean;
  /** Colour in messages. */
  readonly colour: boolean;
  /** Messages go to a terminal: control bytes of data are escaped. */
  readonly messagesToTerminal: boolean;
}

export class TextPresenter implements Presenter {
  readonly options: FormatOptions;
  readonly writesText = true;
  readonly #to: TextPresenterOptions;

  constructor(to: TextPresenterOptions) {
    this.#to = to;
    this.options = to.format;
  }

  attaching(count: number): void {
    if (!this.#to.quiet && this.#to.oldAttachMessage)
      this.#to.out.append(`Attaching ${count} probe${count === 1 ? '' : 's'}...\n`);
  }

  attached(count: number): void {
    if (!this.#to.quiet && !this.#to.oldAttachMessage)
      this.#to.messages.write(`Attached ${count} probe${count === 1 ? '' : 's'}\n`);
  }

  lost(count: number): void {
    this.#to.messages.write(`Lost ${count} events\n`);
  }

  recordWriter(format: RecordFormat): RecordWriter {
    return compileRecordWriter(format, this.options);
  }

  text(kind: TextKind, text: ByteString): void {
    const { out } = this.#to;
    const isForeign = kind === 'cat' || kind === 'system';
    out.append(isForeign && this.options.terminal ? escapeControls(text, true) : text);
    if (kind === 'join' || kind === 'system') out.append('\n');
  }

  value(argument: FormatArgument, memory: ValueBytes): void {
    this.#to.out.append(`${formatArgument(argument, memory, this.options)}\n`);
  }

  map(snapshot: MapSnapshot, print: MapPrintOptions): void {
    this.#to.out.append(formatMap(snapshot, print, this.options));
  }

  rates(snapshot: MapSnapshot, rows: readonly RateRow[], print: MapPrintOptions): void {
    this.#to.out.append(formatRates(snapshot, rows, print, this.options));
  }

  located(level: 'ERROR' | 'WARNING', text: ByteString, span: WarningSite['span']): void {
    const shown = decodeText(this.#to.messagesToTerminal ? escapeControls(text, true) : text);
    const { source, colour } = this.#to;
    const line = paint(`${renderPlace(source, span)}: ${level}: ${shown}`, level, colour);
    this.#to.messages.write(`${line}\n${renderExpansion(source, span, level, { colour })}`);
  }

  runtimeWarning(site: WarningSite, message: string, count: number, code: number): void {
    const times = count > 1 ? ` (${count} times)` : '';
    const details = site.helper === undefined ? [] : [`Additional Info - helper: ${site.helper}, retcode: ${code}`];
    this.#to.messages.write(
      renderLocated(this.#to.source, site.span, 'WARNING', message + times, { colour: this.#to.colour, details }),
    );
  }

  endOfRun(): void {
    this.#to.out.append('\n\n');
  }
}
