export { RingBuffer, type RecordCallback, type RingView } from './ring-buffer.ts';
