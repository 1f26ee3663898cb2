/*
 * Makes a known number of system calls that nothing else on a machine makes (sched_get_priority_max).
 * workload CALLS [THREADS [FILE]]: each thread makes its share; FILE gets when the calls began and ended,
 * in nanoseconds since the epoch, and the processor time of this process in nanoseconds.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long share;

static void *make_calls(void *unused)
{
	(void)unused;
	for (long i = 0; i < share; i++)
		syscall(SYS_sched_get_priority_max, 0);
	return NULL;
}

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 0;
	long threads = argc > 2 ? atol(argv[2]) : 1;

	if (calls < 1 || threads < 1 || threads > 64 || calls % threads != 0) {
		fprintf(stderr, "usage: workload CALLS [THREADS [FILE]], CALLS a multiple of THREADS (1..64)\n");
		return 2;
	}
	share = calls / threads;

	pthread_t others[64];
	long long began = now(CLOCK_REALTIME);
	for (long i = 1; i < threads; i++)
		if (pthread_create(&others[i], NULL, make_calls, NULL) != 0)
			return 1;
	make_calls(NULL);
	for (long i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	long long ended = now(CLOCK_REALTIME);

	if (argc > 3) {
		FILE *file = fopen(argv[3], "w");
		if (file == NULL || fprintf(file, "%lld %lld %lld\n", began, ended, now(CLOCK_PROCESS_CPUTIME_ID)) < 0 || fclose(file) != 0)
			return 1;
	}
	return 0;
}
