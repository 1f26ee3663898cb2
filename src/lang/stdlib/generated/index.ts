// Made by gen/stdlib.ts.
import type { LibraryFile } from '../library-file.ts';
import { file as base } from './base.ts';
import { file as tasks } from './tasks.ts';

export const libraryFiles: readonly LibraryFile[] = [base, tasks];
