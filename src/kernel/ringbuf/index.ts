export { RingSleeper } from './ring-sleeper.ts';
export { RingBuffer, type RecordCallback, type RingView } from './ring-buffer.ts';
