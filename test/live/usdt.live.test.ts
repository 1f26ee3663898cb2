/** USDT probes on the live kernel: the workload's notes have every form of argument, and the values are known. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sonde } from '../sonde.ts';
import { entries, folder, live, trace, workload } from './support.ts';

const program = workload('usdt');
const command = ['-q', '-c', `${program} 2`];

/** What one run's output is without the workload's own line: how many look. */
async function printed(script: string, args: readonly string[] = command): Promise<string[]> {
  const { stdout, stderr } = await trace(script, args);
  assert.equal(stderr, '');
  return stdout.split('\n').filter((line) => line !== '' && !/^\d$/.test(line));
}

describe('usdt', { ...live, skip: process.arch === 'x64' ? live.skip : 'the workload is written for x86-64' }, () => {
  test('P-60 P-95 P-96 probes are listed by file, provider and name', async () => {
    const { stdout } = await sonde(['-l', `usdt:${program}:*`]);
    const names =
      'other:string sample:asked sample:constants sample:memory sample:registers sample:string sample:twice sample:variables';
    assert.equal(
      stdout,
      names
        .split(' ')
        .map((name) => `usdt:${program}:${name}\n`)
        .join(''),
    );
    assert.equal((await sonde(['-l', `U:${program}:o*:*`])).stdout, `usdt:${program}:other:string\n`);
    assert.equal(
      (await sonde(['-l', `*:${program}:*str*`])).stdout,
      `usdt:${program}:other:string\nusdt:${program}:sample:string\n`,
    );
  });

  test('P-95 a program as the only word, and the files of a process', async () => {
    const { stdout } = await sonde(['-l', program]);
    assert.ok(stdout.includes(`uprobe:${program}:forms\n`));
    assert.ok(stdout.endsWith(`usdt:${program}:sample:variables\n`));
    using child = running();
    const ofProcess = await sonde(['-l', '-p', String(child.pid), '*:*:elsewh*,u*::sample:as*,usdt:sample:as*']);
    const path = `/proc/${child.pid}/root${program}`;
    assert.equal(ofProcess.stdout.split('\n')[0], `uprobe:${path}:elsewhere`);
  });

  test('P-61 registers: width and sign are the note’s', async () => {
    assert.deepEqual(
      await printed(
        `usdt:${program}:sample:registers { print((arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8)); exit(); }`,
      ),
      ['(1234605616436508552, 1432778632, -2, 4294967294, -127, 129, 127, 30600, -3)'],
    );
  });

  test('P-61 constants of any size', async () => {
    assert.deepEqual(
      await printed(`usdt:${program}:sample:constants { print((arg0, arg1, arg2, arg3, arg4, arg5)); exit(); }`),
      ['(-5, 7, 9223372036854775807, -9223372036854775808, 255, -1)'],
    );
  });

  test('P-61 memory by displacement, base, index and scale', async () => {
    assert.deepEqual(
      await printed(
        `usdt:${program}:sample:memory { print((arg0, arg1, arg2, arg3, arg4, arg5, arg6, arg7)); exit(); }`,
      ),
      ['(10, 12, 11, 13, 14, 11, 3584, 2816)'],
    );
  });

  test('P-61 variables, wherever the program is loaded, and text', async () => {
    assert.deepEqual(
      await printed(
        `usdt:${program}:sample:variables { print((arg0, arg1, arg2, str(arg3))); } usdt:${program}:sample:string { print(str(arg0)); exit(); }`,
      ),
      ['(-77, 12, 11, a text)', 'a text'],
    );
  });

  test('P-62 a probe that is asked for first fires, and the counter is put back', async () => {
    const run = await trace(`usdt:${program}:asked { print((arg0, func)); }`, command);
    // The program's own output comes before or after ours: it is written when the program ends.
    const lines = run.stdout.trim().split('\n').sort();
    assert.deepEqual(lines, ['(42, guarded)', '(43, guarded)', '1'], 'the program sees that someone looks');
    assert.equal(execFileSync(program, { encoding: 'utf8' }), '0\n');
  });

  for (const without of ['', 'uprobe_multi', 'uprobe_multi,attach_cookie']) {
    test(`P-63 P-60 every place of every probe, by wildcard${without === '' ? '' : `, without ${without}`}`, async () => {
      const args = [...command, ...(without === '' ? [] : ['--no-feature', without])];
      const { stdout } = await trace(`usdt:${program}:*:* { @[probe] = count(); @f[func] = count(); }`, args);
      assert.deepEqual(
        entries(stdout, '@'),
        Object.fromEntries(
          [
            'other:string',
            'sample:asked',
            'sample:constants',
            'sample:memory',
            'sample:registers',
            'sample:string',
            'sample:variables',
          ]
            .map((name) => [`usdt:${program}:${name}`, '2'])
            .concat([[`usdt:${program}:sample:twice`, '6']]),
        ),
      );
      assert.deepEqual(entries(stdout, '@f'), { forms: '12', guarded: '2', main: '4', elsewhere: '2' });
    });
  }

  test('P-63 places that keep an argument elsewhere', async () => {
    assert.deepEqual(entries((await trace(`usdt:${program}:twice { @[arg0] = count(); }`, command)).stdout, '@'), {
      '-102': '2',
      '101': '2',
      '103': '2',
    });
  });

  test('P-60 P-62 -p: the process’s own program, and only that process', async () => {
    using first = running();
    using second = running();
    const run = await trace(
      `usdt::sample:asked { @[pid == ${first.pid}, probe] = count(); @n = count(); if (arg0 >= 0) { @seen = 1; } } interval:ms:300 { exit(); }`,
      ['-p', String(first.pid)],
    );
    assert.ok(second.pid > 0);
    assert.deepEqual(Object.keys(entries(run.stdout, '@')), [`true, usdt:/proc/${first.pid}/exe:sample:asked`]);
    assert.deepEqual(entries(run.stdout, '@seen'), { '': '1' });
    const listed = await sonde(['-l', '-p', String(first.pid), 'usdt:*:sample:a*']);
    assert.equal(listed.stdout, `usdt:/proc/${first.pid}/root${program}:sample:asked\n`);
  });

  test('F-52 uaddr at places of one name, each with a program of its own', async () => {
    const script = `usdt:${program}:sample:{twice,asked} { @[*uaddr("counter"), *uaddr("asked_semaphore"), sizeof(*uaddr("asked_semaphore"))] = count(); }`;
    assert.deepEqual(await printed(script.replace('{twice,asked}', 'twice')), ['@[18446744073709551539, 0, 2]: 6']);
    assert.deepEqual(await printed(script.replace('{twice,asked}', 'a*')), ['@[18446744073709551539, 1, 2]: 2']);
  });

  test('P-60 what is wrong with a usdt probe', async () => {
    const points = ['sample:asken { }', 'twice { print(arg1); }', 'sample:string { print(arg1); }'].map(
      (point) => `usdt:${program}:${point}`,
    );
    const others = ['/bin/sh:x', '/no/such:x', ':a:b', 'a:b:c:d'].map((point) => `usdt:${point} { }`);
    const { status, stderr } = await trace([...points, ...others].join(' '), ['--dry-run']);
    assert.equal(status, 1);
    const lines = stderr.split('\n').filter((line) => /ERROR|HINT/.test(line));
    assert.deepEqual(
      lines.map((line) => line.replaceAll(program, 'FILE').replace(/stdin:[\d:-]+ /, '')),
      [
        'ERROR: No matches for usdt FILE:sample:asken.',
        'HINT: Did you mean usdt:FILE:sample:asked?',
        'ERROR: usdt:FILE:sample:twice has one argument: there is no arg1',
        "ERROR: arg1 of usdt:FILE:sample:string can't be read: '8f@%xmm0' is a floating-point number",
        'ERROR: No matches for usdt /bin/sh:x.',
        'HINT: This file has no USDT probes.',
        "ERROR: usdt target file '/no/such' does not exist or is not executable",
        'ERROR: usdt needs the path of an executable or a library, unless -p names a process',
        'ERROR: usdt probe type requires 2 or 3 arguments, found 4',
        'HINT: Write it as usdt:/usr/bin/node:node:gc__start.',
      ],
    );
  });

  test('P-60 notes that are cut off, or point at other code, do no harm', async () => {
    const bytes = readFileSync(program);
    const note = bytes.indexOf('stapsdt\0');
    const endless = Buffer.from(bytes);
    endless.writeUInt32LE(0x7fff_ffff, note - 8);
    const cut = join(folder, 'cut');
    writeFileSync(cut, endless, { mode: 0o755 });
    const refused = await trace(`usdt:${cut}:sample:twice { }`, ['--dry-run']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /ERROR: .*\/cut is damaged: ELF: a note is longer than its section/);
    const moved = Buffer.from(bytes);
    const location = moved.indexOf('sample\0registers\0') - 24;
    moved.writeBigUInt64LE(moved.readBigUInt64LE(location) - 1n, location);
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, moved, { mode: 0o755 });
    const wrong = await trace(`usdt:${elsewhere}:sample:registers { }`, ['--dry-run']);
    assert.equal(wrong.status, 1);
    assert.match(
      wrong.stderr,
      /usdt:.*:sample:registers says that it is at 0x[0-9a-f]+, but there is no probe: its place is left out/,
    );
    assert.equal(execFileSync(elsewhere, { encoding: 'utf8' }), '0\n');
  });
});

/** The workload, on and on. */
function running(): Disposable & { readonly pid: number } {
  const child = spawn(program, ['-1'], { stdio: 'ignore' });
  return { pid: child.pid!, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
