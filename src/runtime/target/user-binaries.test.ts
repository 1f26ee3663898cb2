import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { UserBinary } from '../../lang/index.ts';
import { librariesNamed } from './library-cache.ts';
import { findUserBinaries } from './user-binaries.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-binaries-'));
after(() => rmSync(folder, { recursive: true }));
const node = process.execPath;

function only(path: string, pid?: number): UserBinary {
  const found = findUserBinaries(path, pid);
  if ('error' in found) assert.fail(found.error);
  assert.equal(found.length, 1);
  return found[0]!;
}

function errorOf(path: string, pid?: number): string {
  const found = findUserBinaries(path, pid);
  return 'error' in found ? found.error : '';
}

test('functions of an executable, and their places in the file', () => {
  const binary = only(node);
  const functions = binary.functions();
  assert.ok(functions.includes('SSL_read'));
  assert.deepEqual(functions, [...new Set(functions)].sort());
  const start = binary.resolveFunction('SSL_read', 0n);
  const inside = binary.resolveFunction('SSL_read', 4n);
  assert.ok('size' in start && 'size' in inside);
  assert.ok(start.fileOffset > 0n && start.size > 4n);
  assert.equal(inside.fileOffset, start.fileOffset + 4n);
  assert.match(
    (binary.resolveFunction('no_such_function', 0n) as { error: string }).error,
    /has no function 'no_such_function'/,
  );
  assert.match((binary.resolveAddress(1n) as { error: string }).error, /^0x1 is not inside a function of /);
});

test("a path may be found in $PATH, and a library in the linker's cache", () => {
  assert.match(only('sh').path, /^\/.*\/sh$/);
  const libraries = librariesNamed('libc');
  if (libraries.length === 0) return;
  assert.match(libraries[0]!, /\/libc\.so/);
  const libc = only('libc');
  assert.ok('fileOffset' in libc.resolveFunction('malloc', 0n));
});

test('a damaged linker cache gives nothing', () => {
  const cache = join(folder, 'cache');
  for (const count of [1, 0xffffffff]) {
    const bytes = Buffer.alloc(48 + 24, 0xff);
    bytes.write('glibc-ld.so.cache1.1', 'latin1');
    bytes.writeUInt32LE(count, 20);
    writeFileSync(cache, bytes);
    assert.deepEqual(librariesNamed('libc', cache), []);
  }
  assert.deepEqual(librariesNamed('libc', join(folder, 'none')), []);
});

test('wildcards take the executables among the files', () => {
  symlinkSync(node, join(folder, 'one'));
  writeFileSync(join(folder, 'other'), 'text');
  const found = findUserBinaries(`${folder}/o*`, undefined);
  assert.deepEqual('error' in found ? found : found.map((binary) => binary.path), [join(folder, 'one')]);
  assert.match(errorOf('*'), /use -p/);
});

test('with a process: its executable, and all that it has mapped', () => {
  assert.ok('fileOffset' in only(`/proc/${process.pid}/exe`, process.pid).resolveFunction('SSL_read', 0n));
  const mapped = findUserBinaries('*', process.pid);
  assert.ok(!('error' in mapped));
  assert.ok(
    mapped.some((binary) => binary.path.startsWith(`/proc/${process.pid}/root/`) && dirname(binary.path) !== '/'),
  );
  assert.equal(only(node, process.pid).path, node);
});

test('what can not be a target says why', () => {
  assert.equal(errorOf('/no/such'), "uprobe target file '/no/such' does not exist or is not executable");
  const text = join(folder, 'text');
  writeFileSync(text, 'not a program');
  assert.match(errorOf(text), /is no executable or library that can be read: ELF: /);
  writeFileSync(text, Buffer.from('\x7fELF\x02\x01\x01', 'latin1'));
  assert.match(errorOf(text), /is no executable or library that can be read: ELF: /);
  assert.match(errorOf(folder), /is not a regular file/);
  assert.match(errorOf('/dev/null'), /is not a regular file/);
});
