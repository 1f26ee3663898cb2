'use strict';
process.on('SIGUSR1', function () {}); // Before all else: without a listener this signal opens Node's inspector.

// Chooses what runs: in an installed package the bundle; in a checkout the bundle only if it was made from these
// sources (dist/stamp), else the sources. Requires nothing that Node has not loaded already, and is plain enough
// for an old Node to say that it is too old.

const fs = require('fs');
const path = require('path');

const MINIMUM_NODE = 24;
const PACKAGED_NODE = 'v24.21.0';

/**
 * The sources below a folder, one line each: name, size in bytes. A name without a dot is a folder's. As `dist/stamp`
 * holds them of the sources that the bundle is made from: to compare the list costs less here than a hash of it.
 */
function sourceList(folder, prefix, sizeOf = sizeReader()) {
  let list = '';
  for (const name of fs.readdirSync(folder)) {
    if (name.endsWith('.test.ts') || name === 'testdata') continue;
    if (name.indexOf('.') < 0) list += sourceList(folder + '/' + name, prefix + name + '/', sizeOf);
    else list += prefix + name + ' ' + sizeOf(folder + '/' + name) + '\n';
  }
  return list;
}

/**
 * What tells a file's size. Of five milliseconds that hundreds of statSync take here, three go into objects that nobody
 * looks at: the Node that is packaged is asked as statSync itself asks it, where st_size is the ninth number.
 */
function sizeReader() {
  if (process.version === PACKAGED_NODE) {
    const { stat } = process.binding('fs');
    return (file) => stat(file, false, undefined, true)[8];
  }
  return (file) => fs.statSync(file).size;
}

function main() {
  if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
    process.stderr.write(
      'sonde: needs Node ' +
        MINIMUM_NODE +
        ' or newer, this is ' +
        process.versions.node +
        ' (' +
        process.execPath +
        ')\n',
    );
    process.exitCode = 1;
    return;
  }
  giveBackEnvironment();
  const root = path.dirname(__dirname);
  if (bundleIsCurrent(root)) void start(loadPart(path.join(root, 'dist'), 'sonde'));
  else void import(path.join(root, 'src/cli/main.ts')).then(start);
}

/** Commands that a script starts get the variables that the launcher kept from this process. */
function giveBackEnvironment() {
  const prefix = 'SONDE_CHILD_';
  for (const name of Object.keys(process.env)) {
    if (!name.startsWith(prefix)) continue;
    process.env[name.slice(prefix.length)] = process.env[name];
    delete process.env[name];
  }
}

function start(program) {
  return program.main(process.argv.slice(2)).then((status) => {
    // A run of a script has written and closed all by now: that Node takes itself to pieces would cost 2 ms more.
    if (parts.has('sonde') && !parts.has('commands')) process.exit(status);
    process.exitCode = status;
  });
}

function bundleIsCurrent(root) {
  if (!fs.existsSync(path.join(root, 'src/cli/main.ts'))) return true; // an installed package
  if (process.env.SONDE_RUN === 'sources') return false; // tests
  let stamp;
  try {
    stamp = fs.readFileSync(path.join(root, 'dist/stamp'), 'latin1');
  } catch {
    return false;
  }
  return stamp === sourceList(path.join(root, 'src'), '');
}

// ---- the bundle's parts and V8's code cache --------------------------------------------------------------------

/** The parts of the bundle in this process: what each exports, by name; null while it starts. */
const parts = new Map();

/**
 * From so many bytes on a script has a code cache of its own, which holds more of the compiler. It takes 3 ms more to
 * load, and saves 10 to 30 where V8 would have to compile all that in the middle of the script's compilation.
 */
const LARGE_SCRIPT_BYTES = 1000;

/** Whether the command line names a large script: a text, a file, a tool. */
function runsLargeScript(tools) {
  const args = process.argv.slice(2);
  return args.some((arg, i) => {
    if (args[i - 1] === '-e') return arg.length >= LARGE_SCRIPT_BYTES;
    if (arg.endsWith('.bt')) return isLarge(arg);
    return /^[a-z][\w-]*$/.test(arg) && isLarge(path.join(tools, arg + '.bt'));
  });
}

function isLarge(file) {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    return stat !== undefined && stat.size >= LARGE_SCRIPT_BYTES;
  } catch {
    return false; // Whoever opens it says what is wrong.
  }
}

/** Which build runs here: what `// BUILD TEXT`, the first line of each part, begins with. */
let build;

/** Runs the part `dist/NAME.cjs`, where it hasn't run yet, and gives what it exports. */
function loadPart(dist, name) {
  if (!parts.has(name)) {
    parts.set(name, null);
    parts.set(name, runPart(dist, name));
  }
  const part = parts.get(name);
  if (part === null) throw new Error('dist/' + name + '.cjs uses itself through another part while it starts');
  return part;
}

function runPart(dist, name) {
  const vm = require('vm');
  const file = path.join(dist, name + '.cjs');
  const source = fs.readFileSync(file, 'latin1'); // the bundle is ASCII: V8 keeps it at one byte per character
  // The cache holds machine-made code that would run unchecked: V8 compares only the length of the source.
  // So it is bound to the bundle by the bundle's own id (its first line) and to the Node that made it.
  const firstLine = source.slice(0, source.indexOf('\n'));
  const itsBuild = firstLine.split(' ')[1];
  if (build === undefined) build = itsBuild;
  else if (build !== itsBuild) replaced(file);
  const identity = [firstLine, process.version, process.arch, processorFeatures()].join(' ');
  const large = name === 'sonde' && runsLargeScript(path.join(dist, '../tools'));
  const cacheFile = path.join(dist, name + (large ? '-large' : '') + '.code-cache');
  const cache = readCodeCache(dist, cacheFile, identity);
  const script = new vm.Script(source, { filename: file, cachedData: cache ? cache.data : undefined });
  const cached = cache !== undefined && !script.cachedDataRejected;
  if (!(cached && cache.complete)) {
    process.on('exit', () => {
      const complete = ranItsWork(name);
      if (complete || !cached) writeCodeCache(dist, cacheFile, cacheHeader(identity, complete), script);
    });
  }
  const module_ = { exports: {} };
  const requireFrom = (wanted) => (wanted[0] === '#' ? moduleOfPart(dist, wanted) : require(wanted));
  script.runInThisContext().call(module_.exports, module_.exports, requireFrom, module_, file, dist);
  return module_.exports;
}

/** Another version was installed meanwhile: its parts don't fit ours. */
function replaced(file) {
  process.stderr.write('sonde: ' + file + ' was replaced while this ran: start it again\n');
  process.exit(1);
}

/**
 * `#PART#MODULE`: what another part's module exports, or something that reads that part as soon as it is looked at;
 * `#PART#MODULE#now`: what it exports.
 */
function moduleOfPart(dist, wanted) {
  const [, part, name, now] = wanted.split('#');
  const exported = () => loadPart(dist, part).modules()[name];
  if (now || parts.get(part)) return exported();
  const held = Object.create(new Proxy({}, { get: (_, key) => Object.assign(held, exported())[key] }));
  return held;
}

/**
 * V8 takes a cache made for another processor and then crashes: a folder may be shared between machines, or move into
 * a virtual one. One line names the processor's family and all its features.
 */
function processorFeatures() {
  try {
    return fs.readFileSync('/sys/devices/system/cpu/modalias', 'latin1').trim();
  } catch {
    return '';
  }
}

/** Written by no one but root or this user: true for what may be executed. */
function isTrusted(stat) {
  return (stat.uid === 0 || stat.uid === process.geteuid()) && (stat.mode & 0o022) === 0;
}

/**
 * The cache's file: a line of identity, a line saying whether it was made by the run of a script (the parts that
 * matter have been compiled then), the bytes. Undefined where there is none to trust or to use.
 */
function readCodeCache(dist, file, identity) {
  let fd;
  try {
    if (!isTrusted(fs.lstatSync(dist))) return undefined;
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    const stat = fs.fstatSync(fd);
    if (!stat.isFile() || !isTrusted(stat)) return undefined;
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    if (fs.readSync(fd, bytes, 0, stat.size, 0) !== stat.size) return undefined;
    for (const complete of [true, false]) {
      const header = cacheHeader(identity, complete);
      if (bytes.latin1Slice(0, header.length) === header) return { complete, data: bytes.subarray(header.length) };
    }
    return undefined;
  } catch {
    return undefined; // none, or not readable: only speed is lost
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function cacheHeader(identity, complete) {
  const header = identity + '\n' + (complete ? 'complete' : 'partial') + '\n';
  return header.padEnd(Math.ceil(header.length / 64) * 64, ' '); // V8 wants its bytes aligned
}

/** Whether what matters of a part has been compiled: of the first one, that is what runs scripts. */
function ranItsWork(name) {
  if (name !== 'sonde') return true;
  return !parts.has('commands') && process.argv.slice(2).some((arg) => arg === '-e' || !arg.startsWith('-'));
}

/** At the end: keep what V8 compiled, where the folder is this user's own. Failure costs only speed. */
function writeCodeCache(dist, file, header, script) {
  const temporary = file + '.' + process.pid;
  try {
    const folder = fs.lstatSync(dist);
    if (folder.uid !== process.geteuid() || !isTrusted(folder)) return;
    const bytes = Buffer.concat([Buffer.from(header, 'latin1'), script.createCachedData()]);
    fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o644 });
    fs.chmodSync(temporary, 0o644);
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

if (require.main === module) main();
else module.exports = { sourceList, loadPart };
