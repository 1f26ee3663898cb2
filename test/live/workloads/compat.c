// compat N: N 32-bit system calls number 20 (getpid; writev in 64-bit numbers), N of number 159
// (sched_get_priority_max; adjtimex in 64-bit numbers), then three 64-bit writev.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>

static long call32(long number) {
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(1L) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

int main(int argc, char **argv) {
	struct iovec part = {"x", 1};
	int null = open("/dev/null", O_WRONLY);
	for (long n = atol(argv[1]); n > 0; n--) {
		if (call32(20) <= 0) return 1;
		if (call32(159) != 99) return 2;
	}
	for (int i = 0; i < 3; i++) if (writev(null, &part, 1) != 1) return 3;
	return 0;
}
