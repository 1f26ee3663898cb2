import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kallsyms } from './index.ts';

test("this kernel's symbols: name to address and back", () => {
  for (const name of ['vfs_read', 'schedule', 'do_sys_openat2']) {
    const address = kallsyms().addressOf(name)!;
    assert.equal(kallsyms().lookup(address)?.name, name);
    assert.deepEqual({ ...kallsyms().lookup(address + 4n) }, { name, address, offset: 4, module: undefined });
  }
  assert.equal(kallsyms().addressOf('no_such_function_here'), undefined);
});
