/** The guest is what the other suites take it for. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';

test('the kernel is the one asked for', () => {
  // Debian's plain package is the kernel that its release came with.
  const [, wanted = '6.1'] = /linux-image-(\d+\.\d+)-/.exec(process.env['SONDE_GUEST'] ?? '') ?? [];
  assert.ok(release().startsWith(`${wanted}.`), release());
});

test('kprobes are there', () => assert.ok(existsSync('/sys/bus/event_source/devices/kprobe/type')));

test('tracefs is mounted', () => assert.ok(existsSync('/sys/kernel/tracing/available_filter_functions')));

test('the kernel has BTF', () => assert.ok(existsSync('/sys/kernel/btf/vmlinux')));

test('writing stays in the guest', () => {
  writeFileSync('/etc/guest-was-here', 'yes');
  assert.equal(readFileSync('/etc/guest-was-here', 'utf8'), 'yes');
});

test('a scratch disk is there', () => assert.ok(existsSync('/dev/vda')));
