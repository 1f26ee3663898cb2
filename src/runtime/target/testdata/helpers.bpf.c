/* What readLinkedObject has to understand. helpers.bpf.o is made from this by gen/bpf-testdata.sh. */
static unsigned long (*bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*bpf_loop)(unsigned int rounds, void *callback, void *context, unsigned long flags) = (void *)181;
extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
extern void bpf_rcu_read_unlock(void) __attribute__((section(".ksyms")));

struct pair {
  int first;
  long second;
};

long calls = 40;
static volatile unsigned char zeroed[16];
static const char *const hidden = "text";
const volatile int limits[4] = {1, 2, 3, 5};

__attribute__((noinline)) static int twice(int x) {
  calls += 1;
  return x * 2;
}

__attribute__((noinline)) int negated_twice(int x) { return -twice(x); }

long calls_made(void) { return calls; }

__attribute__((noinline)) unsigned char low_byte(unsigned long value) {
  zeroed[value & 15]++;
  return (unsigned char)value + zeroed[value & 15] - 1;
}

long sum_of(struct pair *pair) { return pair == 0 ? -1 : pair->first + pair->second; }

int limit(unsigned int index) { return index < 4 ? limits[index] : -1; }

unsigned int own_pid(void) { return bpf_get_current_pid_tgid() >> 32; }

static long add_index(unsigned int index, long *sum) {
  *sum += index;
  return 0;
}

long sum_below(unsigned int count) {
  long sum = 0;
  bpf_loop(count, add_index, &sum, 0);
  return sum;
}

int locked(int x) {
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return x;
}

void note(long *place, long value) {
  if (place) *place = value;
}

int length_of(const char *text) {
  int length = 0;
  for (; length < 8 && text[length]; length++)
    ;
  return length;
}

char letter(int at) { return at >= 0 && at < 4 ? hidden[at] : 0; }
