/**
 * dw_ustack: the user stack by unwinding tables, in the kernel. Tables of files and the mappings of processes come from
 * the user side (see UnwindPlan); here a round of bpf_loop finds one caller. x86-64.
 */
import { Errno, FrameRule, RbpRule } from '../../abi/index.ts';
import { PROCESS_MAP, ROW_MAP, STOPPED_HERE, UNWIND_FILES, UnwindLayout } from '../../spec/index.ts';
import type { Block, Value } from '../ir/index.ts';
import { findTaggedType, type Type } from '../types/index.ts';
import { type Address, Helper, type Lowering, pointer, whenRare } from './lowering.ts';
import { ifFound } from './maps.ts';

type StackType = Type & { kind: 'stack' };

/** Where the walk stands, in memory that the verifier knows nothing of; the frames follow. */
const STATE = {
  ip: 0,
  sp: 8,
  bp: 16,
  hash: 24,
  /** What to look up: return addresses are behind the call that they return from. */
  lookup: 32,
  /** The mapping in hand: its start and size, what to take from an address for the offset in the file, its rows. */
  start: 40,
  size: 48,
  distance: 56,
  first: 64,
  count: 72,
  /** Of the search in hand. */
  base: 80,
  length: 88,
  rule: 96,
  frames: 104,
} as const;

/** What callbacks are given, on the first function's stack: where the state is, and the process. */
const SHARED = { state: 0, process: 8, sizeBytes: 16 } as const;

const GO_ON = 0;
const STOP = 1;
const BPF_NOEXIST = 1;
/** Ids are exact as numbers of JavaScript. */
const ID_SHIFT = 12;
/** FNV-1a's, for 64 bits. */
const HASH_START = 0xcbf29ce484222325n;
const HASH_FACTOR = 0x100000001b3n;
/** Steps of the searches: 2^n rows of a file, and as many mappings of a process. */
const ROW_STEPS = 24;
const MAPPING_STEPS = 9;

/** Writes id and process, as for other stacks. The id is a hash of the frames. */
export function storeUnwoundStack(
  l: Lowering,
  type: StackType,
  { to, process }: { readonly to: Address; readonly process: Value },
): void {
  const b = l.builder;
  const id = b.temporary();
  const walk = b.block();
  const done = b.block();
  const task = b.call(Helper.get_current_task_btf, []);
  // Threads of the kernel have no user stack.
  b.write(id, b.constant(-Errno.EFAULT));
  b.branch('ne', b.load(8, false, task, memberOffset(l, 'task_struct', 'mm') ?? 0), b.constant(0), walk, done);
  b.enter(walk);
  b.scope(() => {
    walkAndKeep(l, type, { task, process, id });
    b.jump(done);
  });
  b.enter(done);
  b.store(8, to.base, to.offset, b.read(id));
  b.store(8, to.base, to.offset + 8, process);
}

function walkAndKeep(l: Lowering, type: StackType, at: { task: Value; process: Value; id: number }): void {
  const b = l.builder;
  // Behind the last frame: a mark where the walk failed, and a zero.
  const place = l.sharedPlace(STATE.frames + (type.limit + 2) * 8);
  const state = pointer(l, place);
  const slot = b.slot(SHARED.sizeBytes);
  const shared = b.frame(slot);
  b.store(8, shared, SHARED.state, state);
  b.store(8, shared, SHARED.process, at.process);
  startAtUserRegisters(l, state, at.task);
  const step = l.callback(2, ([index, given]) => walkOne(l, index as Value, given as Value, type.limit));
  b.call(Helper.loop, [b.constant(type.limit - 1), b.functionAddress(step.name), shared, b.constant(0)]);

  const hash = b.binary('lshr', b.load(8, false, state, STATE.hash), b.constant(ID_SHIFT));
  b.store(8, shared, SHARED.state, hash);
  const frames = b.add(state, STATE.frames);
  const stored = b.call(Helper.map_update_elem, [
    b.map(l.script.stackMap(type)),
    b.frame(slot),
    frames,
    b.constant(BPF_NOEXIST),
  ]);
  const result = b.extend(4, true, stored);
  b.write(at.id, hash);
  const known = b.block();
  whenRare(l, 'ne', result, b.constant(0), () => {
    const lost = b.block();
    b.branch('eq', result, b.constant(-Errno.EEXIST), known, lost);
    b.enter(lost);
    b.write(at.id, result);
    b.jump(known);
    b.enter(known);
  });
}

/** The registers that the thread had in user space, from the bottom of its kernel stack. */
function startAtUserRegisters(l: Lowering, state: Value, task: Value): void {
  const b = l.builder;
  const registers = b.call(Helper.task_pt_regs, [task]);
  const read = (name: string): Value => b.load(8, false, registers, memberOffset(l, 'pt_regs', name) ?? 0);
  const ip = read('ip');
  b.store(8, state, STATE.sp, read('sp'));
  b.store(8, state, STATE.bp, read('bp'));
  b.store(8, state, STATE.ip, ip);
  b.store(8, state, STATE.lookup, ip);
  b.store(8, state, STATE.hash, b.constant(BigInt.asIntN(64, HASH_START)));
  b.store(8, state, STATE.start, b.constant(0));
  b.store(8, state, STATE.size, b.constant(0));
  b.store(8, state, STATE.frames, ip);
  b.store(8, state, STATE.frames + 8, b.constant(0));
  hashIn(l, state, ip);
}

function hashIn(l: Lowering, state: Value, word: Value): void {
  const b = l.builder;
  const mixed = b.binary('xor', b.load(8, false, state, STATE.hash), word);
  b.store(8, state, STATE.hash, b.binary('mul', mixed, b.constant(HASH_FACTOR)));
}

/** One round: from the frame in hand to its caller's. */
function walkOne(l: Lowering, index: Value, shared: Value, limit: number): void {
  const b = l.builder;
  const state = b.load(8, false, shared, SHARED.state);
  const inside = b.block();
  const outside = b.block();
  b.branch('ult', index, b.constant(limit - 1), inside, outside);
  b.enter(outside);
  b.exit(b.constant(STOP));
  b.enter(inside);
  const slot = b.binary('add', b.add(state, STATE.frames), b.binary('shl', index, b.constant(3)));
  const fail = b.block({ cold: true });
  const finish = b.block();
  const frame = new Frame(l, { state, shared, fail, finish });
  frame.findMapping();
  frame.findRule();
  frame.apply();
  const ip = b.load(8, false, state, STATE.ip);
  const more = b.block();
  b.branch('eq', ip, b.constant(0), finish, more);
  b.enter(more);
  b.store(8, slot, 8, ip);
  b.store(8, slot, 16, b.constant(0));
  hashIn(l, state, ip);
  b.exit(b.constant(GO_ON));
  b.enter(finish);
  b.exit(b.constant(STOP));
  b.enter(fail);
  b.store(8, slot, 8, b.constant(STOPPED_HERE));
  b.store(8, slot, 16, b.constant(0));
  hashIn(l, state, b.constant(STOPPED_HERE));
  b.exit(b.constant(STOP));
}

interface Walk {
  readonly state: Value;
  readonly shared: Value;
  /** Where a walk goes that can't be continued, and where one that is at its end. */
  readonly fail: Block;
  readonly finish: Block;
}

class Frame {
  readonly #l: Lowering;
  readonly #walk: Walk;
  /** A word on this function's stack, for keys and reads. */
  readonly #word: Value;

  constructor(l: Lowering, walk: Walk) {
    this.#l = l;
    this.#walk = walk;
    this.#word = l.builder.frame(l.builder.slot(8));
  }

  #get(offset: number): Value {
    return this.#l.builder.load(8, false, this.#walk.state, offset);
  }

  #set(offset: number, value: Value): void {
    this.#l.builder.store(8, this.#walk.state, offset, value);
  }

  /** Leaves the mapping of the address in the state: of count 0 where there is none. */
  findMapping(): void {
    const b = this.#l.builder;
    const address = this.#get(STATE.lookup);
    const search = b.block();
    const found = b.block();
    b.branch('ult', b.binary('sub', address, this.#get(STATE.start)), this.#get(STATE.size), found, search);
    b.enter(search);
    b.scope(() => {
      for (const word of [STATE.start, STATE.size, STATE.count]) this.#set(word, b.constant(0));
      b.store(8, this.#word, 0, b.load(8, false, this.#walk.shared, SHARED.process));
      const process = b.call(Helper.map_lookup_elem, [b.map(PROCESS_MAP), this.#word]);
      ifFound(
        this.#l,
        process,
        () => this.#searchMappings(process, address),
        () => undefined,
      );
      this.#searchFile(address, found);
      b.jump(found);
    });
    b.enter(found);
  }

  /** Mappings are sorted: the last that begins at or before the address. */
  #searchMappings(process: Value, address: Value): void {
    const b = this.#l.builder;
    const { entry, entrySizeBytes, entries } = UnwindLayout;
    this.#set(STATE.base, b.constant(0));
    this.#set(STATE.length, b.load(8, false, process, 0));
    const entryAt = (index: Value): Value => {
      const within = b.binary('and', index, b.constant(entries - 1));
      return b.binary('add', b.add(process, 8), b.binary('mul', within, b.constant(entrySizeBytes)));
    };
    this.#halve(MAPPING_STEPS, (middle, take) => {
      const start = b.load(8, false, entryAt(middle), entry.start);
      b.branch('ule', start, address, take.yes, take.no);
    });
    const found = entryAt(this.#get(STATE.base));
    const start = b.load(8, false, found, entry.start);
    const size = b.load(8, false, found, entry.size);
    const within = b.block();
    const none = b.block();
    b.branch('ult', b.binary('sub', address, start), size, within, none);
    b.enter(within);
    this.#set(STATE.start, start);
    this.#set(STATE.size, size);
    this.#set(STATE.distance, b.load(8, false, found, entry.distance));
    this.#set(STATE.first, b.load(4, false, found, entry.first));
    this.#set(STATE.count, b.load(4, false, found, entry.count));
    b.jump(none);
    b.enter(none);
  }

  /**
   * Where the user side has not seen the mapping yet (a process just started, a library just loaded): the kernel says
   * which file is mapped there. It can do so once in a program that interrupts, as often as wanted in others.
   */
  #searchFile(address: Value, found: Block): void {
    const l = this.#l;
    const b = l.builder;
    const { target } = l.script;
    const offsets = fileOffsets(l);
    if (offsets === undefined || !target.have('find-vma')) return;
    const missing = b.block();
    b.branch('ne', this.#get(STATE.size), b.constant(0), found, missing);
    b.enter(missing);
    const seen = l.callback(3, ([, area, shared]) => noteFile(l, area as Value, shared as Value, offsets));
    const task = b.call(Helper.get_current_task_btf, []);
    b.call(Helper.find_vma, [task, address, b.functionAddress(seen.name), this.#walk.shared, b.constant(0)]);
  }

  /** The row of the address: its rule in the state, or that rbp may lead on. */
  findRule(): void {
    const b = this.#l.builder;
    this.#set(STATE.rule, b.constant(FrameRule.Unknown));
    const count = this.#get(STATE.count);
    const some = b.block();
    const done = b.block();
    b.branch('ne', count, b.constant(0), some, done);
    b.enter(some);
    b.scope(() => {
      const offset = b.binary('sub', this.#get(STATE.lookup), this.#get(STATE.distance));
      this.#set(STATE.base, b.constant(0));
      this.#set(STATE.length, count);
      this.#halve(ROW_STEPS, (middle, take) => {
        this.#withRow(middle, take.no, (row) => b.branch('ule', b.load(4, false, row, 0), offset, take.yes, take.no));
      });
      this.#withRow(this.#get(STATE.base), done, (row) => {
        const within = b.block();
        b.branch('ule', b.load(4, false, row, 0), offset, within, done);
        b.enter(within);
        this.#set(STATE.rule, b.load(4, false, row, 4));
        b.jump(done);
      });
    });
    b.enter(done);
  }

  #withRow(index: Value, missing: Block, use: (row: Value) => void): void {
    const b = this.#l.builder;
    b.store(4, this.#word, 0, b.binary('add', index, this.#get(STATE.first)));
    const row = b.call(Helper.map_lookup_elem, [b.map(ROW_MAP), this.#word]);
    const there = b.block();
    b.branch('ne', row, b.constant(0), there, missing);
    b.enter(there);
    use(row);
  }

  /** A search by halves over `base` and `length` of the state; `decide` says whether to take the upper half. */
  #halve(steps: number, decide: (middle: Value, take: { readonly yes: Block; readonly no: Block }) => void): void {
    const b = this.#l.builder;
    const step = b.temporary();
    const head = b.block();
    const more = b.block();
    const body = b.block();
    const done = b.block();
    b.write(step, b.constant(0));
    b.jump(head);
    b.enter(head, { loop: true });
    b.scope(() => {
      b.branch('ult', b.read(step), b.constant(steps), more, done);
      b.enter(more);
      const length = this.#get(STATE.length);
      b.branch('ugt', length, b.constant(1), body, done);
      b.enter(body);
      const half = b.binary('lshr', length, b.constant(1));
      const middle = b.binary('add', this.#get(STATE.base), half);
      this.#set(STATE.length, b.binary('sub', length, half));
      const take = { yes: b.block(), no: b.block() };
      decide(middle, take);
      b.enter(take.yes);
      this.#set(STATE.base, middle);
      b.jump(take.no);
      b.enter(take.no);
      b.write(step, b.add(b.read(step), 1));
      b.jump(head);
    });
    b.seal(head);
    b.enter(done);
  }

  /** From the rule to the caller's registers. */
  apply(): void {
    const b = this.#l.builder;
    const { finish } = this.#walk;
    const rule = this.#get(STATE.rule);
    const form = b.binary('and', rule, b.constant(15));
    const offset = b.extend(2, true, b.binary('lshr', rule, b.constant(16)));
    const cfa = b.temporary();
    const known = b.block();
    const done = b.block();
    const cases: [number, () => void][] = [
      [FrameRule.Rsp, () => b.write(cfa, b.binary('add', this.#get(STATE.sp), offset))],
      [FrameRule.Rbp, () => b.write(cfa, b.binary('add', this.#get(STATE.bp), offset))],
      [FrameRule.AtRbp, () => b.write(cfa, this.#readUser(b.binary('add', this.#get(STATE.bp), offset)))],
      [FrameRule.Plt, () => this.#linkage(cfa, offset)],
    ];
    for (const [value, write] of cases) {
      const yes = b.block();
      const no = b.block();
      b.branch('eq', form, b.constant(value), yes, no);
      b.enter(yes);
      b.scope(write);
      b.jump(known);
      b.enter(no);
    }
    const others = b.block();
    b.branch('eq', form, b.constant(FrameRule.End), finish, others);
    b.enter(others);
    const signal = b.block();
    const byPointer = b.block();
    b.branch('eq', form, b.constant(FrameRule.Signal), signal, byPointer);
    b.enter(signal);
    b.scope(() => {
      this.#interrupted();
      b.jump(done);
    });
    b.enter(byPointer);
    b.scope(() => {
      this.#byFramePointer();
      b.jump(done);
    });
    b.enter(known);
    b.scope(() => {
      this.#caller(b.read(cfa), rule);
      b.jump(done);
    });
    b.enter(done);
  }

  /** Before its `push` an entry has only the return address on the stack. */
  #linkage(cfa: number, threshold: Value): void {
    const b = this.#l.builder;
    const pushed = b.block();
    const done = b.block();
    b.write(cfa, b.add(this.#get(STATE.sp), 8));
    b.branch('uge', b.binary('and', this.#get(STATE.ip), b.constant(15)), threshold, pushed, done);
    b.enter(pushed);
    b.write(cfa, b.add(this.#get(STATE.sp), 16));
    b.jump(done);
    b.enter(done);
  }

  #caller(cfa: Value, rule: Value): void {
    const b = this.#l.builder;
    const forward = b.block();
    b.branch('ugt', cfa, this.#get(STATE.sp), forward, this.#walk.fail);
    b.enter(forward);
    const bpForm = b.binary('and', b.binary('lshr', rule, b.constant(4)), b.constant(15));
    const saved = b.block();
    const other = b.block();
    const atOwn = b.block();
    const done = b.block();
    b.branch('eq', bpForm, b.constant(RbpRule.Saved), saved, other);
    b.enter(saved);
    b.scope(() => {
      const words = b.extend(1, true, b.binary('lshr', rule, b.constant(8)));
      this.#set(STATE.bp, this.#readUser(b.binary('add', cfa, b.binary('shl', words, b.constant(3)))));
      b.jump(done);
    });
    b.enter(other);
    b.branch('eq', bpForm, b.constant(RbpRule.AtRbp), atOwn, done);
    b.enter(atOwn);
    b.scope(() => {
      this.#set(STATE.bp, this.#readUser(this.#get(STATE.bp)));
      b.jump(done);
    });
    b.enter(done);
    this.#set(STATE.sp, cfa);
    this.#returnTo(this.#readUser(b.add(cfa, -8)));
  }

  /** rt_sigframe: behind the return address the ucontext, with the registers of the place that was interrupted. */
  #interrupted(): void {
    const b = this.#l.builder;
    const sp = this.#get(STATE.sp);
    const { bp, sp: spAt, ip } = UnwindLayout.signalFrame;
    this.#set(STATE.bp, this.#readUser(b.add(sp, bp)));
    const address = this.#readUser(b.add(sp, ip));
    this.#set(STATE.sp, this.#readUser(b.add(sp, spAt)));
    this.#set(STATE.ip, address);
    this.#set(STATE.lookup, address);
  }

  /** Code without tables that keeps frame pointers, as what is compiled at run time mostly does. */
  #byFramePointer(): void {
    const b = this.#l.builder;
    const bp = this.#get(STATE.bp);
    const forward = b.block();
    const above = b.block();
    b.branch('ugt', bp, this.#get(STATE.sp), forward, this.#walk.fail);
    b.enter(forward);
    b.branch(
      'ult',
      b.binary('sub', bp, this.#get(STATE.sp)),
      b.constant(UnwindLayout.largestFrame),
      above,
      this.#walk.fail,
    );
    b.enter(above);
    const address = this.#readUser(b.add(bp, 8));
    this.#set(STATE.bp, this.#readUser(bp));
    this.#set(STATE.sp, b.add(bp, 16));
    this.#returnTo(address);
  }

  #returnTo(address: Value): void {
    this.#set(STATE.ip, address);
    this.#set(STATE.lookup, this.#l.builder.add(address, -1));
  }

  #readUser(address: Value): Value {
    const b = this.#l.builder;
    const result = b.call(Helper.probe_read_user, [this.#word, b.constant(8), address]);
    const read = b.block();
    b.branch('ne', result, b.constant(0), this.#walk.fail, read);
    b.enter(read);
    return b.load(8, false, this.#word, 0);
  }
}

interface FileOffsets {
  readonly start: number;
  readonly end: number;
  readonly pageOffset: number;
  readonly file: number;
  readonly inode: number;
  readonly number: number;
  readonly size: number;
}

function fileOffsets(l: Lowering): FileOffsets | undefined {
  const at = (struct: string, field: string): number => memberOffset(l, struct, field) ?? -1;
  const offsets = {
    start: at('vm_area_struct', 'vm_start'),
    end: at('vm_area_struct', 'vm_end'),
    pageOffset: at('vm_area_struct', 'vm_pgoff'),
    file: at('vm_area_struct', 'vm_file'),
    inode: at('file', 'f_inode'),
    number: at('inode', 'i_ino'),
    size: at('inode', 'i_size'),
  };
  return Object.values(offsets).some((offset) => offset < 0) ? undefined : offsets;
}

/** In bytes; undefined where this kernel's types don't tell. */
function memberOffset(l: Lowering, struct: string, field: string): number | undefined {
  const { btf } = l.script.target;
  const type = btf === undefined ? undefined : findTaggedType(btf, 'struct', struct);
  return type?.kind === 'record' ? type.field(field)?.offset : undefined;
}

/** Called back with the area of the address. A file is known by its inode's number and its size. */
function noteFile(l: Lowering, area: Value, shared: Value, at: FileOffsets): void {
  const b = l.builder;
  const state = b.load(8, false, shared, SHARED.state);
  const file = b.load(8, false, area, at.file);
  const some = b.block();
  const none = b.block();
  b.branch('ne', file, b.constant(0), some, none);
  b.enter(some);
  const key = b.frame(b.slot(16));
  const inode = b.load(8, false, file, at.inode);
  b.store(8, key, 0, b.load(8, false, inode, at.number));
  b.store(8, key, 8, b.load(8, false, inode, at.size));
  const known = b.call(Helper.map_lookup_elem, [b.map(UNWIND_FILES), key]);
  ifFound(
    l,
    known,
    () => {
      const start = b.load(8, false, area, at.start);
      b.store(8, state, STATE.start, start);
      b.store(8, state, STATE.size, b.binary('sub', b.load(8, false, area, at.end), start));
      const offset = b.binary('shl', b.load(8, false, area, at.pageOffset), b.constant(12));
      b.store(8, state, STATE.distance, b.binary('sub', start, offset));
      b.store(8, state, STATE.first, b.load(4, false, known, 0));
      b.store(8, state, STATE.count, b.load(4, false, known, 4));
    },
    () => undefined,
  );
  b.jump(none);
  b.enter(none);
  b.exit(b.constant(0));
}
