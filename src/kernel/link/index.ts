export { attach, attachAll, multiAttachType, type AttachAllOptions, type AttachPoint } from './attach.ts';
export { IteratorLink, type IteratorReader } from './iterator.ts';
export type { AttachableProgram, Link, LinkInfo } from './link.ts';
export { closeLinks, detachLinks, threadsToDetach } from './detach.ts';
