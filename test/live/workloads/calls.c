// calls THREADS N [NAME]: every thread makes N sched_get_priority_max calls, with the arguments 0 ... N-1.
// Nothing else on a usual machine makes this call. The threads are spread over all CPUs that we may run on.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long calls;

static void pin(long index) {
	cpu_set_t allowed, one;
	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof allowed, &allowed);
	index %= CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && index-- == 0) {
			CPU_SET(cpu, &one);
			sched_setaffinity(0, sizeof one, &one);
			return;
		}
	}
}

static void *work(void *index) {
	pin((long)index);
	for (long i = 0; i < calls; i++) syscall(SYS_sched_get_priority_max, i);
	return NULL;
}

int main(int argc, char **argv) {
	long threads = atol(argv[1]);
	pthread_t *ids = calloc(threads, sizeof *ids);
	calls = atol(argv[2]);
	if (argc > 3) prctl(PR_SET_NAME, argv[3]);
	for (long i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, (void *)i);
	for (long i = 0; i < threads; i++) pthread_join(ids[i], NULL);
	return 0;
}
