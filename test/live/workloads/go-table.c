/*
 * A program with the table of functions that the run-time of Go reads, in the layout of Go 1.GO. To be compiled with
 * -fno-toplevel-reorder, since the table wants its functions in their order.
 */
#include <unistd.h>

__attribute__((noinline)) int first(int x) {
  __asm__ volatile("");
  return x + 1;
}

__attribute__((noinline)) int work(int x) {
  int result = first(x) * 2;
  return result + getppid() * 0;
}

/* Where the table ends: of no function of Go. */
__attribute__((noinline)) int behind(int x) {
  __asm__ volatile("");
  return work(x) + 1;
}

int main(void) {
  int result = behind(1);
  usleep(300000);
  return result == 0;
}


#if GO >= 18
#define ADDRESS ".4byte "
#define OF(name) #name " - first"
#define HEAD(magic)                                                                                             \
  ".4byte " magic "\n .byte 0, 0, 1, 8\n .8byte 2, 0, first, names - table, 0, 0, 0, functions - table\n"
#define BASE "functions"
#define NAMES "names"
#else
#define ADDRESS ".8byte "
#define OF(name) #name
#if GO == 16
#define HEAD(magic) ".4byte " magic "\n .byte 0, 0, 1, 8\n .8byte 2, 0, names - table, 0, 0, 0, functions - table\n"
#define BASE "functions"
#define NAMES "names"
#else
#define HEAD(magic) ".4byte " magic "\n .byte 0, 0, 1, 8\n .8byte 2\n"
#define BASE "table"
#define NAMES "table"
#endif
#endif
#if GO == 20
#define MAGIC "0xfffffff1"
#elif GO == 18
#define MAGIC "0xfffffff0"
#elif GO == 16
#define MAGIC "0xfffffffa"
#else
#define MAGIC "0xfffffffb"
#endif

__asm__(".pushsection .gopclntab, \"a\"\n"
        "table:\n " HEAD(MAGIC)
        "functions:\n"
        ADDRESS OF(first) ", described1 - " BASE ", " OF(work) ", described2 - " BASE ", " OF(behind) "\n"
        "described1: " ADDRESS OF(first) "\n .4byte name1 - " NAMES "\n"
        "described2: " ADDRESS OF(work) "\n .4byte name2 - " NAMES "\n"
        "names: .asciz \"\"\n"
        "name1: .asciz \"main.first\"\n"
        "name2: .asciz \"main.(*Cart).work\"\n"
        ".popsection\n");
