import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './sources.ts';

function passes(tool: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', tool), args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  });
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}${stderr}`);
}

test('types: tsc', () => passes('tsc', '--noEmit'));
test('lint: oxlint', () => passes('oxlint', '--type-aware', '--deny-warnings'));
test('format: oxfmt (`npm run format` mends it)', () => passes('oxfmt', '--check'));
