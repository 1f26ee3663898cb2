/* Prints the address of one function, then waits for the end of its input. */
#include <stdio.h>

#ifndef NAME
#define NAME first
#endif

/* Another build has it elsewhere, and something else in its place. */
#ifdef PADDING
__attribute__((noinline, used)) int padding(int x) {
  volatile int y[64];
  for (int i = 0; i < 64; i++) y[i] = x * i + PADDING;
  return y[x & 63] + y[1] + y[2] + y[3] + y[4] + y[5] + y[6] + y[7];
}
#endif

__attribute__((noinline)) int NAME(int x) {
  __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
  return x + 3;
}

int main(int argc, char **argv) {
  printf("%p\n", (void *)NAME);
  fflush(stdout);
  int result = NAME(argc);
  while (getchar() != EOF) result++;
  return result == 0;
}
