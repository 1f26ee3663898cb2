// named NAME [SECONDS]: takes a name with `\e` for escape, makes one sched_get_priority_max call each 10 ms.
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
	char name[16] = {0};
	size_t length = 0;
	for (const char *p = argv[1]; *p && length < 15; p++) {
		if (p[0] == '\\' && p[1] == 'e') name[length++] = 27, p++;
		else name[length++] = *p;
	}
	prctl(PR_SET_NAME, name);
	for (int i = argc > 2 ? 100 * atoi(argv[2]) : 100; i > 0; i--) {
		syscall(SYS_sched_get_priority_max, 1);
		usleep(10000);
	}
	return 0;
}
