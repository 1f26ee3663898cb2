export * from './aggregate.ts';
export * from './byte-buffer.ts';
export * from './byte-string.ts';
export * from './compare.ts';
export * from './flags.ts';
export * from './histogram.ts';
export * from './json.ts';
export * from './map-text.ts';
export * from './pcap.ts';
export * from './printf.ts';
export * from './rate.ts';
export * from './remainder.ts';
export {
  compileRecordWriter,
  generateRecordWriter,
  interpretRecordWriter,
  type RecordFormat,
  type RecordWriter,
} from './record-writer.ts';
export * from './resolver.ts';
export * from './stack-text.ts';
export * from './strftime.ts';
export * from './value-reader.ts';
export * from './value-text.ts';
