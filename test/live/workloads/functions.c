// functions N [MS]: functions to probe, each called N times; leaf through outer and middle. Then lives for MS milliseconds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN __attribute__((noipa))

struct point {
	int x;
	short y;
	char name[8];
};

SEEN long add(int a, long b) { return a + b; }
SEEN int negative(int a) { return -a; }
SEEN const char *greet(const char *whom) { return strcmp(whom, "world") == 0 ? "hello world" : "hello you"; }
SEEN int take(struct point *p) { return p->x + p->y; }
SEEN long six(long a, long b, long c, long d, long e, long f) { return a + b + c + d + e + f; }
SEEN long leaf(long n) { return syscall(SYS_sched_get_priority_max, n); }
SEEN long middle(long n) { return leaf(n) + 1; }
SEEN long outer(long n) { return middle(n) + 1; }

int main(int argc, char **argv) {
	struct point p = {-7, 12, "origin"};
	long n = atol(argv[1]);
	greet("world"), greet("you"); // from here on the texts are in memory: a probe cannot wait for them
	for (long i = 0; i < n; i++) {
		add((int)i, 2 * i);
		negative((int)i);
		greet(i % 2 ? "you" : "world");
		take(&p);
		six(1, 2, 3, 4, 5, 6);
		outer(1);
	}
	if (argc > 2) usleep(1000 * atoi(argv[2]));
	return 0;
}
