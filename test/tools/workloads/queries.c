/* Stands for a MySQL server: its two USDT probes around a query of 20 ms and a quick one. Waits for a line first. */
#include <stdio.h>
#include <unistd.h>

#define NOTE(name, arguments)                                                                                          \
  "990: nop\n"                                                                                                         \
  ".pushsection .note.stapsdt,\"\",\"note\"\n"                                                                         \
  ".balign 4\n"                                                                                                        \
  ".4byte 992f-991f, 994f-993f, 3\n"                                                                                   \
  "991: .asciz \"stapsdt\"\n"                                                                                          \
  "992: .balign 4\n"                                                                                                   \
  "993: .8byte 990b, 0, 0\n"                                                                                           \
  ".asciz \"mysql\"\n"                                                                                                 \
  ".asciz \"" name "\"\n"                                                                                              \
  ".asciz \"" arguments "\"\n"                                                                                         \
  "994: .balign 4\n"                                                                                                   \
  ".popsection\n"

static void query(const char *text, unsigned microseconds) {
  if (text[0] == 0) return; /* A probe cannot wait for memory that was never touched. */
  asm volatile(NOTE("query__start", "8@%0") ::"r"(text));
  usleep(microseconds);
  asm volatile(NOTE("query__done", "-4@%0") ::"r"(0));
}

int main(void) {
  getchar();
  query("SELECT sleep(0.02)", 20000);
  query("SELECT 1", 1);
  usleep(100000);
  return 0;
}
