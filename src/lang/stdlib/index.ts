export { libraryFiles } from './generated/index.ts';
export type { LibraryFile } from './library-file.ts';
