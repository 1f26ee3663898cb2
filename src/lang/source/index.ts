export * from './decode-source.ts';
export * from './text-bytes.ts';
