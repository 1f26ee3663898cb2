import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionNames, valueNames } from '../../src/lang/builtins/index.ts';
import { builtinDoc } from '../../src/lang/services/builtin-docs.ts';

test('editors have a line to show of every builtin (src/lang/services/builtin-docs.ts)', () => {
  const missing = [...valueNames(), ...functionNames()].filter(
    (name) => builtinDoc(name) === undefined && !name.startsWith('__'),
  );
  assert.deepEqual(missing, []);
});
