#include <stdio.h>
#include <string.h>

#include "workload.h"

static struct {
	const char *name;
	void (*run)(void);
} actions[100];
static size_t count;

void register_action(const char *name, void (*run)(void)) {
	actions[count].name = name;
	actions[count++].run = run;
}

int main(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		size_t at = 0;
		while (at < count && strcmp(actions[at].name, argv[i]) != 0) at++;
		if (at == count) return fprintf(stderr, "no action %s\n", argv[i]), 2;
		actions[at].run();
	}
	return 0;
}
