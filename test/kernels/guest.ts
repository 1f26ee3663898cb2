/**
 * Runs a command of this machine's files under another kernel, in QEMU under software emulation: no KVM needed.
 * Every file of the host is there at its own path, but for /dev, /proc, /run and /sys; what the guest writes stays
 * in its memory. As a command: `node test/kernels/guest.ts [--kernel PACKAGE] [--disk SIZE]... [--nodes 2] -- COMMAND ARGS`
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openKernel, type Kernel } from './kernel.ts';

export const defaultKernel = 'linux-image-6.12-amd64';

export interface GuestOptions {
  /** Debian's package of the kernel. */
  readonly kernel?: string;
  /** Sizes in bytes of scratch disks: /dev/vda, /dev/vdb … */
  readonly disks?: readonly number[];
  /** NUMA nodes, between which the two CPUs and the memory are divided; one unless given. */
  readonly nodes?: 1 | 2;
  readonly timeoutMs?: number;
  /** Where the command starts; the host's own unless given. */
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Sees output as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface GuestResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Boots, runs the command as root in the current folder, powers off. Throws where the guest dies or takes too long. */
export async function runInGuest(command: readonly string[], options: GuestOptions = {}): Promise<GuestResult> {
  const kernel = openKernel(options.kernel ?? defaultKernel);
  for (let boots = 1; ; boots++) {
    const result = await bootOnce(kernel, command, options);
    if (result !== 'dead') return result;
    if (boots === MOST_BOOTS)
      throw new Error(`the guest died ${MOST_BOOTS} times of what the emulator does to patched code`);
    console.error('# the guest died of what the emulator does to patched code: it is started again');
  }
}

const MOST_BOOTS = 3;

/**
 * `dead`: QEMU's threaded emulation races when the kernel patches its own code, and a processor meets an int3 that is no longer
 * there. At boot that happens in one start of some twenty, in whatever form; later, where tracepoints are turned on, seldom.
 * It says nothing of the command.
 */
async function bootOnce(
  kernel: Kernel,
  command: readonly string[],
  options: GuestOptions,
): Promise<GuestResult | 'dead'> {
  const run = realpathSync(mkdtempSync(join(tmpdir(), 'sonde-guest-')));
  try {
    prepareRun(run, kernel, command, options);
    const disks = (options.disks ?? []).map((sizeBytes, index) => makeDisk(join(run, `disk${index}`), sizeBytes));
    const ended = await runQemu(qemuArguments(kernel, run, disks, options.nodes ?? 1), run, options);
    const status = readFileSync(join(run, 'status'), 'utf8');
    if (status === '' && ended === 'ended') {
      const shown = readText(run, 'console');
      const isRace = shown.includes('first process runs') ? /int3: 0000/ : /Oops|BUG:|Kernel panic/;
      if (isRace.test(shown)) return 'dead';
    }
    if (status === '') throw new Error(`the guest ${ended} before its command ended\n${guestConsole(run)}`);
    return { status: Number(status), stdout: readText(run, 'out'), stderr: readText(run, 'err') };
  } finally {
    rmSync(run, { recursive: true });
  }
}

const readText = (run: string, name: string): string => readFileSync(join(run, name), 'utf8');
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function guestConsole(run: string): string {
  return `${readText(run, 'qemu')}${readText(run, 'console').split('\n').slice(-40).join('\n')}`;
}

/** The folder that the guest reads its orders from and that QEMU writes its answers to. */
function prepareRun(run: string, kernel: Kernel, command: readonly string[], options: GuestOptions): void {
  const variables = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/root',
    TMPDIR: '/tmp',
    ...options.environment,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  writeFileSync(join(run, 'settings'), `modules=${quote(join(kernel.folder, 'modules'))}\nversion=${kernel.version}\n`);
  writeFileSync(
    join(run, 'command'),
    `${exports.join('')}cd ${quote(options.cwd ?? process.cwd())}\nexec ${command.map(quote).join(' ')}\n`,
  );
  cpSync(join(import.meta.dirname, 'second-stage.sh'), join(run, 'second-stage.sh'));
  for (const name of ['out', 'err', 'status', 'console', 'qemu']) writeFileSync(join(run, name), '');
}

function makeDisk(path: string, sizeBytes: number): string {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  return path;
}

function qemuArguments(kernel: Kernel, run: string, disks: readonly string[], nodes: number): string[] {
  // Against slow emulation: no mitigations, no self-tests of ciphers, no watchdogs. An oops ends the guest.
  const parameters =
    'console=ttyS0 quiet panic=-1 oops=panic mitigations=off no_timer_check tsc=reliable nowatchdog cryptomgr.notests';
  const port = (name: string, number: number): string[][] => [
    ['-chardev', `file,id=${name},path=${join(run, name)}`],
    ['-device', `virtserialport,chardev=${name},nr=${number}`],
  ];
  const disk = (path: string, index: number): string[][] => [
    ['-drive', `if=none,id=disk${index},format=raw,cache=unsafe,file=${path}`],
    ['-device', `virtio-blk-pci,drive=disk${index}`],
  ];
  const node = (_: unknown, index: number): string[][] => [
    ['-object', `memory-backend-ram,id=memory${index},size=512M`],
    ['-numa', `node,nodeid=${index},cpus=${index},memdev=memory${index}`],
  ];
  return [
    ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off', '-smp', '2', '-m', '1G'],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', `file:${join(run, 'console')}`],
    ['-kernel', join(kernel.folder, 'vmlinux'), '-initrd', join(kernel.folder, 'initrd')],
    ['-append', `${parameters} guest_run=${run}`],
    ['-virtfs', 'local,path=/,security_model=none,readonly=on,multidevs=remap,mount_tag=root'],
    ['-device', 'virtio-serial-pci'],
    ...port('out', 1),
    ...port('err', 2),
    ...port('status', 3),
    ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ...disks.flatMap(disk),
    ...(nodes === 2 ? [0, 1].flatMap(node) : []),
  ].flat();
}

/** Resolves when QEMU has ended, with how it did. */
async function runQemu(args: readonly string[], run: string, options: GuestOptions): Promise<string> {
  const qemu = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const note = (text: Buffer): void => writeFileSync(join(run, 'qemu'), text, { flag: 'a' });
  qemu.stdout.on('data', note);
  qemu.stderr.on('data', note);
  let ended = 'ended';
  const limit = setTimeout(() => {
    ended = `was given up after ${(options.timeoutMs ?? 0) / 1000} s,`;
    qemu.kill('SIGKILL');
  }, options.timeoutMs ?? 120_000);
  const follow = options.onOutput === undefined ? undefined : followOutput(run, options.onOutput);
  try {
    await new Promise((resolve, reject) => qemu.on('error', reject).on('close', resolve));
  } finally {
    clearTimeout(limit);
    follow?.stop();
  }
  return ended;
}

function followOutput(run: string, onOutput: NonNullable<GuestOptions['onOutput']>): { stop: () => void } {
  const seen = { out: 0, err: 0 };
  const look = (): void => {
    for (const name of ['out', 'err'] as const) {
      if (statSync(join(run, name)).size === seen[name]) continue;
      const bytes = readFileSync(join(run, name));
      onOutput(name === 'out' ? 'stdout' : 'stderr', bytes.subarray(seen[name]).toString());
      seen[name] = bytes.length;
    }
  };
  const timer = setInterval(look, 100);
  return {
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}

const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string' },
      disk: { type: 'string', multiple: true, default: [] },
      nodes: { type: 'string', default: '1' },
      timeout: { type: 'string', default: '120' },
    },
  });
  const { status } = await runInGuest(positionals, {
    kernel: values.kernel,
    disks: values.disk.map((size) => Number.parseInt(size, 10) * (units[size.slice(-1)] ?? 1)),
    nodes: values.nodes === '2' ? 2 : 1,
    timeoutMs: Number(values.timeout) * 1000,
    onOutput: (stream, text) => process[stream].write(text),
  });
  process.exitCode = status;
}

if (import.meta.main) await main();
