import { positionAt, type SourceText } from '../base/index.ts';
import {
  type ByteBuffer,
  type ByteString,
  type FormatArgument,
  type FormatOptions,
  formatArgument,
  formatMapJson,
  formatRatesJson,
  formatPrintf,
  jsonBytes,
  jsonString,
  jsonText,
  jsonValue,
  locateArguments,
  type MapPrintOptions,
  type MapSnapshot,
  type RateRow,
  type RecordFormat,
  type RecordWriter,
  type ValueBytes,
} from '../output/index.ts';
import type { WarningSite } from '../spec/index.ts';
import type { Presenter, TextKind } from './presenter.ts';

/**
 * What a line of printf holds by the names of its columns: members of a JSON object, or undefined where they have no names,
 * or '' for a line that shows nothing but names.
 */
export type NamedRow = (
  args: readonly FormatArgument[],
  memory: ValueBytes,
  options: FormatOptions,
) => ByteString | undefined;

export interface JsonPresenterOptions {
  readonly out: ByteBuffer;
  readonly source: SourceText;
  readonly format: FormatOptions;
  readonly quiet: boolean;
  /** Called once for each printf. */
  readonly nameRows?: ((format: RecordFormat) => NamedRow) | undefined;
}

const TYPE_OF_TEXT: Readonly<Record<TextKind, string>> = {
  printf: 'printf',
  time: 'time',
  cat: 'cat',
  join: 'join',
  system: 'syscall',
};

/** One JSON object a line, everything on the output. */
export class JsonPresenter implements Presenter {
  readonly options: FormatOptions;
  readonly writesText = false;
  readonly #to: JsonPresenterOptions;

  constructor(to: JsonPresenterOptions) {
    this.#to = to;
    this.options = to.format;
  }

  attaching(): void {
    // The message of old tracers is one of text.
  }

  attached(count: number): void {
    if (!this.#to.quiet) this.#line('attached_probes', `"count": ${count}, "data": {"probes": ${count}}`);
  }

  lost(count: number): void {
    this.#line('lost_events', `"count": ${count}, "data": {"events": ${count}}`);
  }

  recordWriter(record: RecordFormat): RecordWriter {
    const { format, args, sizeBytes } = record;
    const nameRow = this.#to.nameRows?.(record);
    return (view, bytes, offset, length) => {
      const memory = { view, bytes };
      const located = locateArguments(args, sizeBytes, memory, offset, length);
      const row = nameRow?.(located, memory, this.options);
      if (row === undefined) this.text('printf', formatPrintf(format, located, memory, this.options));
      else if (row !== '') this.#line('record', `"data": {${row}}`);
    };
  }

  text(kind: TextKind, text: ByteString): void {
    this.#line(TYPE_OF_TEXT[kind], `"data": ${jsonText(text)}`);
  }

  value(argument: FormatArgument, memory: ValueBytes): void {
    this.#line('value', `"data": ${this.#argumentValue(argument, memory)}`);
  }

  map(snapshot: MapSnapshot, print: MapPrintOptions): void {
    const line = formatMapJson(snapshot, print, this.options);
    if (line !== undefined) this.#to.out.append(`${line}\n`);
  }

  rates(snapshot: MapSnapshot, rows: readonly RateRow[], print: MapPrintOptions): void {
    const line = formatRatesJson(snapshot, rows, print, this.options);
    if (line !== undefined) this.#to.out.append(`${line}\n`);
  }

  located(level: 'ERROR' | 'WARNING', text: ByteString, span: WarningSite['span']): void {
    this.#line(level === 'ERROR' ? 'errorf' : 'warnf', `"msg": ${jsonText(text)}, ${this.#place(span)}`);
  }

  runtimeWarning(site: WarningSite, message: string, count: number, code: number): void {
    const helper = site.helper === undefined ? '' : `"helper": ${jsonString(site.helper)}, "retcode": ${code}, `;
    const times = count > 1 ? `, "count": ${count}` : '';
    const type = site.helper === undefined ? 'runtime_error' : 'helper_error';
    this.#line(type, `"msg": ${jsonString(message)}, ${helper}${this.#place(site.span)}${times}`);
  }

  endOfRun(): void {
    // The dump of maps needs no separation in JSON.
  }

  #argumentValue(argument: FormatArgument, memory: ValueBytes): ByteString {
    const { field, offset, length } = argument;
    if (length === undefined) return jsonValue(field.type, memory, offset, this.options);
    if (field.type.kind === 'buffer') return jsonBytes(memory.bytes.subarray(offset, offset + length));
    return jsonText(formatArgument(argument, memory, this.options));
  }

  #place(span: WarningSite['span']): ByteString {
    const { source = this.#to.source } = span;
    const { line, column } = positionAt(source.text, span.start);
    return `"filename": ${jsonString(source.name)}, "line": ${line}, "col": ${column}`;
  }

  #line(type: string, members: ByteString): void {
    this.#to.out.append(`{"type": "${type}", ${members}}\n`);
  }
}
