// Made by gen/stdlib.ts from base.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/base.bt',
  macros: {
    assert: [168],
  },
  text: `// The foundations: checks that scripts make of themselves.

// Ends the script with status 1 unless \`cond\` holds, and says why on the error stream. \`msg\` is a string.
macro assert(cond, msg) {
  if (!cond) {
    errorf("assert failed: %s", msg);
    exit(1);
  }
}
`,
};
