/* What most probe types have in common: system calls, functions, stacks, time, processes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

/* ---- calls: 250 times sched_get_priority_max(3), which no one else calls by this number of times */

ACTION(calls) {
	for (int i = 0; i < 250; i++) syscall(SYS_sched_get_priority_max, 3);
}

/* ---- open: 3 times openat(AT_FDCWD, "/nonexistent/matrix", O_RDONLY), which fails with ENOENT; then /etc/passwd once */

ACTION(open) {
	for (int i = 0; i < 3; i++) syscall(SYS_openat, AT_FDCWD, "/nonexistent/matrix", O_RDONLY, 0);
	close(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
}

/* ---- add: 5 times add_numbers(3, 4), which returns 7, by way of outer() and middle() */

int add_numbers(int a, int b) {
	return a + b;
}
int middle(int a) {
	return add_numbers(a, 4) + 1;
}
int outer(void) {
	return middle(3) + 1;
}
ACTION(add) {
	for (int i = 0; i < 5; i++) outer();
}

/* ---- descend: 5 times level_0(), which calls level_1() … level_3(); without probes at their returns, which hide callers on old kernels */

int level_3(int depth) {
	return depth + 1;
}
int level_2(int depth) {
	return level_3(depth + 1) + 1;
}
int level_1(int depth) {
	return level_2(depth + 1) + 1;
}
int level_0(void) {
	return level_1(1) + 1;
}
ACTION(descend) {
	for (int i = 0; i < 5; i++) level_0();
}

/* ---- burn: 400 ms of processor time, all of it in burn_cycles() */

static long processor_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
void burn_cycles(void) {
	long end = processor_ms() + 400;
	do {
		for (volatile int i = 0; i < 50000; i++) {}
	} while (processor_ms() < end);
}
ACTION(burn) {
	burn_cycles();
}

/* ---- faults: touches 300 fresh pages */

ACTION(faults) {
	char *pages = mmap(NULL, 300 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(pages, 300 * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < 300; i++) pages[i * 4096] = 1;
	munmap(pages, 300 * 4096);
}

/* ---- fork: 2 children, which exit with status 3. Not by way of libc, which keeps no frame pointers */

static int own_fork(void) {
#ifdef __x86_64__
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_fork) : "rcx", "r11", "memory");
	return result;
#else
	return fork();
#endif
}
ACTION(fork) {
	for (int i = 0; i < 2; i++) {
		if (own_fork() == 0) _exit(3);
		wait(NULL);
	}
}

/* ---- sleep: 300 ms */

ACTION(sleep) {
	usleep(300000);
}

/* ---- stay: 3 s, for what looks at processes at a time of its own */

ACTION(stay) {
	sleep(3);
}

/* ---- tell: SIGUSR1 to the parent, which is Sonde */

ACTION(tell) {
	kill(getppid(), SIGUSR1);
	usleep(100000);
}
