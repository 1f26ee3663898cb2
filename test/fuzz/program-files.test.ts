/**
 * Whatever stands in the debug information, the tables of Go or the USDT notes of a file: what reads them ends in a moment, with
 * a value or a FormatError.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FormatError } from '../../src/base/index.ts';
import { DebugInfo, ElfFile, filesOf, goFunctionsOf, linesOf, unwindTable } from '../../src/elf/index.ts';
import { random } from '../../src/lang/testing/random.ts';
import { debugSections } from '../../src/symbols/debug-sections.ts';

const SEEDS = Number(process.env['SONDE_FUZZ_SEEDS'] ?? 1000);
/** One file takes some milliseconds: this is far beyond any that ends, also where other tests run beside it. */
const MOST_MS = 10_000;

const WITHOUT_ADDRESSES = 'debug information without a table of addresses';
const workloads = join(import.meta.dirname, '..', 'live', 'workloads');
const kinds: readonly (readonly [string, string, readonly string[]])[] = [
  ...[2, 3, 4, 5].map((version) => [`DWARF ${version}`, 'names.cc', [`-gdwarf-${version}`]] as const),
  ['DWARF 5 of 64 bits', 'names.cc', ['-gdwarf-5', '-gdwarf64']],
  [WITHOUT_ADDRESSES, 'names.cc', ['-gdwarf-5']],
  ['compressed debug information', 'names.cc', ['-gdwarf-5', '-gz=zlib']],
  ['USDT notes', 'usdt.c', ['-g0']],
  ...[2, 16, 18, 20].map((version) => [`Go 1.${version}`, 'go-table.c', ['-g0', '-s', `-DGO=${version}`]] as const),
];

let folder: string;

function build(name: string, source: string, flags: readonly string[]): Buffer {
  const path = join(folder, name.replaceAll(/\W/g, '-'));
  const usual = ['-O2', '-fno-toplevel-reorder', '-fno-pie', '-no-pie'];
  execFileSync('g++', [
    ...usual,
    '-x',
    source.endsWith('.cc') ? 'c++' : 'c',
    ...flags,
    '-o',
    path,
    join(workloads, source),
  ]);
  if (name === WITHOUT_ADDRESSES) execFileSync('objcopy', ['-R', '.debug_aranges', path]);
  return readFileSync(path);
}

/** Bytes of the file that are worth being changed: not its code. */
function placesIn(bytes: Buffer): number[] {
  return ElfFile.fromBytes(bytes)
    .sections.filter(({ name }) => /^\.debug_|gopclntab|stapsdt|\.eh_frame/.test(name))
    .flatMap(({ fileOffset, sizeBytes }) => Array.from({ length: sizeBytes }, (_, i) => fileOffset + i));
}

function damage(original: Buffer, places: readonly number[], next: (below: number) => number): Buffer {
  const bytes = Buffer.from(original);
  for (let count = next(6); count >= 0; count--) {
    const at = places[next(places.length)]!;
    switch (next(4)) {
      case 0:
        bytes[at] = next(256);
        break;
      case 1:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][next(5)]!;
        break;
      case 2:
        bytes.fill([0, 0xff, 0x80][next(3)]!, at, at + 1 + next(12));
        break;
      case 3: {
        // One part in the place of another.
        const from = places[next(places.length)]!;
        bytes.copy(bytes, at, from, from + next(24));
        break;
      }
    }
  }
  return bytes;
}

function attempt(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

/** Asks a file everything; `addresses` are places in its code. */
function exercise(bytes: Buffer, addresses: readonly bigint[]): void {
  const elf = ElfFile.fromBytes(bytes);
  attempt(() => [...elf.usdtNotes()]);
  attempt(() => unwindTable(elf));
  attempt(() => {
    const go = goFunctionsOf(elf);
    for (const address of addresses) go?.functionAt(address);
    go?.find('main.first');
    for (const symbol of go?.list() ?? []) assert.equal(typeof symbol.name, 'string');
  });
  const info = new DebugInfo(debugSections(elf));
  attempt(() => {
    for (const unit of info.units) {
      attempt(() => filesOf(unit));
      attempt(() => linesOf(unit, () => true));
    }
  });
  for (const address of addresses) {
    attempt(() => info.sourceAt(address));
    attempt(() => info.scopeOf(address));
    attempt(() => {
      const found = info.functionAt(address);
      for (const { type } of found?.parameters ?? []) {
        const inner = type.kind === 'pointer' ? type.to() : type;
        if (inner.kind === 'record') inner.members();
      }
    });
  }
}

const skip = spawnSync('g++', ['--version']).status === 0 || process.env['CI'] ? false : 'no g++ on this machine';

describe('files of programs', { skip }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-files-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [kind, source, flags] of kinds)
    test(`damaged: ${kind}`, () => {
      const original = build(kind, source, flags);
      const elf = ElfFile.fromBytes(original);
      const addresses = [...elf.functions()].flatMap(({ address }) => [address, address + 3n, address + 17n]);
      const text = elf.section('.text')!.address;
      addresses.push(text, text + 5n, text + 300n);
      const places = placesIn(original);
      assert.ok(places.length > 50);
      exercise(original, addresses);
      for (let seed = 0; seed < Math.ceil(SEEDS / 10); seed++) {
        const bytes = damage(original, places, random(seed));
        const start = performance.now();
        try {
          attempt(() => exercise(bytes, addresses));
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
        const took = performance.now() - start;
        assert.ok(took < MOST_MS, `seed ${seed} took ${took} ms`);
      }
    });
});
