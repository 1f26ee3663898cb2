/** What editors show of builtins. One line each: `NAME: SIGNATURE: TEXT`. */
export interface BuiltinDoc {
  readonly name: string;
  readonly signature: string;
  readonly text: string;
}

const VALUES = `
args | record | The probe's arguments by name: \`args.NAME\`. Tracepoints, raw tracepoints, fentry, fexit, and uprobes of binaries with DWARF.
arg0 | uint64 | First argument of a kprobe, uprobe, usdt probe or raw tracepoint; \`arg1\`, \`arg2\`, … the next.
cgroup | uint64 | Id of the current task's cgroup (version 2).
comm | string[16] | Name of the current task.
config | record | The settings in force, by their keys.
cpid | uint64 | Process id of the command of \`-c\`.
has_cpid | bool | Whether a command was given with \`-c\`.
cpu | uint32 | Number of the CPU that runs the probe.
ncpus | uint64 | Number of CPUs that the machine can have.
ctx | pointer | The program's context; its type depends on the kind of probe.
curtask | struct task_struct * | The current task.
elapsed | uint64 | Nanoseconds since the script was started.
func | ksym_t or usym_t | Name of the probed function.
gid | uint64 | Real group id of the current task.
uid | uint64 | Real user id of the current task.
jiffies | uint64 | The kernel's tick counter.
kstack | kstack_t | The kernel's stack of calls; \`kstack(MODE, LIMIT)\`.
ustack | ustack_t | The process's stack of calls, by frame pointers; \`ustack(MODE, LIMIT)\`.
dw_ustack | ustack_t | The process's stack of calls, by DWARF tables.
nsecs | uint64 | Nanoseconds since boot; \`nsecs(MODE)\` with boot, monotonic, tai or sw_tai.
numaid | uint64 | Number of the NUMA node of the CPU.
packet | | The packet at hand, by member: \`packet.tcp.dest\`, \`packet.saddr\`, \`packet.len\`. xdp, tc, cgroup_skb and socket.
pid | uint32 | Process id of the current task; \`pid(init)\` as the initial namespace sees it.
tid | uint32 | Thread id of the current task.
ppid | uint32 | Process id of the parent.
pcomm | string | Name of the parent.
leader_tid | uint32 | Thread id of the process's first thread.
leader_comm | string | Name of the process's first thread.
probe | string | Full name of the attach point that fired.
probetype | string | Kind of the probe that fired, such as kprobe.
rand | uint64 | A random number of 32 bits.
retval | uint64 or the function's type | Value that the function returns: kretprobe, uretprobe, fexit.
usermode | uint8 | 1 where the CPU was interrupted in user mode, else 0.
username | username_t | Name of the current task's user.
`;

const FUNCTIONS = `
printf | printf("FORMAT", …) | Prints values as the format says.
print | print(x), print(@map [, top [, div]]) | Prints a value or a map, and ends the line.
errorf | errorf("FORMAT", …) | Prints to standard error as an error of this place of the script.
warnf | warnf("FORMAT", …) | Prints to standard error as a warning of this place of the script.
debugf | debugf("FORMAT", …) | Writes to the kernel's trace pipe.
join | join(char *array[] [, "separator"]) | Prints the strings of an array.
time | time(["FORMAT"]) | Prints the time of day.
cat | cat("PATH FORMAT", …) | Prints a file.
system | system("COMMAND FORMAT", …) | Runs a shell command. Needs --unsafe.
clear | clear(@map) | Removes all elements.
zero | zero(@map) | Sets all values to 0 and keeps the keys.
exit | exit([status]) | Ends the script; end probes still run.
assert | assert(condition, "message") | Ends the script with an error unless the condition holds.
assert_str | assert_str(text [, "message"]) | Refuses what is no string; with a message, ends the script with an error where it is empty.
static_assert | static_assert(condition, "message") | The script does not compile unless the condition holds.
fail | fail("FORMAT", …) | The script does not compile where this is reached.
skboutput | skboutput("PATH", skb, length, offset) | Adds a packet to a pcap file.
delete | delete(@map, key) | Removes an element; says whether there was one.
has_key | has_key(@map, key) | Whether the map has the key.
find | find(@map, key, $v) | Whether the map has the key; its value goes into $v.
len | len(@map), len(stack) | Number of elements or frames.
str | str(pointer [, length]) | The string that a pointer leads to.
buf | buf(pointer [, length]) | Bytes of memory.
strncmp | strncmp(a, b, n) | 0 where the first n characters are the same.
strlen | strlen(s) | Length of a string.
strcap | strcap(s) | Bytes that the string's place has.
strcontains | strcontains(s, part) | Whether the string has the part in it.
strstr | strstr(s, part) | Where the part begins; -1: nowhere.
str_concat | str_concat(a, b) | Both strings as one.
memcmp | memcmp(a, b, n) | Compares n bytes: -1, 0 or 1.
strerror | strerror(errno) | Text of an error number.
signal_name | signal_name(number) | Text of a signal number.
syscall_name | syscall_name(number) | Name of a system call.
bswap | bswap(x) | The bytes in opposite order.
kptr | kptr(pointer) | The pointer as one into the kernel's memory.
uptr | uptr(pointer) | The pointer as one into the process's memory.
container_of | container_of(pointer, type, member) | The struct whose member a pointer leads to.
sizeof | sizeof(type or expression) | Bytes of a type.
offsetof | offsetof(type, member) | Place of a member in its struct.
is_err | is_err(pointer) | Whether a pointer is an error number in disguise.
is_array | is_array(x) | Whether the type is an array.
is_integer | is_integer(x) | Whether the type is an integer.
is_unsigned_integer | is_unsigned_integer(x) | Whether the type is an integer without sign.
is_ptr | is_ptr(x) | Whether the type is a pointer.
is_str | is_str(x) | Whether the type is a string.
is_literal | is_literal(x) | Whether it is written as a literal.
default_str_length | default_str_length() | The setting max_strlen.
write_user | write_user(to, from, length) | Writes into the process's memory. Needs --unsafe.
ksym | ksym(address) | Name of the kernel function at an address.
usym | usym(address) | Name of the process's function at an address.
kaddr | kaddr("symbol") | Address of a kernel symbol.
percpu_kaddr | percpu_kaddr("symbol" [, cpu]) | Address of a kernel variable of one CPU.
uaddr | uaddr("symbol") | Address of a symbol of the probed program.
reg | reg("name") | A register of the CPU.
ntop | ntop([family,] address) | An IP address as text.
pton | pton("address") | An IP address as bytes.
macaddr | macaddr(bytes) | A MAC address as text.
cgroupid | cgroupid("PATH") | Id of a cgroup.
cgroup_path | cgroup_path(id [, "filter"]) | Path of a cgroup.
path | path(struct path [, size]) | Path of a file, such as \`ctx.file.f_path\`: iter, lsm, fentry and fexit.
strftime | strftime("FORMAT", nsecs) | A time as text.
socket_cookie | socket_cookie(struct sock *) | A number that no other socket has: iter, lsm, fentry and fexit.
kfunc_exist | kfunc_exist("name") | Whether the kernel has the function.
sock_local | sock_local(sk) | Address that a socket has on this machine.
sock_remote | sock_remote(sk) | Address that a socket is connected to.
sock_local_port | sock_local_port(sk) | Port that a socket has on this machine.
sock_remote_port | sock_remote_port(sk) | Port that a socket is connected to.
file_of | file_of(fd) | The open file behind a file descriptor of the current process.
sock_of | sock_of(fd) | The socket behind a file descriptor of the current process.
wanted | wanted(option, value) | Whether an option has its default (0 or the empty text) or is that value.
if_option | if_option("name", yes, no) | One of two expressions, by a flag of the command line.
tcp_state_name | tcp_state_name(state) | Name of a state of TCP.
probe_exist | probe_exist("attach point") | Whether an attach point has a match on this machine.
in_cgroup | in_cgroup("PATH") | Whether the current task is in the cgroup or one below it; the empty path is all of them.
kfunc_allowed | kfunc_allowed("name") | Whether this probe may call the kernel's function.
getopt | getopt("name" [, default [, "help"]]) | An option of the script, given behind \`--\`.
signal | signal(number or "NAME") | Sends a signal to the current process. Needs --unsafe.
signal_thread | signal_thread(number or "NAME") | Sends a signal to the current thread. Needs --unsafe.
override | override(value) | The probed function returns this at once. Needs --unsafe.
unwatch | unwatch(address) | Removes a watchpoint.
count | @ = count() | Counts how often this is reached.
rate | print(rate(@m)) | In print(): the change of a map per second since it was printed last.
sum | @ = sum(n) | Adds up.
min | @ = min(n) | Keeps the smallest.
max | @ = max(n) | Keeps the largest.
avg | @ = avg(n) | Average.
stats | @ = stats(n) | Count, average and total.
hist | @ = hist(n [, bits]) | Histogram with buckets that double.
lhist | @ = lhist(n, min, max, step) | Histogram with buckets of one width.
quantile | @ = quantile(n) | Quantiles: the median and what few numbers are above.
topk | @[key] = topk(n [, weight]) | Shows the n keys that come most often, or weigh most.
tseries | @ = tseries(n, interval, count [, aggregation]) | Values over time.
`;

const KEYWORDS = `
if | if (condition) { … } else { … } | Runs one of two blocks. As an expression it has the value of the block.
while | while (condition) { … } | Repeats while the condition holds.
for | for $i : 0..10 { … }, for $kv : @map { … } | Counts, or goes through a map: \`$kv.0\` is the key, \`$kv.1\` the value.
unroll | unroll (count) { … } | Repeats the body as often as a constant says.
let | let $x : type = value; | Declares a variable.
return | return; | Ends the probe.
break | break; | Ends the loop.
continue | continue; | Goes on with the loop's next round.
comptime | comptime expression | Is evaluated when the script is compiled.
typeof | typeof(expression) | The type of an expression, where a type is wanted.
typeinfo | typeinfo(expression) | What the type of an expression is, as a record.
`;

let table: Map<string, BuiltinDoc> | undefined;

/** By name; parsed when first asked for. */
export function builtinDoc(name: string): BuiltinDoc | undefined {
  table ??= new Map([VALUES, FUNCTIONS, KEYWORDS].flatMap(parse).map((doc) => [doc.name, doc]));
  return table.get(/^arg[0-9]+$/.test(name) ? 'arg0' : name);
}

export function keywords(): readonly BuiltinDoc[] {
  return parse(KEYWORDS);
}

function parse(lines: string): BuiltinDoc[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', signature = '', text = ''] = line.split(' | ');
      return { name, signature, text };
    });
}
