export * from './backend.ts';
export { AttachError, Session, type SessionOptions, type SessionResult } from './session.ts';
export { jsonReport, textReport } from './measured-runs.ts';
