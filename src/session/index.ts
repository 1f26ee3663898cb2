export * from './backend.ts';
export type { JsonPresenterOptions, NamedRow } from './json-presenter.ts';
export { AttachError, Session, type SessionOptions, type SessionResult } from './session.ts';
export { jsonReport, textReport } from './measured-runs.ts';
