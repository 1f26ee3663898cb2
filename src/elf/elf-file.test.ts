import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../base/index.ts';
import { ElfFile, functionSymbols, SymbolTable } from './index.ts';
import { buildElf, type FixtureOptions } from './testdata/build-elf.ts';

const symbols = [
  { name: 'main', address: 0x401100, size: 0x40 },
  { name: 'domain', address: 0x401140, size: 0x10 },
  { name: '__open', address: 0x401200, size: 0x20, binding: 0 },
  { name: 'open', address: 0x401200, size: 0x20, binding: 2 },
  { name: 'from_asm', address: 0x401300, size: 0 },
  { name: 'after_asm', address: 0x401340, size: 4 },
  { name: 'counter', address: 0x404010, size: 8, type: 1 },
  { name: 'printf', address: 0, size: 0, section: 0 },
];
const dynamicSymbols = [
  { name: 'copy@@V2', address: 0x401400, size: 8 },
  { name: 'copy@V1', address: 0x401410, size: 8 },
  { name: 'choose', address: 0x401420, size: 8, type: 10 },
];
const usdt = [
  {
    provider: 'app',
    name: 'start',
    location: 0x401104,
    base: 0x402000,
    semaphore: 0x404020,
    arguments: '-4@%edi 8@%rsi',
  },
];
const everything: FixtureOptions = {
  symbols,
  dynamicSymbols,
  usdt,
  stapsdtBase: 0x402000,
  buildId: Uint8Array.of(0xde, 0xad, 0x00, 0x01),
  debugLink: 'app.debug',
};

for (const bits of [32, 64] as const) {
  for (const littleEndian of [true, false]) {
    test(`reads a ${bits}-bit ${littleEndian ? 'little' : 'big'}-endian file`, () => {
      const elf = ElfFile.fromBytes(buildElf({ ...everything, bits, littleEndian }));
      assert.equal(elf.bits, bits);
      assert.equal(elf.littleEndian, littleEndian);
      assert.equal(elf.header.entry, 0x401000n);
      assert.equal(elf.isPositionIndependent, false);
      assert.equal(elf.interpreter(), undefined);
      assert.equal(elf.buildId(), 'dead0001');
      assert.deepEqual(elf.debugLink(), { fileName: 'app.debug', crc32: 0xdeadbeef });
      assert.deepEqual(
        elf.symbols!.find('main').map((s) => [s.address, s.sizeBytes]),
        [[0x401100n, 0x40n]],
      );
      assert.equal(elf.functionAt(0x40113fn)?.name, 'main');
      assert.deepEqual(
        [...elf.usdtNotes()],
        [{ provider: 'app', name: 'start', location: 0x401104n, semaphore: 0x404020n, arguments: '-4@%edi 8@%rsi' }],
      );
    });
  }
}

test('a name that is the tail of another one is found, and nothing else', () => {
  const table = ElfFile.fromBytes(buildElf({ symbols: [symbols[1]!, symbols[0]!] })).symbols!;
  assert.deepEqual(
    table.find('main').map((s) => s.name),
    ['main'],
  );
  assert.deepEqual(table.find('ain'), []);
  assert.deepEqual(table.find('mai'), []);
  assert.deepEqual(table.find(''), []);
});

test('undefined symbols are found only when asked for', () => {
  const table = ElfFile.fromBytes(buildElf({ symbols })).symbols!;
  assert.deepEqual(table.find('printf'), []);
  assert.deepEqual(
    table.find('printf', { undefined: true }).map((s) => s.section),
    [0],
  );
});

test('versions: bare names find all, @ and @@ narrow', () => {
  const elf = ElfFile.fromBytes(buildElf({ dynamicSymbols }));
  const found = (name: string): unknown => elf.findSymbols(name).map((s) => [s.name, s.version, s.isDefaultVersion]);
  assert.deepEqual(found('copy'), [
    ['copy', 'V2', true],
    ['copy', 'V1', false],
  ]);
  assert.deepEqual(found('copy@V1'), [['copy', 'V1', false]]);
  assert.deepEqual(found('copy@V2'), [['copy', 'V2', true]]);
  assert.deepEqual(found('copy@@V1'), []);
});

test('functions are listed without data and imports, with indirect ones', () => {
  const elf = ElfFile.fromBytes(buildElf({ symbols, dynamicSymbols }));
  assert.deepEqual(
    [...elf.functions()].map((s) => s.name),
    ['main', 'domain', '__open', 'open', 'from_asm', 'after_asm', 'copy', 'copy', 'choose'],
  );
  assert.deepEqual(
    [...elf.functions((name) => name.startsWith('o'))].map((s) => s.name),
    ['open'],
  );
  assert.deepEqual(
    [...elf.symbols!.list({ types: [1] })].map((s) => s.name),
    ['counter'],
  );
});

test('address look-up: bounds, aliases, unknown sizes', () => {
  const elf = ElfFile.fromBytes(buildElf({ symbols }));
  const at = (address: bigint): string | undefined => elf.functionAt(address)?.name;
  assert.equal(at(0x4010ffn), undefined);
  assert.equal(at(0x401100n), 'main');
  assert.equal(at(0x401140n), 'domain');
  assert.equal(at(0x401150n), undefined);
  assert.equal(at(0x401210n), 'open', 'the weak public name, not the local one with underscores');
  assert.equal(at(0x40133fn), 'from_asm', 'reaches to the next function');
  assert.equal(at(0x401344n), undefined);
  assert.equal(at(0x404010n), undefined, 'data is no function');
  assert.equal(at(0n), undefined);
  assert.equal(at(0xffffffffffffffffn), undefined);
});

test('addresses far apart and at the top of the address space are told apart', () => {
  const high = [
    { name: 'low', address: 0x1000, size: 16 },
    { name: 'middle', address: 2 ** 45, size: 16 },
  ];
  const elf = ElfFile.fromBytes(buildElf({ symbols: high }));
  assert.equal(elf.functionAt(0x1008n)?.name, 'low');
  assert.equal(elf.functionAt(2n ** 45n + 15n)?.name, 'middle');
  assert.equal(elf.functionAt(2n ** 45n + 16n), undefined);
});

test('nested functions: the innermost wins, behind it the outer one again', () => {
  const elf = ElfFile.fromBytes(
    buildElf({
      symbols: [
        { name: 'outer', address: 0x401000, size: 0x100 },
        { name: 'inner', address: 0x401010, size: 0x10 },
      ],
    }),
  );
  assert.equal(elf.functionAt(0x401018n)?.name, 'inner');
  assert.equal(elf.functionAt(0x401020n)?.name, 'outer');
});

test('addresses and file offsets translate both ways, by segment', () => {
  const elf = ElfFile.fromBytes(buildElf());
  assert.equal(elf.fileOffsetOf(0x401234n), 0x1234n);
  assert.equal(elf.fileOffsetOf(0x404010n), 0x2010n);
  assert.equal(elf.fileOffsetOf(0x404800n), undefined, 'in memory only');
  assert.equal(elf.fileOffsetOf(0n), undefined);
  assert.equal(elf.addressOf(0x1234n), 0x401234n);
  assert.equal(elf.addressOf(0x2010n), 0x404010n);
  assert.equal(elf.addressOf(0x3000n), undefined);
});

test('USDT addresses move with .stapsdt.base', () => {
  const elf = ElfFile.fromBytes(buildElf({ usdt, stapsdtBase: 0x402100 }));
  const [note] = elf.usdtNotes();
  assert.equal(note!.location, 0x401204n);
  assert.equal(note!.semaphore, 0x404120n);
});

test('what is no ELF file says so', () => {
  assert.throws(() => ElfFile.fromBytes(new Uint8Array()), {
    name: 'FormatError',
    message: 'ELF: not an ELF file (at offset 0)',
  });
  assert.throws(() => ElfFile.fromBytes(new TextEncoder().encode('#!/bin/sh\necho hello world\n')), /not an ELF file/);
  assert.throws(() => ElfFile.fromBytes(buildElf().subarray(0, 40)), {
    name: 'FormatError',
    message: /header lies outside the file/,
  });
  assert.throws(() => ElfFile.fromBytes(buildElf().subarray(0, 0x3000)), {
    name: 'FormatError',
    message: /section header table lies outside/,
  });
});

/** Uses everything a reader offers; a damaged file may only end in FormatError. */
function exercise(bytes: Uint8Array): void {
  const attempt = (action: () => unknown): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };
  attempt(() => {
    const elf = ElfFile.fromBytes(bytes);
    for (const action of [
      () => elf.buildId(),
      () => elf.interpreter(),
      () => elf.debugLink(),
      () => [...elf.notes()],
      () => [...elf.usdtNotes()],
      () => elf.findSymbols('copy'),
      () => elf.symbols?.find('main'),
      () => [...elf.functions()],
      () => elf.functionAt(0x401100n),
      () => elf.symbols?.functionAt(0x401100n),
      () => [...(elf.dynamicSymbols?.list(functionSymbols) ?? [])],
      () => elf.fileOffsetOf(0x401100n),
      () => elf.addressOf(0x1100n),
      () => elf.sections.map((section) => elf.sectionData(section).length),
    ]) {
      attempt(action);
    }
    assert.ok(elf.symbols === undefined || elf.symbols instanceof SymbolTable);
  });
}

test('damaged files end in FormatError, never otherwise', () => {
  // The zero pages hold nothing: leave them out of what is damaged.
  const originals = ([32, 64] as const).map((bits) => buildElf({ ...everything, bits }));
  const places = originals.map((bytes) => [
    ...Array(0x100).keys(),
    ...Array.from({ length: bytes.length - 0x3000 }, (_, i) => 0x3000 + i),
  ]);
  fc.assert(
    fc.property(
      fc.nat(1),
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.option(fc.nat(0x4000), { freq: 5 }),
      (which, changes, cut) => {
        const bytes = originals[which]!.slice(0, cut ?? undefined);
        for (const [place, value] of changes) {
          const at = places[which]![place % places[which]!.length]!;
          if (at < bytes.length) bytes[at] = value;
        }
        exercise(bytes);
      },
    ),
    { numRuns: 1500 },
  );
});
