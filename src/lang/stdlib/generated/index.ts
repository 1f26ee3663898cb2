// Made by gen/stdlib.ts.
import type { LibraryFile } from '../library-file.ts';
import { file as base } from './base.ts';
import { file as sockets } from './sockets.ts';
import { file as tasks } from './tasks.ts';
import { file as tools } from './tools.ts';

export const libraryFiles: readonly LibraryFile[] = [base, sockets, tasks, tools];
