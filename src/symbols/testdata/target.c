/* Prints addresses of itself, then waits for the end of its input. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

volatile unsigned short semaphore __attribute__((section(".probes")));
long counter = 7;

__attribute__((noinline)) static int hidden(int x) { return x * 3 + (int)counter; }
__attribute__((noinline)) int visible(int x) { return hidden(x) + 1; }

/* What SystemTap's header makes for a probe `demo:hit` with one int and one pointer argument. */
#define HIT(number, text)                                                                                     \
  __asm__ volatile("990: nop\n"                                                                               \
                   ".pushsection .note.stapsdt,\"?\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"     \
                   "991: .asciz \"stapsdt\"\n992: .balign 4\n"                                                \
                   "993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte semaphore\n"                              \
                   ".asciz \"demo\"\n.asciz \"hit\"\n.asciz \"-4@%0 8@%1\"\n994: .balign 4\n.popsection\n"    \
                   ".ifndef _.stapsdt.base\n"                                                                 \
                   ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n" \
                   ".hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.size _.stapsdt.base,1\n.popsection\n.endif\n" \
                   ::"r"(number), "r"(text))

/* A label of assembler code: a symbol without type and size. */
__asm__(".text\n.globl entered\nentered: nop\n.previous\n");

int main(int argc, char **argv) {
  HIT(argc, argv[0]);
  void *jit = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
  FILE *map = fopen(path, "w");
  fprintf(map, "%lx 20 jitted code\nnot a line\n%lx 10 second\n", (long)jit, (long)jit + 0x20);
  fclose(map);
  printf("{\"visible\":\"%p\",\"hidden\":\"%p\",\"main\":\"%p\",\"counter\":\"%p\",\"qsort\":\"%p\",\"vdso\":\"%#lx\",\"jit\":\"%p\"}\n",
         (void *)visible, (void *)hidden, (void *)main, (void *)&counter, dlsym(RTLD_DEFAULT, "qsort"), getauxval(AT_SYSINFO_EHDR), jit);
  fflush(stdout);
  int result = visible(argc);
  while (getchar() != EOF) result++;
  unlink(path);
  return result == 0;
}
