import type {
  ByteString,
  FormatArgument,
  FormatOptions,
  MapPrintOptions,
  MapSnapshot,
  RateRow,
  RecordFormat,
  RecordWriter,
  ValueBytes,
} from '../output/index.ts';
import type { WarningSite } from '../spec/index.ts';

/** What kind of text an asynchronous action made; JSON names them. */
export type TextKind = 'printf' | 'time' | 'cat' | 'join' | 'system';

/** How results are shown: as text or as JSON lines. Everything goes to the output but for what `text` mode says on standard error. */
export interface Presenter {
  readonly options: FormatOptions;
  /** Records of printf and print go to the output as the text that they mean. */
  readonly writesText: boolean;
  /** Before anything runs. */
  attaching(count: number): void;
  attached(count: number): void;
  /** The increase since the last call. */
  lost(count: number): void;
  /** A writer for records of a printf, or undefined where each must go through `text`. */
  recordWriter(format: RecordFormat): RecordWriter;
  text(kind: TextKind, text: ByteString): void;
  value(argument: FormatArgument, memory: ValueBytes): void;
  map(snapshot: MapSnapshot, print: MapPrintOptions): void;
  rates(snapshot: MapSnapshot, rows: readonly RateRow[], print: MapPrintOptions): void;
  /** errorf and warnf. */
  located(level: 'ERROR' | 'WARNING', text: ByteString, span: WarningSite['span']): void;
  /** `count` occurrences since the last call; `code` is what the helper returned last. */
  runtimeWarning(site: WarningSite, message: string, count: number, code: number): void;
  /** Comes before the dump of the maps. */
  endOfRun(): void;
}
