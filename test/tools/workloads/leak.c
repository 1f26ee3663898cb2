// Keeps ten blocks of 1000 bytes and frees ten others.
#include <stdlib.h>
#include <unistd.h>

void *kept[10];

__attribute__((noinline)) void *sonde_leaks(void)
{
	void *block = malloc(1000);
	__asm__ volatile("" ::: "memory");
	return block;
}

int main(void)
{
	for (int i = 0; i < 10; i++) {
		kept[i] = sonde_leaks();
		free(malloc(500));
	}
	sleep(20);
	return kept[9] == 0;
}
