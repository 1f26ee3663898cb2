/**
 * What else to trace when a kernel function can't be: tracepoints that tell the same, and functions that do its
 * work where the compiler or a newer kernel took it over.
 */
import { syscallNumberOfTracepoint } from '../../../abi/index.ts';
import { nearest } from '../../diagnostic/index.ts';
import type { Target } from '../../target.ts';
import { rawTracepointNames } from '../tracepoint/raw.ts';

/** Functions whose tracepoint has another name. `NAME` of a system call stands for its entry and exit. */
const TRACEPOINTS: Readonly<Record<string, string>> = {
  do_sys_open: 'openat',
  do_sys_openat2: 'openat',
  do_filp_open: 'openat',
  vfs_open: 'openat',
  filp_close: 'close',
  vfs_readv: 'readv',
  vfs_writev: 'writev',
  ksys_pread64: 'pread64',
  vfs_unlink: 'unlinkat',
  vfs_mkdir: 'mkdirat',
  vfs_rename: 'renameat2',
  vfs_stat: 'newfstatat',
  vfs_statx: 'newfstatat',
  vfs_fstat: 'newfstat',
  vfs_fstatat: 'newfstatat',
  do_execveat_common: 'execve',
  do_execve: 'execve',
  tcp_v4_connect: 'connect',
  tcp_v6_connect: 'connect',
  inet_csk_accept: 'accept4',
  tcp_sendmsg: 'sendto',
  tcp_recvmsg: 'recvfrom',
  udp_sendmsg: 'sendto',
  udp_recvmsg: 'recvfrom',
  inet_listen: 'listen',
  security_bprm_check: 'execve',
  do_mmap: 'mmap',
  do_nanosleep: 'nanosleep',
  do_exit: 'sched:sched_process_exit',
  kernel_clone: 'sched:sched_process_fork',
  _do_fork: 'sched:sched_process_fork',
  do_fork: 'sched:sched_process_fork',
  schedule: 'sched:sched_switch',
  __schedule: 'sched:sched_switch',
  finish_task_switch: 'sched:sched_switch',
  try_to_wake_up: 'sched:sched_wakeup',
  wake_up_process: 'sched:sched_wakeup',
  wake_up_new_task: 'sched:sched_wakeup_new',
  bprm_execve: 'sched:sched_process_exec',
  submit_bio: 'block:block_bio_queue',
  blk_mq_start_request: 'block:block_rq_issue',
  blk_account_io_start: 'block:block_io_start',
  blk_account_io_done: 'block:block_io_done',
  blk_mq_end_request: 'block:block_rq_complete',
  tcp_set_state: 'sock:inet_sock_set_state',
  kfree_skb: 'skb:kfree_skb',
  __kfree_skb: 'skb:kfree_skb',
  tcp_rcv_established: 'tcp:tcp_probe',
  netif_receive_skb: 'net:netif_receive_skb',
  dev_queue_xmit: 'net:net_dev_queue',
  __dev_queue_xmit: 'net:net_dev_queue',
  oom_kill_process: 'oom:mark_victim',
  handle_mm_fault: 'exceptions:page_fault_user',
  do_user_addr_fault: 'exceptions:page_fault_user',
  __alloc_pages: 'kmem:mm_page_alloc',
  get_page_from_freelist: 'kmem:mm_page_alloc',
  __kmalloc: 'kmem:kmalloc',
  shrink_node: 'vmscan:mm_vmscan_direct_reclaim_begin',
  do_send_sig_info: 'signal:signal_generate',
  __send_signal: 'signal:signal_generate',
  handle_irq_event_percpu: 'irq:irq_handler_entry',
};

/** Functions that compilers inline into their only callers, or that moved, and where their work is done. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  do_sys_open: 'do_sys_openat2',
  do_fork: 'kernel_clone',
  _do_fork: 'kernel_clone',
  do_execve: 'do_execveat_common',
  vfs_stat: 'vfs_statx',
  vfs_lstat: 'vfs_statx',
  blk_account_io_start: 'blk_mq_start_request',
  blk_account_io_done: 'blk_mq_end_request',
  tcp_v4_send_reset: 'tcp_send_active_reset',
  __alloc_pages: '__alloc_pages_noprof',
};

/** `tracepoint:…` that tells what the function would; undefined where none is near. */
export function nearestTracepoint(functionName: string, target: Target, isReturn = false): string | undefined {
  const side = isReturn ? 'exit' : 'enter';
  const known = Object.hasOwn(TRACEPOINTS, functionName) ? TRACEPOINTS[functionName]! : undefined;
  if (known !== undefined) return existing(known.includes(':') ? known : `syscalls:sys_${side}_${known}`, target);
  const stem = stemOf(functionName);
  for (const call of [stem, `${stem}at`, `${stem}64`, `new${stem}`]) {
    const found = existing(`syscalls:sys_${side}_${call}`, target);
    if (found !== undefined) return found;
  }
  return sameEvent(functionName, stem, target) ?? similarSystemCall(stem, side, target);
}

function existing(name: string, target: Target): string | undefined {
  const [category, event] = name.split(':') as [string, string];
  const found = target.tracepointFormat(category, event) !== undefined || isSystemCallUnseen(category, event, target);
  return found ? `tracepoint:${name}` : undefined;
}

/** Where tracefs can't be read, system calls are still known by their numbers. */
function isSystemCallUnseen(category: string, event: string, target: Target): boolean {
  const call = category === 'syscalls' ? /^sys_(?:enter|exit)_(.+)$/.exec(event)?.[1] : undefined;
  if (call === undefined || syscallNumberOfTracepoint(target.architecture, call) === undefined) return false;
  return 'error' in target.tracepoints('syscalls');
}

/** `__x64_sys_read`, `vfs_read`, `do_read2` -> `read`. */
function stemOf(name: string): string {
  const withoutSuffix = name.replace(/\.[\w.]*$/, '').replace(/\d+$/, '');
  return (
    withoutSuffix.replace(/^(__|_|x64_|ia32_|arm64_|compat_|se_|do_|sys_|ksys_|vfs_|kern_|security_)+/, '') || name
  );
}

/** A tracepoint of another kind with the function's own name, or its stem. */
function sameEvent(name: string, stem: string, target: Target): string | undefined {
  const names = target.tracepoints();
  if ('error' in names) {
    const raw = target.btf === undefined ? new Set<string>() : rawTracepointNames(target.btf);
    const found = [name, stem].find((each) => raw.has(each));
    return found === undefined ? undefined : `rawtracepoint:vmlinux:${found}`;
  }
  const found = names.find((each) => each.endsWith(`:${name}`)) ?? names.find((each) => each.endsWith(`:${stem}`));
  return found === undefined ? undefined : `tracepoint:${found}`;
}

function similarSystemCall(stem: string, side: string, target: Target): string | undefined {
  const names = target.tracepoints('syscalls');
  if ('error' in names) return undefined;
  const prefix = `syscalls:sys_${side}_`;
  const calls = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const leading = calls
    .filter((call) => call.length > 3 && stem.startsWith(call))
    .sort((a, b) => b.length - a.length)[0];
  const found = leading ?? nearest(stem, calls);
  return found === undefined ? undefined : `tracepoint:${prefix}${found}`;
}

export interface Relatives {
  /** Functions to try instead, the likeliest first. */
  readonly functions: readonly string[];
  /** With its provider: `tracepoint:syscalls:sys_enter_openat`. */
  readonly tracepoint: string | undefined;
}

/** For a kprobe that was never hit: its callers may have it inlined, or call another function by now. */
export function liveRelatives(functionName: string, target: Target): Relatives {
  const { functions } = target.kernelFunctions();
  const successor = Object.hasOwn(SUCCESSORS, functionName) ? SUCCESSORS[functionName]! : undefined;
  const found = new Set<string>();
  if (successor !== undefined && functions.some(({ name }) => name === successor)) found.add(successor);
  const close = functions
    .filter(({ name }) => isVariant(name, functionName))
    .sort((a, b) => a.name.length - b.name.length);
  for (const { name } of close) if (found.size < MOST_FUNCTIONS) found.add(name);
  return { functions: [...found], tracepoint: nearestTracepoint(functionName, target) };
}

const MOST_FUNCTIONS = 3;

/** `do_sys_openat2` of `do_sys_open`, `__tcp_retransmit_skb` of `tcp_retransmit_skb`; not every longer name does the same. */
function isVariant(name: string, of: string): boolean {
  if (name === of || /\.|^__(ia32|se|do|pfx|probestub|traceiter|bpf_trace)_/.test(name)) return false;
  if (name.startsWith(of)) return /^(at)?\d*(_(noprof|internal|common))?$/.test(name.slice(of.length));
  const stem = stemOf(of);
  return stem.length > 4 && stemOf(name) === stem;
}
