/*
 * measure FILE COMMAND ARGS...: runs the command and writes to FILE, in one line: wall time and CPU time in
 * microseconds, peak resident memory of the process tree in KiB, wait status.
 * The peak is the sum over the tree, sampled, or what the kernel kept for its greatest process if that is more.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long resident_of(long pid)
{
	char path[64];
	long pages = 0, total;
	snprintf(path, sizeof path, "/proc/%ld/statm", pid);
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld %ld", &total, &pages) != 2)
		pages = 0;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A child that has not called exec yet: its memory is its parent's, still shared. */
static int is_copy(long child, long parent)
{
	char path[64], ours[PATH_MAX] = "", theirs[PATH_MAX] = "";

	snprintf(path, sizeof path, "/proc/%ld/exe", child);
	if (readlink(path, ours, sizeof ours - 1) < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%ld/exe", parent);
	return readlink(path, theirs, sizeof theirs - 1) > 0 && strcmp(ours, theirs) == 0;
}

/* Resident memory in KiB of a process and all below it. */
static long tree_resident(long pid, long parent)
{
	char path[64];
	long sum = is_copy(pid, parent) ? 0 : resident_of(pid);
	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	DIR *tasks = opendir(path);

	if (tasks == NULL)
		return sum;
	for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
		char children[384];
		long child;
		snprintf(children, sizeof children, "%s/%s/children", path, task->d_name);
		FILE *file = task->d_name[0] == '.' ? NULL : fopen(children, "r");
		while (file != NULL && fscanf(file, "%ld", &child) == 1)
			sum += tree_resident(child, pid);
		if (file != NULL)
			fclose(file);
	}
	closedir(tasks);
	return sum;
}

static long microseconds(struct timeval t)
{
	return t.tv_sec * 1000000L + t.tv_usec;
}

int main(int argc, char **argv)
{
	struct timespec began, ended, pause = { 0, 3000000 };
	struct rusage usage;
	int status;
	long peak = 0;

	if (argc < 3)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &began);
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	/* Sampling would disturb what it times: with the variable MEASURE_MEMORY it is asked for. */
	while (getenv("MEASURE_MEMORY") != NULL) {
		siginfo_t info = { 0 };
		long now = tree_resident(pid, getpid());
		peak = now > peak ? now : peak;
		if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
			break;
		nanosleep(&pause, NULL);
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &ended);
	peak = usage.ru_maxrss > peak ? usage.ru_maxrss : peak;

	FILE *file = fopen(argv[1], "w");
	if (file == NULL)
		return 1;
	fprintf(file, "%ld %ld %ld %d\n",
		(ended.tv_sec - began.tv_sec) * 1000000L + (ended.tv_nsec - began.tv_nsec) / 1000,
		microseconds(usage.ru_utime) + microseconds(usage.ru_stime), peak, status);
	return fclose(file) != 0;
}
