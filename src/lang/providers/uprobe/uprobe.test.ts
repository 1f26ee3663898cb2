import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugFunction, UserBinary, UserPlace } from '../../../spec/index.ts';
import { complaints, fakeTarget, options, pointNames, resolve, type FakeMachine } from '../testing.ts';
import { uprobe } from './uprobe.ts';

const symbols: Readonly<Record<string, { at: bigint; size: bigint }>> = {
  main: { at: 0x1000n, size: 64n },
  start: { at: 0x1100n, size: 8n },
  start_alias: { at: 0x1100n, size: 8n },
  label: { at: 0x1200n, size: 0n },
  chooser: { at: 0x1300n, size: 16n },
};

/** Instructions of four bytes; behind 0x1030 there is what can't be decoded. */
function placeAt(fileOffset: bigint, size: bigint, name: string): UserPlace {
  const startsInstruction = fileOffset > 0x1030n && fileOffset < 0x1100n ? undefined : fileOffset % 4n === 0n;
  return { fileOffset, address: 0x40_0000n + fileOffset, size, startsInstruction, isIndirect: name === 'chooser' };
}

function binary(path: string): UserBinary {
  return {
    path,
    functions: () => Object.keys(symbols).sort(),
    resolveFunction: (name, offset) =>
      symbols[name] === undefined ? { error: 'none' } : placeAt(symbols[name].at + offset, symbols[name].size, name),
    resolveAddress: (address) => ({
      ...placeAt(address, 64n, 'main'),
      name: address < 0x2000n ? 'main' : undefined,
    }),
    resolveSymbol: (name) => (name === 'counter' ? { address: 0x40_2000n, size: 4n } : undefined),
  };
}

function machine(more: FakeMachine = {}) {
  const userBinaries: FakeMachine['userBinaries'] = (path) => {
    if (path === '/no/such') return { error: `uprobe target file '${path}' does not exist or is not executable` };
    return path === '*' ? [binary('/bin/a'), binary('/bin/b')] : [binary(path)];
  };
  return fakeTarget({ userBinaries, ...more });
}

test('P-50 functions, offsets and addresses become offsets in the file', () => {
  const points = ['uprobe:/bin/a:main', 'u:/bin/a:main+0x10', 'uprobe:/bin/a:0x1004', 'ur:/bin/a:main'].map(
    (text) => resolve(text, machine()).variants[0]?.points[0],
  );
  const hook = { kind: 'uprobe', return: false, path: '/bin/a' } as const;
  assert.deepEqual(points, [
    { hook: { ...hook, fileOffset: 0x1000n }, name: 'uprobe:/bin/a:main' },
    { hook: { ...hook, fileOffset: 0x1010n }, name: 'uprobe:/bin/a:main+16' },
    { hook: { ...hook, fileOffset: 0x1004n }, name: 'uprobe:/bin/a:4100' },
    { hook: { ...hook, return: true, fileOffset: 0x1000n }, name: 'uretprobe:/bin/a:main' },
  ]);
});

test('P-56 pointers are of user space; a return has a value and no arguments', () => {
  const entry = resolve('uprobe:/bin/a:main', machine(), options({ uses: ['func'] })).variants[0]!;
  assert.equal(entry.context.space, 'user');
  assert.deepEqual(entry.context.argument?.(0), { kind: 'word', offset: 112, size: 8, signed: false });
  assert.deepEqual(entry.context.func, {
    kind: 'usym',
    access: { kind: 'word', offset: 128, size: 8, signed: false },
    names: { number: { kind: 'constant', value: 0 }, all: ['main'] },
  });
  const exit = resolve('uretprobe:/bin/a:main', machine()).variants[0]!;
  assert.deepEqual(exit.context.returnValue?.access, { kind: 'word', offset: 80, size: 8, signed: false });
  assert.equal(exit.context.argument, undefined);
});

test('P-52 -p and -c attach to the process; the path may then be left out', () => {
  const own = resolve('uprobe::main', machine(), options({ pid: 42 })).variants[0]!;
  assert.deepEqual(own.points[0]?.hook, {
    kind: 'uprobe',
    return: false,
    path: '/proc/42/exe',
    fileOffset: 0x1000n,
    pid: 42,
  });
  assert.equal(own.filterByPid, false);
  assert.deepEqual(pointNames(resolve('uprobe:main', machine(), options({ childPid: 43 }))), [
    'uprobe:/proc/43/exe:main',
  ]);
  assert.match(complaints(resolve('uprobe::main', machine())), /needs the path/);
});

test('P-50 P-57 wildcards take each function once, in each file', () => {
  assert.deepEqual(pointNames(resolve('uprobe:/bin/a:*a*', machine())), ['uprobe:/bin/a:main', 'uprobe:/bin/a:start']);
  assert.deepEqual(pointNames(resolve('uprobe:*:main', machine(), options({ pid: 1 }))), [
    'uprobe:/bin/a:main',
    'uprobe:/bin/b:main',
  ]);
  const named = resolve(
    'uprobe:/bin/a:*a*',
    machine({ features: ['uprobe', 'attach-cookie', 'uprobe-multi'] }),
    options({ uses: ['probe'] }),
  ).variants;
  assert.deepEqual(
    named.map((variant) => [variant.expectedAttachType, variant.points.map((point) => point.cookie)]),
    [[48, [0n, 1n]]],
  );
});

test('P-54 what is wrong with a uprobe', () => {
  assert.equal(
    complaints(resolve('uprobe:/no/such:f', machine())),
    "error: uprobe target file '/no/such' does not exist or is not executable",
  );
  assert.equal(
    complaints(resolve('uprobe:/bin/a:mian', machine())),
    'error: No matches for uprobe /bin/a:mian.\nhint: Did you mean uprobe:/bin/a:main?',
  );
  assert.equal(
    complaints(resolve('uprobe:/bin/a:main+64', machine())),
    "error: Offset outside the function bounds ('main' size is 64)",
  );
  assert.equal(resolve('uprobe:/bin/a:main+64', machine(), options({ unsafe: true })).variants.length, 1);
  assert.match(complaints(resolve('uprobe:/bin/a:label', machine())), /no size\. Use --unsafe/);
  assert.equal(
    complaints(resolve('uretprobe:/bin/a:main+4', machine())),
    'error: Offset is not allowed in a uretprobe',
  );
  assert.match(complaints(resolve('uprobe:/bin/a:0x9000', machine())), /^error: 0x9000 is not inside a function/);
  assert.equal(
    complaints(resolve('uprobe:/bin/a:cpp:"f(int)"', machine())),
    'error: No matches for uprobe /bin/a:cpp:f(int).',
  );
  assert.equal(
    complaints(resolve('uprobe:/bin/a@x.c:12', machine())),
    'error: uprobe:/bin/a@x.c:12: /bin/a has no debug information',
  );
  assert.equal(
    complaints(resolve('uprobe:/bin/a', machine())),
    'error: uprobe probe type requires 2 arguments, found 1\nhint: Write it as uprobe:/bin/bash:readline.',
  );
  assert.match(complaints(resolve('uprobe:/bin/a:main', machine({ features: [] }))), /CONFIG_UPROBES/);
});

test('P-54 a place in the middle of an instruction is refused, but with --unsafe', () => {
  const middle = 'error: Could not add uprobe into the middle of an instruction: /bin/a:';
  assert.equal(complaints(resolve('uprobe:/bin/a:main+2', machine())), `${middle}main+2`);
  assert.equal(complaints(resolve('uprobe:/bin/a:0x1002', machine())), `${middle}0x1002`);
  assert.equal(
    complaints(resolve('uprobe:/bin/a:main+52', machine())),
    'error: Could not tell whether an instruction begins at /bin/a:main+52. Use --unsafe to attach anyway.',
  );
  for (const place of ['main+2', '0x1002', 'main+52', '0x9000']) {
    const { variants, diagnostics } = resolve(`uprobe:/bin/a:${place}`, machine(), options({ unsafe: true }));
    assert.equal(variants.length, 1, place);
    assert.deepEqual(diagnostics, []);
  }
});

test('a function that only chooses another one is worth a warning', () => {
  const resolution = resolve('uprobe:/bin/a:chooser', machine());
  assert.equal(resolution.variants.length, 1);
  assert.match(complaints(resolution), /^warning: 'chooser' only chooses, once in each program, .* not seen$/);
});

test('listing', () => {
  const quiet = { verbose: false, pid: undefined };
  assert.deepEqual(uprobe.list(['/bin/a', 'ma*'], machine(), quiet).lines, ['uprobe:/bin/a:main']);
  assert.deepEqual(uprobe.list(['*', 'main'], machine(), { ...quiet, pid: 5 }).lines, [
    'uprobe:/bin/a:main',
    'uprobe:/bin/b:main',
  ]);
  assert.match(uprobe.list([], machine(), quiet).notes[0] ?? '', /with -p/);
});

test('a body that asks for addresses of the program has a program for each place, which knows the file around it', () => {
  const { variants } = resolve('uprobe:/bin/a:*a*', machine(), options({ uses: ['uaddr'] }));
  assert.deepEqual(
    variants.map(({ points, context }) => [points[0]!.name, context.image?.placeAddress]),
    [
      ['uprobe:/bin/a:main', 0x40_1000n],
      ['uprobe:/bin/a:start', 0x40_1100n],
    ],
  );
  assert.deepEqual(variants[0]!.context.image!.symbol('counter'), { address: 0x40_2000n, size: 4n });
  const [entry] = resolve('uprobe:/bin/a:main', machine()).variants;
  const [exit] = resolve('uretprobe:/bin/a:main', machine()).variants;
  assert.deepEqual(
    [entry!.context.image!.place, exit!.context.image!.place],
    [{ kind: 'word', offset: 128, size: 8, signed: false }, { kind: 'functionAddress' }],
  );
});

test('P-58 Go: a warning for returns, and no names for arguments', () => {
  const fn: DebugFunction = {
    name: 'main.main',
    parameters: [{ name: 'n', type: { kind: 'integer', size: 8, signed: true, isChar: false }, typeText: 'int' }],
    isVariadic: false,
    result: { type: { kind: 'void' }, typeText: 'void' },
    language: 'go',
  };
  const go = machine({ userBinaries: (path) => [{ ...binary(path), isGo: true, debugFunction: () => fn }] });
  assert.equal(
    complaints(resolve('uretprobe:/bin/go:main', go)),
    "warning: /bin/go is written in Go, whose stacks move: a probe on a function's return can make the program crash\n" +
      "hint: Probe the function's entry, or its last instructions (uprobe:FILE:FUNCTION+OFFSET).",
  );
  const entry = resolve('uprobe:/bin/go:main', go, options({ args: ['n'] }));
  assert.equal(complaints(entry), '');
  assert.deepEqual(entry.variants[0]!.context.args, {
    error: 'Go functions take their arguments in registers of their own choice, which is not supported.',
  });
});
