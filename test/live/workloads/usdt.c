/* USDT probes of every form: notes are written by hand, so that no header has to be installed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOTE(provider, name, semaphore, arguments)                                                                     \
  "990: nop\n"                                                                                                         \
  ".pushsection .note.stapsdt,\"\",\"note\"\n"                                                                         \
  ".balign 4\n"                                                                                                        \
  ".4byte 992f-991f, 994f-993f, 3\n"                                                                                   \
  "991: .asciz \"stapsdt\"\n"                                                                                          \
  "992: .balign 4\n"                                                                                                   \
  "993: .8byte 990b\n"                                                                                                 \
  ".8byte _.stapsdt.base\n"                                                                                            \
  ".8byte " semaphore "\n"                                                                                             \
  ".asciz \"" provider "\"\n"                                                                                          \
  ".asciz \"" name "\"\n"                                                                                              \
  ".asciz \"" arguments "\"\n"                                                                                         \
  "994: .balign 4\n"                                                                                                   \
  ".popsection\n"                                                                                                      \
  ".ifndef _.stapsdt.base\n"                                                                                           \
  ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                              \
  ".weak _.stapsdt.base\n"                                                                                             \
  ".hidden _.stapsdt.base\n"                                                                                           \
  "_.stapsdt.base: .space 1\n"                                                                                         \
  ".size _.stapsdt.base, 1\n"                                                                                          \
  ".popsection\n"                                                                                                      \
  ".endif\n"

/* The counters that say whether anyone looks. */
__attribute__((section(".probes"))) volatile unsigned short asked_semaphore = 0;

volatile int64_t counter = -77;
volatile int32_t table[8] = {10, 11, 12, 13, 14, 15, 16, 17};
const char *volatile text = "a text";

__attribute__((noinline)) static void forms(void) {
  if (text[0] == 0) abort(); /* A probe cannot wait for memory that was never touched. */
  asm volatile("mov $0x1122334455667788, %%rax\n"
               "mov $-2, %%ecx\n"
               "mov $0x81, %%dl\n"
               "mov $0x7f, %%dh\n"
               "mov $-3, %%r9d\n" NOTE("sample", "registers", "0", "8@%%rax 4@%%eax -4@%%ecx 4@%%ecx -1@%%dl 1@%%dl -1@%%dh 2@%%ax -4@%%r9d 8@%%rip") ::
                   : "rax", "rcx", "rdx", "r9");
  asm volatile(NOTE("sample", "constants", "0", "-4@$-5 4@$7 8@$0x7fffffffffffffff -8@$-9223372036854775808 1@$255 -1@$255")::);
  asm volatile("mov %0, %%rbx\n"
               "mov $3, %%rsi\n"
               "lea 8(%%rbx), %%rdi\n" NOTE("sample", "memory", "0",
                                            "-4@(%%rbx) -4@8(%%rbx) -4@-4(%%rdi) -4@(%%rbx,%%rsi,4) -4@4(%%rbx,%%rsi,4) "
                                            "-4@-4(,%%rdi) -4@12(%%rbx,%%rsi) -4@0(%%rbx,%%rsi,)") ::"r"(table)
               : "rbx", "rsi", "rdi");
  asm volatile(NOTE("sample", "variables", "0", "-8@counter(%%rip) -4@table+8(%%rip) -4@4+table(%%rip) 8@text(%%rip)")::);
  asm volatile("mov %0, %%rbx\n" NOTE("sample", "string", "0", "8@%%rbx 8f@%%xmm0") ::"r"(text) : "rbx");
  asm volatile(NOTE("other", "string", "0", "")::);
}

static inline __attribute__((always_inline)) void twice(long value) {
  asm volatile("mov %0, %%r12\n" NOTE("sample", "twice", "0", "-8@%%r12") ::"r"(value) : "r12");
}

/* The same probe with its argument elsewhere. */
__attribute__((noinline)) static void elsewhere(long value) {
  asm volatile("mov %0, %%r13\n" NOTE("sample", "twice", "0", "-8@%%r13") ::"r"(value) : "r13");
}

__attribute__((noinline)) static void guarded(int value) {
  if (asked_semaphore == 0) return;
  asm volatile("mov %0, %%ebx\n" NOTE("sample", "asked", "asked_semaphore", "-4@%%ebx") ::"r"(value) : "rbx");
}

int main(int argc, char **argv) {
  /* `usdt ROUNDS`; a negative number: on and on. */
  int rounds = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; rounds < 0 || i < rounds; i++) {
    if (rounds < 0) usleep(1000);
    forms();
    twice(101);
    twice(-102);
    elsewhere(103);
    guarded(42 + i);
  }
  printf("%d\n", asked_semaphore);
  return 0;
}
