/*
 * What the benchmark traces: a process that stays and does, on request, a number of operations that nothing else on
 * a machine does, and says how long they took. Requests come as lines on standard input:
 *     OPERATION COUNT [WORKERS [threads|processes]]
 * and each is answered by a line: nanoseconds per operation (the lower quartile over the chunks of a worker, so that what
 * else runs on the machine counts little; the mean over workers), and when it began and ended, by the monotonic clock.
 * Operations: call (sched_get_priority_max(0)), key (the same with the running number), once (a single such call, with
 * COUNT itself), path (umount2 with flags that there are not, so that its path is not looked up), open (of /dev/null, and
 * close), function (a call of hot(n)), pingpong (a byte to another process and back).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNKS 64
#define MOST_WORKERS 64

/* The uprobes' target. Its stack frame is first set up, as most functions' is; the kernel emulates that instruction. */
__attribute__((noinline, noclone)) long hot(long n)
{
	volatile long kept = n;
	return kept + 1;
}

/* A few frames above it, so that a stack is worth walking. */
__attribute__((noinline, noclone)) static long warm(long n)
{
	long result = hot(n);
	__asm__ volatile("" : "+r"(result));
	return result;
}

static int there[2], back[2];

static void operation_call(long n)
{
	(void)n;
	syscall(SYS_sched_get_priority_max, 0);
}

static void operation_key(long n)
{
	syscall(SYS_sched_get_priority_max, (int)n);
}

static long single;

static void operation_once(long n)
{
	operation_key(n + single);
}

/* Written to at the start: a page that was never touched can't be read by a program. */
static char path[64];

static void operation_path(long n)
{
	(void)n;
	umount2(path, 1 << 30);
}

static void operation_open(long n)
{
	(void)n;
	close(open("/dev/null", O_RDONLY));
}

static void operation_function(long n)
{
	warm(n);
}

static void operation_pingpong(long n)
{
	char byte = (char)n;
	if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
		_exit(3);
}

static const struct {
	const char *name;
	void (*run)(long n);
} operations[] = {
	{ "call", operation_call }, { "key", operation_key },   { "once", operation_once },
	{ "path", operation_path }, { "open", operation_open }, { "function", operation_function },
	{ "pingpong", operation_pingpong },
};

static void (*operation)(long n);
static long share;
/* Nanoseconds per operation of each worker; shared, as they may be processes. */
static double *results;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void *work(void *result)
{
	double chunks[CHUNKS];
	long next = 0, used = 0;

	for (long chunk = 0; chunk < CHUNKS; chunk++) {
		long end = share * (chunk + 1) / CHUNKS, first = next;
		long long began = now();
		for (; next < end; next++)
			operation(next);
		if (next > first)
			chunks[used++] = (double)(now() - began) / (double)(next - first);
	}
	qsort(chunks, used, sizeof chunks[0], ascending);
	*(double *)result = chunks[used / 4];
	return NULL;
}

static void run_threads(long workers)
{
	pthread_t others[MOST_WORKERS];

	for (long i = 1; i < workers; i++)
		if (pthread_create(&others[i], NULL, work, &results[i]) != 0)
			exit(1);
	work(&results[0]);
	for (long i = 1; i < workers; i++)
		pthread_join(others[i], NULL);
}

static void run_processes(long workers)
{
	for (long i = 0; i < workers; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			work(&results[i]);
			_exit(0);
		}
		if (pid < 0)
			exit(1);
	}
	while (wait(NULL) > 0)
		;
}

/* Gives back every byte until there is no one left to write any. */
static cpu_set_t everywhere;

/* Both on one CPU: from one to another a byte takes as long as it takes that to wake up, which varies by microseconds. */
static pid_t start_echo(void)
{
	cpu_set_t here;
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (sched_getaffinity(0, sizeof everywhere, &everywhere) != 0 || sched_setaffinity(0, sizeof here, &here) != 0)
		exit(1);
	if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		char byte;
		close(there[1]);
		while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	return pid;
}

static void stop_echo(pid_t pid)
{
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	waitpid(pid, NULL, 0);
	sched_setaffinity(0, sizeof everywhere, &everywhere);
}

int main(void)
{
	char line[128], name[16], kind[16];
	long count, workers;

	results = mmap(NULL, MOST_WORKERS * sizeof results[0], PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return 1;
	strcpy(path, "/sonde-bench-not-there");
	while (fgets(line, sizeof line, stdin) != NULL) {
		workers = 1;
		strcpy(kind, "threads");
		if (sscanf(line, "%15s %ld %ld %15s", name, &count, &workers, kind) < 2 || workers < 1 ||
		    workers > MOST_WORKERS || count < workers)
			return 2;
		operation = NULL;
		for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
			if (strcmp(name, operations[i].name) == 0)
				operation = operations[i].run;
		if (operation == NULL)
			return 2;
		single = count;
		share = operation == operation_once ? 1 : count / workers;
		pid_t echo = operation == operation_pingpong ? start_echo() : 0;
		long long began = now();
		if (strcmp(kind, "processes") == 0)
			run_processes(workers);
		else
			run_threads(workers);
		long long ended = now();
		if (echo > 0)
			stop_echo(echo);
		double sum = 0;
		for (long i = 0; i < workers; i++)
			sum += results[i];
		printf("%f %lld %lld\n", sum / (double)workers, began, ended);
		fflush(stdout);
	}
	return 0;
}
