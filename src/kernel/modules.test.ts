import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadedModules, parseModules } from './modules.ts';

test('the first word of each line is a module', () => {
  const text = 'veth 45056 0 - Live 0x0000000000000000\nnf_tables 300000 2 nft_compat, Live 0xffffffffc0a00000\n';
  assert.deepEqual(parseModules(text), ['nf_tables', 'veth']);
  assert.deepEqual(parseModules(''), []);
  assert.ok(Array.isArray(loadedModules()));
});
