/**
 * Stock kernels of Debian for guests, kept in a cache: fetched with apt, never installed.
 * A cached kernel is a folder with
 *   vmlinux   unpacked: booting it saves the guest, which is emulated, from unpacking it
 *   modules   its lib/modules/VERSION, with modules.dep
 *   initrd    busybox, the modules that reach the root file system, `first-stage.sh`
 *   version   such as 6.12.117+deb12-amd64
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { archive, type Entry } from './cpio.ts';

export interface Kernel {
  readonly folder: string;
  readonly version: string;
}

/** The modules that lead to the root file system and to disks; what they need is loaded before them. */
const firstModules = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay', 'virtio_blk', 'virtio_net'];

export const cacheFolder = (): string => process.env['SONDE_CACHE'] ?? join(homedir(), '.cache/sonde-kernels');

/** The kernel that a Debian package such as `linux-image-6.12-amd64` stands for today; fetched on first use. */
export function openKernel(package_: string): Kernel {
  const folder = join(cacheFolder(), package_);
  const inCache = readVersion(folder);
  if (inCache !== undefined) return { folder, version: inCache };
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), '.new-'));
  try {
    fetchKernel(package_, work);
    chmodSync(work, 0o755);
    moveInto(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { folder, version: readVersion(folder)! };
}

function readVersion(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'version'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Whoever comes second, when two processes fetch the same kernel, takes what the first one left. */
function moveInto(work: string, folder: string): void {
  try {
    renameSync(work, folder);
  } catch (error) {
    if (readVersion(folder) === undefined) throw error;
  }
}

function fetchKernel(package_: string, work: string): void {
  process.stderr.write(`Fetching ${package_} into ${cacheFolder()}\n`);
  try {
    download(package_, work);
  } catch {
    // The lists of packages may be older than the package, or say a version that is no longer there.
    execFileSync('apt-get', ['-qq', 'update'], { stdio: ['ignore', 'ignore', 'inherit'] });
    download(package_, work);
  }
  const deb = readdirSync(work).find((name) => name.endsWith('.deb'))!;
  const unpacked = join(work, 'unpacked');
  execFileSync('dpkg-deb', ['-x', deb, unpacked], { cwd: work });
  const [version] = readdirSync(join(unpacked, 'lib/modules')) as [string];
  execFileSync('busybox', ['depmod', '-b', unpacked, version]);
  writeFileSync(join(work, 'vmlinux'), unpackVmlinux(readFileSync(join(unpacked, 'boot', `vmlinuz-${version}`))));
  renameSync(join(unpacked, 'lib/modules', version), join(work, 'modules'));
  cpSync(join(unpacked, 'boot', `config-${version}`), join(work, 'config'));
  writeFileSync(join(work, 'initrd'), makeInitrd(join(work, 'modules')));
  rmSync(unpacked, { recursive: true });
  rmSync(join(work, deb));
  writeFileSync(join(work, 'version'), `${version}\n`);
}

function download(package_: string, folder: string): void {
  execFileSync('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', realPackage(package_)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The package with the kernel that a meta package depends on. */
function realPackage(package_: string): string {
  const depends = execFileSync('apt-cache', ['depends', '--no-recommends', '--no-suggests', package_], {
    encoding: 'utf8',
  });
  return /Depends: (linux-image-\d\S*)/.exec(depends)?.[1] ?? package_;
}

/** The ELF file that a bzImage carries: where it lies is said in the set-up header (Documentation/arch/x86/boot.rst). */
function unpackVmlinux(image: Buffer): Buffer {
  const setupSectors = image[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4); // the last four bytes are its unpacked size
  const magic = payload.readUInt32BE(0);
  if (magic === 0x28b52ffd) return zstdDecompressSync(payload);
  if (magic === 0xfd377a58) return decompressXz(payload);
  throw new Error(`kernel packed in an unknown way (0x${magic.toString(16)})`);
}

function decompressXz(packed: Buffer): Buffer {
  return execFileSync('xz', ['-dc'], { input: packed, maxBuffer: 1 << 30 });
}

function makeInitrd(modules: string): Buffer {
  const busybox = execFileSync('/bin/sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  const folders = ['bin', 'dev', 'lib', 'proc', 'root', 'sys', 'low', 'over'].map((name): Entry => ({
    name,
    mode: 0o040755,
  }));
  const loaded = moduleOrder(modules).map((path): Entry => {
    const bytes = readFileSync(join(modules, path));
    return {
      name: `lib/${basename(path).replace('.xz', '')}`,
      mode: 0o100644,
      bytes: path.endsWith('.xz') ? decompressXz(bytes) : bytes,
    };
  });
  const order = loaded.map(({ name }) => `/${name}\n`).join('');
  return archive([
    ...folders,
    { name: 'bin/busybox', mode: 0o100755, bytes: readFileSync(busybox) },
    ...loaded,
    { name: 'lib/order', mode: 0o100644, bytes: Buffer.from(order) },
    { name: 'init', mode: 0o100755, bytes: readFileSync(join(import.meta.dirname, 'first-stage.sh')) },
  ]);
}

/** Paths of the first modules, each after those that it needs, by modules.dep: `path: needed needed`. */
function moduleOrder(modules: string): string[] {
  const nameOf = (path: string): string => basename(path).replace(/\.ko(\.xz)?$/, '');
  const linesOf = (file: string): string[] => readFileSync(join(modules, file), 'utf8').split('\n');
  const builtIn = new Set(linesOf('modules.builtin').map(nameOf));
  const needs = new Map(
    linesOf('modules.dep').map((line) => {
      const [path, needed = ''] = line.split(':') as [string, string?];
      return [
        nameOf(path),
        [
          ...needed
            .split(' ')
            .filter((other) => other !== '')
            .reverse(),
          path,
        ],
      ];
    }),
  );
  const absent = firstModules.filter((name) => !needs.has(name) && !builtIn.has(name));
  if (absent.length > 0) throw new Error(`this kernel lacks ${absent.join(', ')}: a cloud kernel?`);
  return [...new Set(firstModules.flatMap((name) => needs.get(name) ?? []))];
}
